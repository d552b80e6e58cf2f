/** One epoch of training: shuffled steps, running means of loss and accuracy, the time the steps took. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import { deriveSeed, permutation } from '../random.js';
import { batchLoss, mainLabels, type Gather } from './augmentation.js';
import type { WeightAverage } from './average.js';
import type { Network } from './build.js';
import type { Score } from './evaluate.js';
import type { TrainingImages } from './images.js';
import type { Loss } from './losses.js';
import type { Optimizer } from './optimizers.js';
import { answersOf, countCorrect, meanOf } from './reductions.js';
import type { Schedule } from './schedule.js';
import type { TrainingWatch } from './watch.js';

export interface EpochOptions {
  readonly network: Network;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly average: WeightAverage;
  readonly watch: TrainingWatch;
  readonly loss: Loss;
  /** λ of λ ‖θ‖² / 2 in what is minimised, ≥ 0; not in the losses that are told. */
  readonly l2: number;
  /** Longest gradient by its 2-norm; 0 for no limit. */
  readonly clipNorm: number;
  /** The training images. */
  readonly images: TrainingImages;
  /** How a step gets its images. */
  readonly gather: Gather;
  /** Images per step, integer ≥ 1; a larger one than there are images takes all of them in one step. */
  readonly batchSize: number;
  /** From 1. */
  readonly epoch: number;
  /** Steps of earlier epochs. */
  readonly stepsBefore: number;
  readonly seeds: { readonly sweepSeed: number; readonly replicate: number };
  /** Where an earlier training was told to stop in this epoch; left out to begin it. */
  readonly from?: EpochPart | undefined;
  /** After every step; lets the process look at its messages, and may throw to end the training. */
  onStep(part: EpochPart, steps: number): Promise<void>;
}

/** The steps of an epoch so far: all that an epoch needs to go on beside the weights. Plain JSON while the loss is finite. */
export interface EpochPart {
  /** Steps taken, integer ≥ 1. */
  readonly steps: number;
  /** Sum of the losses of their images. */
  readonly loss: number;
  readonly correct: number;
  readonly images: number;
  /** Of the steps alone. */
  readonly milliseconds: number;
}

export interface EpochResult extends Score {
  readonly steps: number;
  /** Images of the steps that were taken: all, unless the loss stopped being finite. */
  readonly images: number;
  /** Of the steps alone: data, forward, backward, update. */
  readonly stepSeconds: number;
  /** Of the last step. */
  readonly learningRate: number;
}

/**
 * Trains one epoch. Its order comes from the seeds and its number alone, so that a resumed training goes the same way.
 * @returns running means over the steps' images; not finite when the training has diverged
 */
export async function trainEpoch(options: EpochOptions): Promise<EpochResult> {
  const { batchSize, epoch, seeds, from } = options;
  const { count } = options.images;
  const order = permutation(count, deriveSeed(seeds.sweepSeed, seeds.replicate, 'shuffle', epoch));
  const steps = Math.ceil(count / batchSize);
  let { loss, correct, images, milliseconds } = from ?? { loss: 0, correct: 0, images: 0, milliseconds: 0 };
  for (let step = from?.steps ?? 0; step < steps; step++) {
    const indices = new Int32Array(order.subarray(step * batchSize, (step + 1) * batchSize));
    const begin = performance.now();
    const result = trainStep(options, indices, options.stepsBefore + step);
    milliseconds += performance.now() - begin;
    options.watch.seeLoss(options.stepsBefore + step, result.loss);
    loss += result.loss * indices.length;
    correct += result.correct;
    images += indices.length;
    await options.onStep({ steps: step + 1, loss, correct, images, milliseconds }, steps);
    if (!Number.isFinite(result.loss)) break;
  }
  return {
    loss: loss / images,
    accuracy: correct / images,
    steps,
    images,
    stepSeconds: milliseconds / 1000,
    learningRate: options.schedule.rateAt(options.stepsBefore + steps - 1),
  };
}

/** @param indices of the step's images among the training images */
function trainStep(
  options: EpochOptions,
  indices: Int32Array,
  step: number,
): { loss: number; correct: number } {
  const { network, optimizer, seeds } = options;
  const mode = {
    kind: 'training',
    dropoutSeed: deriveSeed(seeds.sweepSeed, seeds.replicate, 'dropout', step),
  } as const;
  return tf.tidy(() => {
    const batch = options.gather(options.images, indices, options.epoch);
    let logits: tf.Tensor2D | undefined;
    const parts = network.split(network.parameters);
    const { value, grads } = tf.valueAndGrads((...parameters: tf.Tensor[]) => {
      logits = tf.keep(network.forward(batch.images, parameters, mode));
      return meanOf(batchLoss(options.loss, logits, batch));
    })(parts);
    options.watch.seeGradients(step, grads, parts);
    const gradient = shapeGradient(network.join(grads), network.parameters, options);
    network.replace(optimizer.update(network.parameters, gradient, options.schedule.rateAt(step)));
    options.average.see(network.parameters);
    const correct = countCorrect(answersOf(logits!), mainLabels(batch).dataSync());
    tf.dispose(logits!);
    return { loss: value.dataSync()[0]!, correct };
  });
}

/**
 * The gradient with the penalty's slope, shortened where it is too long.
 * @see Pascanu et al., arXiv:1211.5063, algorithm 1, for the norm's limit
 */
export function shapeGradient(
  slope: tf.Tensor1D,
  parameters: tf.Tensor1D,
  { l2, clipNorm }: { readonly l2: number; readonly clipNorm: number },
): tf.Tensor1D {
  const whole = l2 > 0 ? tf.add<tf.Tensor1D>(slope, tf.mul(parameters, l2)) : slope;
  if (clipNorm === 0) return whole;
  return tf.mul(whole, tf.minimum(1, tf.div(clipNorm, tf.norm(whole))));
}
