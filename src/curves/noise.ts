/**
 * How far replicates spread at each size. Replicates are few, so the logarithm of the variance is taken as a smooth function
 * of log n, a quadratic whose slope and bend are drawn towards what is usual, by the likelihood of a gamma distribution (sample variances are
 * χ²). Pure.
 * @see McCullagh and Nelder, Generalized Linear Models, 2nd ed., 1989, chapter 8
 */
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import { inverse, Matrix, solve } from 'ml-matrix';
import type { Cell } from './cells.js';
import { correlationAt, correlations, type Correlation } from './correlation.js';
import type { Interval } from './intervals.js';

export interface Noise {
  /** Logarithm of the variance of a single score, by size. */
  readonly logVariance: readonly number[];
  /** Covariance of these, shape [sizes, sizes]. */
  readonly covariance: Matrix;
  /** Degrees of freedom of the variance at each size, (R − 1)/h with h the leverage of the size; > 0. */
  readonly freedom: readonly number[];
  readonly correlations: readonly Correlation[];
  /** Whether no size has two scores, and the spread is how far scores lie from a smooth curve. */
  readonly isGuessed: boolean;
}

/**
 * What is taken for likely of the slope and the bend of the log variance before anything is seen, over half the sizes' range:
 * the standard deviation at the smallest size is 1.6 times that at the largest, and from 0.2 to 12 times as large in 95 of 100
 * cases. With a true ratio from 1/3 to 8 the t intervals of both ends then hold in 91 to 100 of 100; a prior twice as wide makes
 * them hold as often, and 4 to 10 % wider with two or three replicates.
 */
const SLOPE = { mean: -0.5, deviation: 1 } as const;
const BEND = { mean: 0, deviation: 0.5 } as const;
/** Scores that are equal leave this share of the largest one as spread: they are told to so many digits at best. */
const LEAST_SPREAD = 1e-6;
const MOST_STEPS = 60;

/** @returns null where nothing is known: one score a size, and fewer than three sizes */
export function noiseOf(cells: readonly Cell[]): Noise | null {
  if (cells.every(({ se }) => se !== null)) return toldNoise(cells);
  return cells.some(({ variance }) => variance !== null) ? fitNoise(cells) : guessNoise(cells);
}

const INDEPENDENT = [{ shared: 0, nested: 0, probability: 1 }] as const;
/** As good as known. */
const MANY = 1e6;

/** Standard errors that came with the scores. */
function toldNoise(cells: readonly Cell[]): Noise {
  const k = cells.length;
  return {
    logVariance: cells.map(({ se }) => 2 * Math.log(se!)),
    covariance: Matrix.eye(k, k, 2 / MANY),
    freedom: cells.map(() => MANY),
    correlations: INDEPENDENT,
    isGuessed: false,
  };
}

/** Of single scores: what a polynomial in log n, a cubic where there are sizes enough, leaves of them. */
function guessNoise(cells: readonly Cell[]): Noise | null {
  const k = cells.length;
  if (k < 3) return null;
  const degree = Math.max(1, Math.min(3, k - 3));
  const rows = designOf(cells).map(([, t]) => Array.from({ length: degree + 1 }, (_, power) => t! ** power));
  const design = new Matrix(rows);
  const means = Matrix.columnVector(cells.map(({ mean }) => mean));
  const left = Matrix.sub(means, design.mmul(solve(design, means, true)));
  const freedom = k - degree - 1;
  const variance = Math.max(left.dot(left) / freedom, floorOf(cells));
  return {
    logVariance: cells.map(() => Math.log(variance)),
    covariance: Matrix.ones(k, k).mul(2 / freedom),
    freedom: cells.map(() => freedom),
    correlations: INDEPENDENT,
    isGuessed: true,
  };
}

/** Scores that are equal to the last digit leave this variance. */
const floorOf = (cells: readonly Cell[]): number => {
  const largest = Math.max(...cells.map(({ mean }) => Math.abs(mean)));
  return ((largest < 1e-100 ? 1 : largest) * LEAST_SPREAD) ** 2;
};

/** @param cells at least one with two scores */
function fitNoise(cells: readonly Cell[]): Noise {
  const spread = cells.filter(({ variance }) => variance !== null);
  const floor = floorOf(cells);
  const rows = designOf(cells);
  const freedoms = cells.map(({ scores }) => scores.length - 1);
  const variances = cells.map(({ variance }) => Math.max(variance ?? 0, floor));
  const { beta, information } = fitLogVariance(rows, freedoms, variances, spread.length);
  const logVariance = rows.map((row) => dot(row, beta));
  const deviations = logVariance.map((log) => Math.exp(log / 2));
  const pairs = correlations(cells, deviations);
  const covariance = covarianceOf(cells, rows, freedoms, information, pairs);
  return {
    logVariance,
    covariance,
    freedom: logVariance.map((_, i) => 2 / covariance.get(i, i)),
    correlations: pairs,
    isGuessed: false,
  };
}

/**
 * Student t intervals of the means, each with the spread of all sizes and its degrees of freedom there.
 * @param confidence in (0, 1)
 * @returns shape [sizes]
 */
export function meanIntervals(
  cells: readonly Cell[],
  { logVariance, freedom }: Noise,
  confidence: number,
): readonly Interval[] {
  return cells.map(({ mean, scores }, i) => {
    const deviation = Math.exp(logVariance[i]! / 2) / Math.sqrt(scores.length);
    const half = tQuantile((1 + confidence) / 2, freedom[i]!) * deviation;
    return { lo: mean - half, hi: mean + half };
  });
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** Rows [1, t, t²], t the logarithm of n from −1 to 1. */
function designOf(cells: readonly Cell[]): number[][] {
  const logs = cells.map(({ n }) => Math.log(n));
  const [lo, hi] = [logs[0]!, logs.at(-1)!];
  return logs.map((log) => {
    const t = hi > lo ? (2 * log - lo - hi) / (hi - lo) : 0;
    return [1, t, t * t];
  });
}

function fitLogVariance(
  rows: readonly number[][],
  freedoms: readonly number[],
  variances: readonly number[],
  sizes: number,
): { beta: number[]; information: Matrix } {
  const total = freedoms.reduce((sum, freedom) => sum + freedom, 0);
  const pooled = variances.reduce((sum, variance, i) => sum + freedoms[i]! * variance, 0) / total;
  // With one size there is no slope to see, with two no bend: what cannot be seen stays at 0.
  const centre = [0, sizes < 2 ? 0 : SLOPE.mean, BEND.mean];
  const penalty = [0, sizes < 2 ? 1e12 : SLOPE.deviation ** -2, sizes < 3 ? 1e12 : BEND.deviation ** -2];
  let beta = [Math.log(pooled), 0, 0];
  const loss = (at: readonly number[]): number =>
    rows.reduce((sum, row, i) => {
      const log = dot(row, at);
      return sum + (freedoms[i]! / 2) * (log + variances[i]! * Math.exp(-log));
    }, 0) +
    0.5 * at.reduce((sum, value, j) => sum + penalty[j]! * (value - centre[j]!) ** 2, 0);
  const information = new Matrix(3, 3);
  for (let a = 0; a < 3; a++)
    for (let b = 0; b < 3; b++)
      information.set(
        a,
        b,
        rows.reduce((sum, row, i) => sum + (freedoms[i]! / 2) * row[a]! * row[b]!, 0) +
          (a === b ? penalty[a]! : 0),
      );
  const inverted = inverse(information);
  let now = loss(beta);
  for (let step = 0; step < MOST_STEPS; step++) {
    const score = [0, 1, 2].map(
      (j) =>
        rows.reduce((sum, row, i) => {
          const ratio = variances[i]! * Math.exp(-dot(row, beta));
          return sum + (freedoms[i]! / 2) * (ratio - 1) * row[j]!;
        }, 0) -
        penalty[j]! * (beta[j]! - centre[j]!),
    );
    const move = [0, 1, 2].map((j) => dot(inverted.getRow(j), score));
    let share = 1;
    let next = beta.map((value, j) => value + move[j]!);
    let then = loss(next);
    while (then > now && share > 1e-6) {
      share /= 2;
      next = beta.map((value, j) => value + share * move[j]!);
      then = loss(next);
    }
    if (!(then <= now)) break;
    const isDone = now - then < 1e-12 * Math.abs(now) + 1e-14;
    beta = next;
    now = then;
    if (isDone) break;
  }
  return { beta, information };
}

/**
 * Of the log variances by size. Scores that go together over sizes have variances that do so too, corr² as much, so that they
 * tell less together than the same number of others.
 */
function covarianceOf(
  cells: readonly Cell[],
  rows: readonly number[][],
  freedoms: readonly number[],
  information: Matrix,
  pairs: readonly Correlation[],
): Matrix {
  const inverted = inverse(information);
  const design = new Matrix(rows.map((row) => [...row]));
  const together = new Matrix(cells.length, cells.length);
  for (const [i, { n }] of cells.entries()) {
    for (const [j, { n: m }] of cells.entries()) {
      if (i === j) continue;
      const squared = pairs.reduce((sum, pair) => sum + pair.probability * correlationAt(n, m, pair) ** 2, 0);
      together.set(i, j, (Math.sqrt(freedoms[i]! * freedoms[j]!) / 2) * squared);
    }
  }
  const meat = information.clone().add(design.transpose().mmul(together).mmul(design));
  const half = design.mmul(inverted);
  const product = half.mmul(meat).mmul(half.transpose());
  // Symmetric to the last digit.
  return product.clone().add(product.transpose()).div(2);
}
