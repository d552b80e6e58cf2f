/** The parameters of the built-in trainable, with their defaults: the one place where these stand. */
import { z } from 'zod';
import { axis, flag, fraction, oneOf, positive, whole } from './leaves.js';
import { LOSSES, MODELS, OPTIMIZERS } from './known.js';
import type { Scalar } from './types.js';

const anyCount = Number.MAX_SAFE_INTEGER;

/**
 * The axes of `space` for the built-in trainable, in the order in which the grid is walked (the first changes
 * slowest).
 * @param largestSize training images of the data set's smallest class, integer ≥ 1
 */
export function builtinAxes(largestSize: number) {
  return {
    model: axis(oneOf(MODELS)).default(['lenet']).describe('The network; `elbow models` shows its layers.'),
    samplesPerClass: axis(whole(1, largestSize).nullable())
      .default([null])
      .describe(
        'Labelled images per class, before a fifth of them is set aside for validation; null takes all there are.',
      )
      .meta({ axis: true, examples: [[10, 100, 1000]] }),
    optimizer: axis(oneOf(OPTIMIZERS)).default(['adam']).describe('How the weights are changed.'),
    learningRate: axis(positive()).default([0.001]).describe('Step size of the optimizer.'),
    loss: axis(oneOf(LOSSES)).default(['cross-entropy']).describe('What is minimised.'),
    batchNorm: axis(flag()).default([true]).describe('Batch normalisation after each pooling.'),
    dropout: axis(fraction())
      .default([0])
      .describe('Share of units dropped before the last layer, in [0, 1).'),
    batchSize: axis(whole(1, anyCount)).default([64]).describe('Images per step.'),
    epochs: axis(whole(1, anyCount)).default([50]).describe('At most this many; early stopping ends sooner.'),
    patience: axis(whole(1, anyCount))
      .default([3])
      .describe('Epochs in a row without a better validation accuracy that end a trial.'),
  };
}

const defaults = z.strictObject(builtinAxes(anyCount)).parse({});

/** Names of the built-in parameters, in grid order, with samplesPerClass. */
export const BUILTIN_PARAMS: readonly string[] = Object.keys(defaults);

/** Default of a built-in parameter; undefined for a name that is none. */
export function defaultOf(parameter: string): Scalar | undefined {
  const values: Readonly<Record<string, readonly Scalar[]>> = defaults;
  return Object.hasOwn(values, parameter) ? values[parameter]?.[0] : undefined;
}
