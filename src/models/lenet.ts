/** The LeNet of the seed: three 5×5 convolutions. 89,630 trainable parameters on 32×32×3 images and 10 classes. */
import { dropped, widened, type ModelOptions } from './blocks.js';
import type { Layer } from './layers.js';

/** Batch norm comes after each pooling and ReLU, as in the seed: 140 trainable and 140 moving parameters more. */
export function lenet({ batchNorm, dropout, width, classes }: ModelOptions): readonly Layer[] {
  const norm: readonly Layer[] = batchNorm ? [{ kind: 'batch-norm' }] : [];
  return [
    { kind: 'conv', size: 5, filters: widened(20, width), activation: 'relu' },
    { kind: 'max-pool', size: 2 },
    ...norm,
    { kind: 'conv', size: 5, filters: widened(50, width), activation: 'relu' },
    { kind: 'max-pool', size: 2 },
    ...norm,
    // What is left is 1×1: the seed's third pooling has no effect and is left out.
    { kind: 'conv', size: 5, filters: widened(50, width), activation: 'relu' },
    { kind: 'flatten' },
    ...dropped(dropout),
    { kind: 'dense', units: classes },
  ];
}
