/** A network that knows nothing of images: two hidden layers of 512 units. */
import { activated, dropped, widened, type ModelOptions } from './blocks.js';
import type { Layer } from './layers.js';

/** Batch norm comes before ReLU; dropout before the second and the third dense layer, never of pixels. */
export function mlp({ batchNorm, dropout, width, classes }: ModelOptions): readonly Layer[] {
  const hidden: readonly Layer[] = [
    ...activated({ kind: 'dense', units: widened(512, width) }, batchNorm),
    ...dropped(dropout),
  ];
  return [{ kind: 'flatten' }, ...hidden, ...hidden, { kind: 'dense', units: classes }];
}
