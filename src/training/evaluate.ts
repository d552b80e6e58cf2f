/** Losses and accuracies of whole sets of images, and the batch-norm statistics they are computed with. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import type { Images } from '../data/index.js';
import type { BatchMaker } from './batches.js';
import type { Network } from './build.js';
import { crossEntropy, type Moments } from './kernels.js';

/** Images of a forward pass; larger ones only take memory. */
const EVALUATION_BATCH = 500;

export interface Score {
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** Share of images whose class has the largest logit, in [0, 1]. */
  readonly accuracy: number;
}

export interface Evaluator {
  /**
   * Recalibrates: one forward pass over training images with batch moments and without dropout, in batches of 500, gives
   * each norm layer the moments pooled over batches. The caller owns the tensors.
   */
  moments(network: Network, images: Images, positions: Uint32Array): Promise<Moments[]>;
  /** @param positions at least one */
  score(
    network: Network,
    moments: readonly Moments[],
    images: Images,
    positions: Uint32Array,
  ): Promise<Score>;
}

/** @param pause lets the process look at its messages; it may throw to end the work */
export function createEvaluator(batches: BatchMaker, pause: () => Promise<void>): Evaluator {
  async function overBatches(
    images: Images,
    positions: Uint32Array,
    work: (batch: tf.Tensor4D, labels: tf.Tensor1D) => void,
  ) {
    for (let start = 0; start < positions.length; start += EVALUATION_BATCH) {
      const batch = batches.make(images, positions.subarray(start, start + EVALUATION_BATCH));
      try {
        tf.tidy(() => work(batch.images, batch.labels));
      } finally {
        tf.dispose([batch.images, batch.labels]);
      }
      await pause();
    }
  }

  return {
    moments: async (network, images, positions) => {
      if (network.normLayers === 0) return [];
      const pooled = Array.from({ length: network.normLayers }, () => new MomentPool());
      await overBatches(images, positions, (batch) => {
        const weight = batch.shape[0];
        network.forward(batch, {
          kind: 'moments',
          onMoments: (layer, { mean, variance }) => {
            pooled[layer]!.add(weight, mean.dataSync(), variance.dataSync());
          },
        });
      });
      return pooled.map((pool) => pool.moments());
    },

    score: async (network, moments, images, positions) => {
      let loss = 0;
      let correct = 0;
      await overBatches(images, positions, (batch, labels) => {
        const logits = network.forward(batch, { kind: 'inference', moments });
        loss += tf.sum(crossEntropy(logits, labels)).dataSync()[0]!;
        correct += tf.sum(tf.equal(tf.argMax(logits, 1), labels)).dataSync()[0]!;
      });
      return { loss: loss / positions.length, accuracy: correct / positions.length };
    },
  };
}

/** Pools moments of batches: the variance of all is the mean of variances plus the variance of means. */
class MomentPool {
  private weight = 0;
  private sum: Float64Array | undefined;
  private squares: Float64Array | undefined;

  add(weight: number, mean: ArrayLike<number>, variance: ArrayLike<number>): void {
    const sum = (this.sum ??= new Float64Array(mean.length));
    const squares = (this.squares ??= new Float64Array(mean.length));
    this.weight += weight;
    for (let i = 0; i < mean.length; i++) {
      sum[i]! += weight * mean[i]!;
      squares[i]! += weight * (variance[i]! + mean[i]! ** 2);
    }
  }

  moments(): Moments {
    const mean = Array.from(this.sum ?? [], (value) => value / this.weight);
    // Rounding may leave a channel without variance slightly below 0.
    const variance = Array.from(this.squares ?? [], (value, i) =>
      Math.max(0, value / this.weight - mean[i]! ** 2),
    );
    return { mean: tf.tensor1d(mean), variance: tf.tensor1d(variance) };
  }
}
