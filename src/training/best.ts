/** The weights of a training that were best in validation. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import type { Score } from './evaluate.js';
import type { Moments } from './kernels.js';

export interface Best {
  readonly epoch: number;
  /** Shape [parameters]. */
  readonly parameters: tf.Tensor1D;
  readonly moments: readonly Moments[];
  /** Null without validation images. */
  readonly validation: Score | null;
}

export const disposeMoments = (moments: readonly Moments[]): void =>
  tf.dispose(moments.flatMap(({ mean, variance }) => [mean, variance]));

export function disposeBest(best: Best | null): void {
  if (!best) return;
  best.parameters.dispose();
  disposeMoments(best.moments);
}
