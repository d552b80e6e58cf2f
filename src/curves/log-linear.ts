/**
 * A straight line in log n, which the seed's author drew through the means and read an elbow from: beside elbow's own fit,
 * because people know it, with a test whether the data lie on a line at all. Pure.
 * @see Draper and Smith, Applied Regression Analysis, 3rd ed., 1998, section 2.1, for the test of lack of fit
 * @see Buse, Goodness of Fit in Generalized Least Squares Estimation, The American Statistician 27(3), 1973, for R²
 */
import betainc from '@stdlib/math-base-special-betainc';
import type { Matrix } from 'ml-matrix';
import type { Cell } from './cells.js';
import type { Noise } from './noise.js';
import { likely, meanCovariance, rootOf } from './spread.js';

/** score = a + b·ln n. */
export interface LogLinear {
  readonly a: number;
  readonly b: number;
  /**
   * What the line explains of how far the means lie from one value, 0 to 1, each weighted by how well it is known; null where
   * all means are equal.
   */
  readonly r2: number | null;
  /** Of means that lie so far from a line by chance alone, 0 to 1; null where nothing tells. */
  readonly p: number | null;
  /** False where p is below 0.05; null where nothing tells. */
  readonly holds: boolean | null;
}

const LEVEL = 0.05;

/**
 * Generalised least squares of the means, with the spread and the correlation that the fit has at their estimates.
 *
 * The squares that the line leaves, over k − 2, are compared with F of k − 2 and f degrees of freedom, k being the number of
 * sizes and f the mean over sizes of what their variance has: k(R − 1) would count as known what is estimated. Where the spread
 * is itself how far single scores lie from a cubic, only what the line leaves beyond that cubic tells.
 * @param cells by size
 * @param noise of these; null where nothing is known of it
 * @returns null with fewer than two sizes, or where nothing is known of the spread
 */
export function logLinearOf(cells: readonly Cell[], noise: Noise | null): LogLinear | null {
  const k = cells.length;
  if (k < 2 || noise === null) return null;
  const root = rootOf(meanCovariance(cells, likely(noise)));
  const ones = whitened(root, () => 1);
  const best = (values: readonly number[]): number => dot(ones, values) / dot(ones, ones);
  /** Less the best single value, so that large numbers do not swallow small differences. */
  const centred = (values: readonly number[], middle: number): number[] =>
    values.map((value, i) => value - middle * ones[i]!);
  const logs = whitened(root, (i) => Math.log(cells[i]!.n));
  const means = whitened(root, (i) => cells[i]!.mean);
  const [log, mean] = [best(logs), best(means)];
  const [x, y] = [centred(logs, log), centred(means, mean)];
  const b = dot(x, y) / dot(x, x);
  const left = squares(y.map((value, i) => value - b * x[i]!));
  const all = squares(y);
  // Equal means leave what rounding leaves; the smallest numbers that there are have no squares.
  const isFlat = all === 0 || cells.every((cell) => cell.mean === cells[0]!.mean);
  const p = lackOfFit(left, k, noise);
  return {
    a: mean - b * log,
    b,
    r2: isFlat ? null : Math.max(0, 1 - left / all),
    p,
    holds: p === null ? null : p >= LEVEL,
  };
}

/** @param left squares that the line leaves, in units of the means' covariance */
function lackOfFit(left: number, sizes: number, { freedom, isGuessed }: Noise): number | null {
  const f = freedom.reduce((sum, one) => sum + one, 0) / freedom.length;
  const tested = sizes - 2 - (isGuessed ? f : 0);
  if (tested <= 0) return null;
  // Of a guessed spread f squares are the cubic's own.
  const ratio = Math.max(0, left - (isGuessed ? f : 0)) / tested;
  return upperF(ratio, tested, f);
}

/** Chance of a value of F that is larger. */
const upperF = (ratio: number, d1: number, d2: number): number =>
  betainc(d2 / (d2 + d1 * ratio), d2 / 2, d1 / 2, true, false);

const whitened = (root: Matrix, value: (i: number) => number): number[] =>
  Array.from({ length: root.rows }, (_, i) => {
    let sum = 0;
    for (let j = 0; j <= i; j++) sum += root.get(i, j) * value(j);
    return sum;
  });

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);

const squares = (values: readonly number[]): number => dot(values, values);
