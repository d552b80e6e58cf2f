/** What networks share: the settings that shape them, and short runs of layers. */
import type { ConvLayer, DenseLayer, Layer } from './layers.js';

export interface ModelOptions {
  readonly batchNorm: boolean;
  /** Share of units dropped before dense layers, in [0, 1); 0 leaves these layers out. */
  readonly dropout: number;
  /** Multiplies filters and hidden units, above 0. */
  readonly width: number;
  /** Number of logits, integer ≥ 2. */
  readonly classes: number;
}

/** Filters or units of a network that is `width` times as wide: rounded, at least 1. */
export const widened = (count: number, width: number): number => Math.max(1, Math.round(count * width));

/** Dropout, where there is any. */
export const dropped = (rate: number): readonly Layer[] => (rate > 0 ? [{ kind: 'dropout', rate }] : []);

/**
 * A layer and the norm after it. The norm takes the mean away, and a bias with it, so that the layer has none.
 * @see Ioffe and Szegedy, Batch normalization, arXiv:1502.03167, section 3.2
 */
export const normed = (layer: ConvLayer | DenseLayer, batchNorm: boolean): readonly Layer[] =>
  batchNorm ? [{ ...layer, bias: false }, { kind: 'batch-norm' }] : [layer];

/** A layer, its norm, and ReLU. */
export const activated = (layer: ConvLayer | DenseLayer, batchNorm: boolean): readonly Layer[] =>
  batchNorm
    ? [...normed(layer, true), { kind: 'activation', activation: 'relu' }]
    : [{ ...layer, activation: 'relu' }];
