/** What is to be said of a training that ended, in one word. Pure. */

/** Standard normal quantile of a two-sided 99 % interval. */
const Z_99 = 2.576;
/** How near the loss must be to ln k to be that of a network that tells nothing, in nats. */
const LOSS_TOLERANCE = 0.05;

export type Diagnosis = 'diverged' | 'chance-level' | 'epoch-limit';

export interface Ending {
  readonly hasDiverged: boolean;
  /** Whether the training ended because its epochs were used up. */
  readonly reachedLimit: boolean;
  readonly classes: number;
  readonly testAccuracy: number;
  readonly testLogLoss: number;
  readonly testImages: number;
}

/**
 * At chance: the 99 % interval of the test accuracy holds 1/k, and the loss is about ln k, as it is for a network whose
 * outputs do not depend on the image.
 */
export function diagnose(ending: Ending): Diagnosis | null {
  if (ending.hasDiverged) return 'diverged';
  const chance = 1 / ending.classes;
  const half = Z_99 * Math.sqrt((chance * (1 - chance)) / ending.testImages);
  const isAtChance =
    Math.abs(ending.testAccuracy - chance) <= half &&
    Math.abs(ending.testLogLoss - Math.log(ending.classes)) <= LOSS_TOLERANCE;
  if (isAtChance) return 'chance-level';
  return ending.reachedLimit ? 'epoch-limit' : null;
}
