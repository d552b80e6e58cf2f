/**
 * Whether two trained models differ by more than luck of the test set, from which of its images each got right. This is about
 * these two models: how much another training would differ it cannot tell, so answers of several replicates are never summed.
 * Pure.
 */
import betainc from '@stdlib/math-base-special-betainc';
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { ElbowError } from '../errors.js';
import { DEFAULT_CURVE } from './defaults.js';
import type { Interval } from './intervals.js';

export interface AnswersCompared {
  readonly images: number;
  /** Images that both got right, the first alone, the second alone, neither. */
  readonly both: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly neither: number;
  /** Accuracy of the first minus that of the second. */
  readonly difference: number;
  /**
   * Wald's interval with half an image more in each of the four groups.
   * @see Agresti and Min, Simple improved confidence intervals for comparing matched proportions, Statistics in Medicine 24, 2005
   */
  readonly interval: Interval;
  /**
   * Two-sided, of the exact test: of the images that one alone got right each may as well be the other's. 1 where there are none.
   * @see McNemar, Note on the sampling error of the difference between correlated proportions or percentages, Psychometrika 12, 1947
   */
  readonly p: number;
}

/**
 * @param first one bit a test image, bit i mod 8 of byte ⌊i/8⌋ from the lowest, 1 where image i was right; shape [⌈images/8⌉]
 * @param second the same of the other model, for the same images
 * @param images integer ≥ 1; bits behind them are not looked at
 * @param confidence in (0, 1)
 * @throws ElbowError `bug` where there are not so many bits
 */
export function compareAnswers(
  first: Uint8Array,
  second: Uint8Array,
  images: number,
  confidence: number = DEFAULT_CURVE.confidence,
): AnswersCompared {
  const bytes = Math.ceil(images / 8);
  if (!(images >= 1) || first.length !== bytes || second.length !== bytes)
    throw new ElbowError(
      'bug',
      `expected ${bytes} bytes of answers to ${images} images, got ${first.length} and ${second.length}`,
    );
  let [both, onlyFirst, onlySecond] = [0, 0, 0];
  for (let image = 0; image < images; image++) {
    const a = (first[image >> 3]! >> (image & 7)) & 1;
    const b = (second[image >> 3]! >> (image & 7)) & 1;
    both += a & b;
    onlyFirst += a & ~b;
    onlySecond += b & ~a;
  }
  return {
    images,
    both,
    onlyFirst,
    onlySecond,
    neither: images - both - onlyFirst - onlySecond,
    difference: (onlyFirst - onlySecond) / images,
    interval: differenceInterval(onlyFirst, onlySecond, images, confidence),
    p: exactP(onlyFirst, onlySecond),
  };
}

function differenceInterval(b: number, c: number, images: number, confidence: number): Interval {
  const count = images + 2;
  const middle = (b - c) / count;
  const variance = ((b + c + 1) / count - middle ** 2) / count;
  const half = normalQuantile((1 + confidence) / 2, 0, 1) * Math.sqrt(variance);
  return { lo: middle - half, hi: middle + half };
}

/**
 * Twice the chance that of b + c tosses of a coin so few are heads: the binomial distribution is the incomplete beta function.
 * @see Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, 26.5.24
 */
function exactP(b: number, c: number): number {
  if (b === c) return 1;
  const [few, many] = [Math.min(b, c), Math.max(b, c)];
  return Math.min(1, 2 * betainc(0.5, many, few + 1, true, false));
}
