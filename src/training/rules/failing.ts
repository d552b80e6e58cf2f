/** Trainings that came to nothing: what was reached is no trained network's. Pure. */
import { totalOf } from '../../data/catalog.js';
import type { Finding } from '../../storage/storage.js';
import type { Evidence } from '../evidence.js';
import { figure, share, Z_99 } from './figures.js';
import { figuresOf, pullAtItsLongest, pullInTheEnd } from './norms.js';
import { clip, lowerRate, normalise, raiseRate, startForRelu, tryIn, warmUp } from './remedies.js';

/** How near the loss must be to ln k to be that of a network that tells nothing, in nats. */
const LOSS_TOLERANCE = 0.05;
/** A training loss that falls by a smaller share from the second epoch to the last has settled. */
const SETTLED = 0.0001;

/** The loss, or the validation loss, stopped being a number. */
export function diverged(evidence: Evidence): Finding[] {
  if (!evidence.hasDiverged) return [];
  const { settings, epochs, bestEpoch, steps, stepsPerEpoch } = evidence;
  const last = steps.lastLoss;
  const end = epochs.at(-1);
  const isBetweenSteps = last !== null && last.step + 1 === epochs.length * stepsPerEpoch;
  const place = `in epoch ${epochs.length}${isBetweenSteps ? ', in validation' : ''}`;
  const before =
    last === null || steps.firstLoss === null
      ? 'from the first step on'
      : `${place}: it was ${figure(steps.firstLoss)} at the first step and ${figure(last.loss)} at step ${last.step + 1}, the last with a number`;
  const kept =
    bestEpoch === null
      ? 'No epoch stayed finite, so the scores are those of guessing.'
      : `The scores are those of epoch ${bestEpoch}.`;
  const rate = end?.learningRate ?? Number(settings['learningRate']);
  return [
    {
      code: 'diverged',
      evidence: `The loss stopped being a number ${before}; the rate was ${figure(rate)}.${pullAtItsLongest(evidence)} ${kept}`,
      remedies: tryIn(settings, lowerRate, clip, warmUp, normalise),
      layers: figuresOf(evidence),
    },
  ];
}

/**
 * At chance: the 99 % interval of the test accuracy holds the share of a class, or lies between two of them, and the
 * loss is about ln k, as it is for a network whose outputs do not depend on the image. The shares are 1/k where the
 * test set has as many images of every class; in MNIST's they go from 0.089 to 0.114.
 */
export function atChance(evidence: Evidence): Finding[] {
  const { settings, testAccuracy, testLogLoss, testPerClass, epochs } = evidence;
  const classes = testPerClass.length;
  const images = totalOf(testPerClass);
  const half = Z_99 * Math.sqrt(((1 / classes) * (1 - 1 / classes)) / images);
  const lo = Math.min(...testPerClass) / images - half;
  const hi = Math.max(...testPerClass) / images + half;
  const isAtChance =
    testAccuracy >= lo && testAccuracy <= hi && Math.abs(testLogLoss - Math.log(classes)) <= LOSS_TOLERANCE;
  if (evidence.hasDiverged || !isAtChance) return [];
  // A loss that falls slowly but always is that of steps which are too small, not too large. One that settles at the loss of
  // guessing falls, too, by next to nothing: VGG16 without batch norm from 2.30271 to 2.30267 in four epochs.
  const losses = epochs.map(({ trainLoss }) => trainLoss ?? Infinity);
  const isFalling = losses.every((loss, i) => i === 0 || loss < losses[i - 1]!);
  const isSlow = losses.length > 2 && isFalling && losses[1]! - losses.at(-1)! > SETTLED * losses.at(-1)!;
  return [
    {
      code: 'chance-level',
      evidence:
        `The test accuracy is ${share(testAccuracy)}, where guessing gives ${share(lo)} to ${share(hi)} on ` +
        `${images.toLocaleString('en')} images of ${classes} classes (99 %), and the log loss is ${figure(testLogLoss)}, where guessing has ` +
        `ln ${classes} = ${figure(Math.log(classes))}.${isSlow ? ' The training loss fell in every epoch, slowly.' : ''}${pullInTheEnd(evidence)}`,
      remedies: isSlow
        ? tryIn(settings, raiseRate, startForRelu, normalise)
        : tryIn(settings, startForRelu, normalise, lowerRate, warmUp),
      layers: figuresOf(evidence),
    },
  ];
}
