/** The parameters of the built-in trainable, with their defaults: the one place where these stand. */
import { z } from 'zod';
import {
  axis,
  between,
  flag,
  fraction,
  nonNegative,
  oneOf,
  positive,
  positiveFraction,
  whole,
} from './leaves.js';
import { ADAMW_DECAY, INITIALISERS, LOSSES, MODELS, OPTIMIZERS, SCHEDULES } from './known.js';
import type { ArmParams, Scalar } from './types.js';

const anyCount = Number.MAX_SAFE_INTEGER;

/**
 * The axes of `space` for the built-in trainable, in the order in which the grid is walked (the first changes
 * slowest).
 * @param largestSize training images of the data set's smallest class, integer ≥ 1
 * @param own names of networks that `model` may name beside the built-in ones
 */
export function builtinAxes(largestSize: number, own: readonly string[] = []) {
  return {
    model: axis(oneOf([...MODELS, ...own]))
      .meta({ axis: true, takesOwnNames: true })
      .default(['lenet'])
      .describe('The network: one that `elbow models` lists, or one of `networks`.'),
    width: axis(positive())
      .default([1])
      .describe('Multiplies the filters and hidden units of the network; rounded, at least 1 of each.'),
    initialiser: axis(oneOf(INITIALISERS))
      .default(['glorot-uniform'])
      .describe('Start values of kernels; `he-normal` suits deep networks with ReLU.'),
    samplesPerClass: axis(whole(1, largestSize).nullable())
      .default([null])
      .describe(
        'Labelled images per class, before a fifth of them is set aside for validation; null takes as many as the smallest class has.',
      )
      .meta({ axis: true, examples: [[10, 100, 1000]] }),
    optimizer: axis(oneOf(OPTIMIZERS)).default(['adam']).describe('How the weights are changed.'),
    learningRate: axis(positive()).default([0.001]).describe('Step size of the optimizer.'),
    momentum: axis(fraction()).default([0.9]).describe('Of the optimizers momentum and nesterov, in [0, 1).'),
    weightDecay: axis(nonNegative().nullable())
      .default([null])
      .describe(
        `Share of the weights, times the rate, taken off before each step; null takes ${ADAMW_DECAY} for adamw and 0 for the others.`,
      ),
    l2: axis(nonNegative()).default([0]).describe('λ of the penalty λ ‖θ‖² / 2 in what is minimised.'),
    clipNorm: axis(nonNegative())
      .default([0])
      .describe('A gradient that is longer than this is shortened to it; 0 for no limit.'),
    emaDecay: axis(fraction())
      .default([0])
      .describe('Evaluate a moving average of the weights that keeps this share each step; 0 for none.'),
    schedule: axis(oneOf(SCHEDULES)).default(['constant']).describe('How the rate changes.'),
    scheduleFactor: axis(positiveFraction())
      .default([0.1])
      .describe('What step, exponential and plateau multiply the rate by.'),
    scheduleEpochs: axis(whole(1, anyCount))
      .default([10])
      .describe('Epochs of one such multiplication; for plateau, epochs without a better one.'),
    warmupEpochs: axis(nonNegative())
      .default([0])
      .describe('Epochs in which the rate rises linearly, before the schedule begins.'),
    loss: axis(oneOf(LOSSES)).default(['cross-entropy']).describe('What is minimised.'),
    labelSmoothing: axis(fraction())
      .default([0])
      .describe('Share of the target that cross-entropy spreads over all classes, in [0, 1).'),
    focalGamma: axis(nonNegative()).default([2]).describe('γ of the loss focal.'),
    batchNorm: axis(flag()).default([true]).describe('Batch normalisation; `elbow models NAME` shows where.'),
    dropout: axis(fraction())
      .default([0])
      .describe('Share of units dropped before dense layers, in [0, 1); never of pixels.'),
    flip: axis(flag()).default([false]).describe('Mirror every second training image left-right, at random.'),
    crop: axis(whole(0, anyCount))
      .default([0])
      .describe('Pad training images by so many black pixels, and crop them back at a random place.'),
    translate: axis(fraction())
      .default([0])
      .describe('Shift training images by up to this share of their side, each way.'),
    rotate: axis(between(0, 180)).default([0]).describe('Turn training images by up to so many degrees.'),
    zoom: axis(fraction()).default([0]).describe('Enlarge or shrink training images by up to this share.'),
    brightness: axis(fraction()).default([0]).describe('Change the brightness by up to this share.'),
    contrast: axis(fraction()).default([0]).describe('Change the contrast by up to this share.'),
    saturation: axis(fraction()).default([0]).describe('Change the saturation by up to this share.'),
    cutout: axis(whole(0, anyCount))
      .default([0])
      .describe('Blank a square with sides of so many pixels, somewhere in each training image.'),
    mixup: axis(nonNegative())
      .default([0])
      .describe('Blend each training image with another: α of the shares’ Beta(α, α); 0 for never.'),
    cutmix: axis(nonNegative())
      .default([0])
      .describe(
        'Paste a piece of another into each training image: α of the shares’ Beta(α, α); 0 for never.',
      ),
    batchSize: axis(whole(1, anyCount)).default([64]).describe('Images per step.'),
    epochs: axis(whole(1, anyCount)).default([50]).describe('At most this many; early stopping ends sooner.'),
    patience: axis(whole(1, anyCount))
      .default([3])
      .describe('Epochs in a row without a better validation accuracy that end a trial.'),
  };
}

const axes = builtinAxes(anyCount);
const defaults = z.strictObject(axes).parse({});

/** Names of the built-in parameters, in grid order, with samplesPerClass. */
export const BUILTIN_PARAMS: readonly string[] = Object.keys(defaults);

/** Default of a built-in parameter; undefined for a name that is none. */
export function defaultOf(parameter: string): Scalar | undefined {
  const values: Readonly<Record<string, readonly Scalar[]>> = defaults;
  return Object.hasOwn(values, parameter) ? values[parameter]?.[0] : undefined;
}

/** A built-in parameter as people read of it. */
export interface ParameterFacts {
  readonly name: string;
  /** What it may be, as the end of "expected …": `a number above 0`, `one of adam, sgd`. */
  readonly takes: string;
  readonly default: Scalar;
  readonly description: string;
}

/** What a sweep file may write for a built-in parameter, of `BUILTIN_PARAMS`. */
export function parameterFacts(name: string): ParameterFacts {
  const axis: z.ZodType = axes[name as keyof typeof axes];
  // What no leaf takes: its message says what it does take.
  const takes = axis.safeParse([{}]).error?.issues[0]?.message ?? '';
  return { name, takes, default: defaultOf(name)!, description: axis.description ?? '' };
}

/** Settings of an arm with those filled in that it does not name: an older elbow did not know them. */
export function withDefaults(params: ArmParams): ArmParams {
  const known: Record<string, Scalar> = {};
  for (const key of BUILTIN_PARAMS) if (key !== 'samplesPerClass') known[key] = defaultOf(key)!;
  return { ...known, ...params };
}
