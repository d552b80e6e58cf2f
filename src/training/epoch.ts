/** One epoch of training: shuffled steps, running means of loss and accuracy, the time the steps took. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import type { Images } from '../data/index.js';
import { deriveSeed, permutation } from '../random.js';
import type { BatchMaker } from './batches.js';
import type { Network } from './build.js';
import type { Score } from './evaluate.js';
import { crossEntropy } from './kernels.js';

export interface EpochOptions {
  readonly network: Network;
  readonly optimizer: tf.Optimizer;
  readonly batches: BatchMaker;
  readonly images: Images;
  /** Positions of the training images. */
  readonly train: Uint32Array;
  /** Images per step, integer ≥ 1; a larger one than there are images takes all of them in one step. */
  readonly batchSize: number;
  /** From 1. */
  readonly epoch: number;
  /** Steps of earlier epochs. */
  readonly stepsBefore: number;
  readonly seeds: { readonly sweepSeed: number; readonly replicate: number };
  /** After every step; lets the process look at its messages, and may throw to end the training. */
  onStep(step: number, steps: number): Promise<void>;
}

export interface EpochResult extends Score {
  readonly steps: number;
  /** Images of the steps that were taken: all, unless the loss stopped being finite. */
  readonly images: number;
  /** Of the steps alone: data, forward, backward, update. */
  readonly stepSeconds: number;
}

/**
 * Trains one epoch. Its order comes from the seeds and its number alone, so that a resumed training goes the same way.
 * @returns running means over the steps' images; not finite when the training has diverged
 */
export async function trainEpoch(options: EpochOptions): Promise<EpochResult> {
  const { train, batchSize, epoch, seeds } = options;
  const order = permutation(train.length, deriveSeed(seeds.sweepSeed, seeds.replicate, 'shuffle', epoch));
  const steps = Math.ceil(train.length / batchSize);
  let loss = 0;
  let correct = 0;
  let images = 0;
  let milliseconds = 0;
  for (let step = 0; step < steps; step++) {
    const positions = order.subarray(step * batchSize, (step + 1) * batchSize).map((i) => train[i]!);
    const begin = performance.now();
    const result = trainStep(options, positions, options.stepsBefore + step);
    milliseconds += performance.now() - begin;
    loss += result.loss * positions.length;
    correct += result.correct;
    images += positions.length;
    await options.onStep(step + 1, steps);
    if (!Number.isFinite(result.loss)) break;
  }
  return {
    loss: loss / images,
    accuracy: correct / images,
    steps,
    images,
    stepSeconds: milliseconds / 1000,
  };
}

function trainStep(
  options: EpochOptions,
  positions: Uint32Array,
  step: number,
): { loss: number; correct: number } {
  const { network, optimizer, seeds } = options;
  const { images, labels } = options.batches.make(options.images, positions);
  const mode = {
    kind: 'training',
    dropoutSeed: deriveSeed(seeds.sweepSeed, seeds.replicate, 'dropout', step),
  } as const;
  try {
    return tf.tidy(() => {
      let correct: tf.Tensor | undefined;
      const { value, grads } = tf.variableGrads(() => {
        const logits = network.forward(images, mode);
        correct = tf.keep(tf.sum(tf.equal(tf.argMax(logits, 1), labels)));
        return tf.mean<tf.Scalar>(crossEntropy(logits, labels));
      }, [...network.variables]);
      // By the variables' own order: optimizers keep their state by position.
      optimizer.applyGradients(
        network.variables.map((variable) => ({ name: variable.name, tensor: grads[variable.name]! })),
      );
      const result = { loss: value.dataSync()[0]!, correct: correct!.dataSync()[0]! };
      correct!.dispose();
      return result;
    });
  } finally {
    tf.dispose([images, labels]);
  }
}
