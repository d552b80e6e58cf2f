/** Losses and accuracies of whole sets of images, and the batch-norm statistics they are computed with. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import type { Network } from './build.js';
import type { Batch, ImageSource } from './images.js';
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
   * @param count the first so many images
   */
  moments(network: Network, images: ImageSource, count: number): Promise<Moments[]>;
  /** @param images at least one */
  score(network: Network, moments: readonly Moments[], images: ImageSource): Promise<Score>;
}

/** @param pause lets the process look at its messages; it may throw to end the work */
export function createEvaluator(pause: () => Promise<void>): Evaluator {
  async function overBatches(
    network: Network,
    images: ImageSource,
    count: number,
    work: (batch: Batch, parameters: readonly tf.Tensor[]) => void,
  ): Promise<void> {
    const parameters = network.split(network.parameters);
    try {
      for (let start = 0; start < count; start += EVALUATION_BATCH) {
        tf.tidy(() => work(images.read(start, Math.min(EVALUATION_BATCH, count - start)), parameters));
        await pause();
      }
    } finally {
      tf.dispose(parameters);
    }
  }

  return {
    moments: async (network, images, count) => {
      if (network.normLayers === 0) return [];
      const pooled = Array.from({ length: network.normLayers }, () => new MomentPool());
      await overBatches(network, images, count, (batch, parameters) => {
        const weight = batch.images.shape[0];
        network.forward(batch.images, parameters, {
          kind: 'moments',
          onMoments: (layer, { mean, variance }) => {
            pooled[layer]!.add(weight, mean.dataSync(), variance.dataSync());
          },
        });
      });
      return pooled.map((pool) => pool.moments());
    },

    score: async (network, moments, images) => {
      let loss = 0;
      let correct = 0;
      await overBatches(network, images, images.count, ({ images: batch, labels }, parameters) => {
        const logits = network.forward(batch, parameters, { kind: 'inference', moments });
        loss += tf.sum(crossEntropy(logits, labels)).dataSync()[0]!;
        correct += tf.sum(tf.equal(tf.argMax(logits, 1), labels)).dataSync()[0]!;
      });
      return { loss: loss / images.count, accuracy: correct / images.count };
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
