/** The LeNet of the seed: three 5×5 convolutions. 89,630 trainable parameters on 32×32×3 images and 10 classes. */
import type { Layer } from './layers.js';

export interface LenetOptions {
  /** Batch normalisation after each pooling; 140 trainable and 140 moving parameters more. */
  readonly batchNorm: boolean;
  /** Share of the 50 features dropped before the last layer, in [0, 1). */
  readonly dropout: number;
}

/** @param classes number of logits, integer ≥ 2 */
export function lenet(options: LenetOptions, classes: number): readonly Layer[] {
  const norm: readonly Layer[] = options.batchNorm ? [{ kind: 'batch-norm' }] : [];
  const drop: readonly Layer[] = options.dropout > 0 ? [{ kind: 'dropout', rate: options.dropout }] : [];
  return [
    { kind: 'conv', size: 5, filters: 20, activation: 'relu' },
    { kind: 'max-pool', size: 2 },
    ...norm,
    { kind: 'conv', size: 5, filters: 50, activation: 'relu' },
    { kind: 'max-pool', size: 2 },
    ...norm,
    // What is left is 1×1: the seed's third pooling has no effect and is left out.
    { kind: 'conv', size: 5, filters: 50, activation: 'relu' },
    { kind: 'flatten' },
    ...drop,
    { kind: 'dense', units: classes },
  ];
}
