/** Losses and accuracies of whole sets of images, and the batch-norm statistics they are computed with. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import { EVALUATION_BATCH } from '../models/index.js';
import type { Network } from './build.js';
import type { Batch, ImageSource } from './images.js';
import type { Moments } from './kernels.js';
import type { Loss } from './losses.js';
import type { UnitWatch } from './units.js';
import { AnswerCounter, type AnswerMetrics, type Answers } from './metrics.js';
import { answersOf, countCorrect, sumOf } from './reductions.js';

export interface Score {
  /** Mean over images of what is minimised. */
  readonly loss: number;
  /** Share of images whose class has the largest logit, in [0, 1]. */
  readonly accuracy: number;
}

/** A network with the parameters and statistics that it is evaluated with. */
export interface Trained {
  readonly network: Network;
  /** Shape [parameters]. */
  readonly parameters: tf.Tensor1D;
  readonly moments: readonly Moments[];
}

export interface Evaluator {
  /**
   * Recalibrates: one forward pass over training images with batch moments and without dropout, in batches of 500, gives
   * each norm layer the moments pooled over batches. The caller owns the tensors.
   * @param count the first so many images
   */
  moments(trained: Omit<Trained, 'moments'>, images: ImageSource, count: number): Promise<Moments[]>;
  /** @param images at least one @param units is shown what the ReLUs give for the first images */
  score(trained: Trained, images: ImageSource, units?: UnitWatch): Promise<Score>;
  /** The score with all else that is told of the answers. @param images at least one */
  examine(trained: Trained, images: ImageSource): Promise<Score & AnswerMetrics & Answers>;
}

/** @param pause lets the process look at its messages; it may throw to end the work */
export function createEvaluator(loss: Loss, pause: () => Promise<void>): Evaluator {
  async function overBatches(
    { network, parameters }: Omit<Trained, 'moments'>,
    images: ImageSource,
    count: number,
    work: (batch: Batch, parameters: readonly tf.Tensor[]) => void,
  ): Promise<void> {
    const parts = network.split(parameters);
    try {
      for (let start = 0; start < count; start += EVALUATION_BATCH) {
        tf.tidy(() => work(images.read(start, Math.min(EVALUATION_BATCH, count - start)), parts));
        await pause();
      }
    } finally {
      tf.dispose(parts);
    }
  }

  /** @param see is given the answers of each batch */
  async function scoreOf(
    trained: Trained,
    images: ImageSource,
    see: (logits: tf.Tensor2D, labels: ArrayLike<number>, answers: Int32Array) => void,
    units?: UnitWatch,
  ): Promise<Score> {
    const { network, moments } = trained;
    let sum = 0;
    let correct = 0;
    let count = 0;
    await overBatches(trained, images, images.count, ({ images: batch, labels }, parts) => {
      const logits = network.forward(batch, parts, {
        kind: 'inference',
        moments,
        ...(units && count < units.images && { onRelu: (layer, values) => units.see(layer, values) }),
      });
      count += batch.shape[0];
      sum += sumOf(loss(logits, labels).dataSync());
      const answers = answersOf(logits);
      const known = labels.dataSync();
      correct += countCorrect(answers, known);
      see(logits, known, answers);
    });
    return { loss: sum / images.count, accuracy: correct / images.count };
  }

  return {
    moments: async (trained, images, count) => {
      const { network } = trained;
      if (network.norms.length === 0) return [];
      const pooled = network.norms.map(() => new MomentPool());
      await overBatches(trained, images, count, (batch, parts) => {
        const weight = batch.images.shape[0];
        network.forward(batch.images, parts, {
          kind: 'moments',
          onMoments: (layer, { mean, variance }) => {
            pooled[layer]!.add(weight, mean.dataSync(), variance.dataSync());
          },
        });
      });
      return pooled.map((pool) => pool.moments());
    },

    score: (trained, images, units) => scoreOf(trained, images, () => undefined, units),

    examine: async (trained, images) => {
      const counter = new AnswerCounter();
      let classes = 0;
      const score = await scoreOf(trained, images, (logits, labels, answers) => {
        classes = logits.shape[1];
        counter.add(tf.logSoftmax(logits).dataSync(), labels, answers);
      });
      return { ...score, ...counter.metrics(), ...counter.answers(classes) };
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
