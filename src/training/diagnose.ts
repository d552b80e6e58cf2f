/** What is to be said of a training that ended, in one word. Pure. */
import { totalOf } from '../data/catalog.js';

/** Standard normal quantile of a two-sided 99 % interval. */
const Z_99 = 2.576;
/** How near the loss must be to ln k to be that of a network that tells nothing, in nats. */
const LOSS_TOLERANCE = 0.05;

export type Diagnosis = 'diverged' | 'chance-level' | 'epoch-limit';

export interface Ending {
  readonly hasDiverged: boolean;
  /** Whether the training ended because its epochs were used up. */
  readonly reachedLimit: boolean;
  readonly testAccuracy: number;
  readonly testLogLoss: number;
  /** Test images of each class, at least two classes. */
  readonly testPerClass: readonly number[];
}

/**
 * At chance: the 99 % interval of the test accuracy holds the share of a class, or lies between two of them, and the
 * loss is about ln k, as it is for a network whose outputs do not depend on the image. The shares are 1/k where the
 * test set has as many images of every class; in MNIST's they go from 0.089 to 0.114.
 */
export function diagnose(ending: Ending): Diagnosis | null {
  if (ending.hasDiverged) return 'diverged';
  const { testAccuracy, testLogLoss, testPerClass } = ending;
  const classes = testPerClass.length;
  const images = totalOf(testPerClass);
  const half = Z_99 * Math.sqrt(((1 / classes) * (1 - 1 / classes)) / images);
  const isAtChance =
    testAccuracy >= Math.min(...testPerClass) / images - half &&
    testAccuracy <= Math.max(...testPerClass) / images + half &&
    Math.abs(testLogLoss - Math.log(classes)) <= LOSS_TOLERANCE;
  if (isAtChance) return 'chance-level';
  return ending.reachedLimit ? 'epoch-limit' : null;
}
