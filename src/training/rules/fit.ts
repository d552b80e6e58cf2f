/** How a network that learned fits its images: too closely, too little, or not to the end. Pure. */
import { totalOf } from '../../data/catalog.js';
import type { Finding } from '../../storage/storage.js';
import type { Evidence } from '../evidence.js';
import { count, differenceOfShares, figure, share, wilson } from './figures.js';
import {
  averageWeights,
  decayWeights,
  dropLess,
  dropUnits,
  moreData,
  moreEpochs,
  morePatience,
  narrower,
  normalise,
  penaliseLess,
  raiseRate,
  shiftImages,
  tryIn,
  wider,
} from './remedies.js';

/** One image in ten is known by heart and not understood. */
const GAP = 0.1;
/** Less than half of the way from guessing to every training image right. */
const LITTLE = 0.5;

/** The gap between training and test images with its 99 % interval. */
function gapOf({ trainAccuracy, trainImages, testAccuracy, testPerClass }: Evidence) {
  const testImages = totalOf(testPerClass);
  const interval = differenceOfShares(
    { share: trainAccuracy, count: trainImages },
    { share: testAccuracy, count: testImages },
  );
  const text =
    `The accuracy is ${share(trainAccuracy)} on ${count(trainImages, 'training image')} and ${share(testAccuracy)} on ${count(testImages, 'test image')}: ` +
    `a gap of ${share(trainAccuracy - testAccuracy)} (99 % interval ${share(interval.lo)} to ${share(interval.hi)})`;
  return { ...interval, text };
}

/** Training images are known much better than test images, beyond what their numbers leave to chance. */
export function overfitting(evidence: Evidence): Finding[] {
  const gap = gapOf(evidence);
  if (evidence.bestEpoch === null || gap.lo <= GAP) return [];
  return [
    {
      code: 'overfitting',
      evidence: `${gap.text}.`,
      remedies: tryIn(evidence.settings, moreData, shiftImages, dropUnits, decayWeights, narrower),
    },
  ];
}

/** Not even the training images are learned, and the gap to the test images is small. */
export function underfitting(evidence: Evidence): Finding[] {
  const { settings, bestEpoch, trainAccuracy, trainImages, testPerClass } = evidence;
  const gap = gapOf(evidence);
  const chance = 1 / testPerClass.length;
  const limit = chance + LITTLE * (1 - chance);
  if (bestEpoch === null || gap.hi >= GAP || wilson(trainAccuracy, trainImages).hi >= limit) return [];
  return [
    {
      code: 'underfitting',
      evidence: `${gap.text}, and the training images themselves are not learned: that would begin at ${share(limit)}.`,
      remedies: tryIn(settings, dropLess, penaliseLess, normalise, raiseRate, wider, morePatience),
    },
  ];
}

/**
 * Patience ended the training though its validation loss was still falling, and the best accuracy is so near the others
 * that chance may have chosen it.
 */
export function stoppedTooEarly(evidence: Evidence): Finding[] {
  const { settings, wasStopped, epochs, bestEpoch, validationAccuracy, validationImages } = evidence;
  const best = epochs[(bestEpoch ?? 0) - 1];
  if (!wasStopped || best === undefined || validationAccuracy === null || validationImages === 0) return [];
  const after = epochs.slice(best.epoch);
  const lowest = Math.min(...after.map(({ valLoss }) => valLoss ?? Infinity));
  const highest = Math.max(...after.map(({ valAccuracy }) => valAccuracy ?? 0));
  // Of a single accuracy; that the same images are looked at each time makes differences somewhat smaller.
  const error = Math.sqrt((validationAccuracy * (1 - validationAccuracy)) / validationImages);
  if (best.valLoss === null || lowest >= best.valLoss || validationAccuracy - highest > error) return [];
  return [
    {
      code: 'stopped-too-early',
      evidence:
        `After epoch ${best.epoch}, the best, the validation loss still fell from ${figure(best.valLoss)} to ${figure(lowest)}, and the accuracy came within ` +
        `${share(validationAccuracy - highest)} of ${share(validationAccuracy)}: one standard error of ${count(validationImages, 'validation image')} is ${share(error)}.`,
      remedies: tryIn(settings, morePatience, averageWeights, moreData),
    },
  ];
}

/** The best epoch is among the last so many, or the last quarter: more of them may find a better one. */
const LAST = 3;

/** The epochs were used up while the training was still getting better. */
export function epochLimit(evidence: Evidence): Finding[] {
  const { settings, hasDiverged, wasStopped, epochs, bestEpoch } = evidence;
  if (hasDiverged || wasStopped || bestEpoch === null) return [];
  const all = epochs.length;
  const hasValidation = evidence.validationAccuracy !== null;
  // However patient a training is: what was best long ago is not found again by more epochs.
  if (all - bestEpoch >= Math.min(Number(settings['patience']), Math.max(LAST, all / 4))) return [];
  const best = hasValidation
    ? `; the best one was ${bestEpoch === all ? 'the last' : `epoch ${bestEpoch}`}`
    : '; without validation images nothing ends a training earlier';
  return [
    {
      code: 'epoch-limit',
      evidence: `All ${count(all, 'epoch')} were used up${best}.`,
      remedies: tryIn(settings, moreEpochs),
    },
  ];
}
