/**
 * How likely each candidate is, given the means and their covariance, and curves drawn from all of them. Both end values are
 * integrated out: any values are as likely before anything is seen, so that candidates are compared by how well each foretells
 * the sizes beyond two, and not by how many parameters bend it. Pure.
 * @see Hoeting et al., Bayesian Model Averaging: A Tutorial, Statistical Science 14, 1999
 */
import type { Matrix } from 'ml-matrix';
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import type { Candidates } from './candidates.js';

/** A curve. */
export interface Draw {
  readonly candidate: number;
  /** Value at the smallest size; of a candidate with a base it is what the candidate says. */
  readonly first: number;
  /** Value at the largest size. */
  readonly last: number;
  /** Standard normal: how far the rest of the way deviates from the candidate's beyond the data. */
  readonly beyond: number;
}

/** Standard normal and uniform numbers of a seed. */
export interface Luck {
  normal(): number;
  uniform(): number;
}

export interface Weighed {
  /** Logarithm of each candidate's likelihood times what it weighs before, up to a constant, shape [candidates]. */
  readonly logs: Float64Array;
  /** Estimates of both end values (of the last alone with a base), shape [candidates, 5]: first, last, and their covariance's
   * entries 11, 12, 22. */
  readonly estimates: Float64Array;
}

const LOG_2PI = Math.log(2 * Math.PI);
const PER_ESTIMATE = 5;

/**
 * @param means shape [sizes]
 * @param root inverse of the lower Cholesky factor of the means' covariance, shape [sizes, sizes]
 */
export function weigh(candidates: Candidates, means: readonly number[], root: Matrix): Weighed {
  const { count, shape, base, logPrior } = candidates;
  const k = means.length;
  const whiten = whitenBy(root);
  const [ones, y, s] = [new Float64Array(k), new Float64Array(k), new Float64Array(k)];
  whiten(new Float64Array(k).fill(1), 0, ones);
  whiten(means, 0, y);
  const logs = new Float64Array(count);
  const estimates = new Float64Array(count * PER_ESTIMATE);
  for (let c = 0; c < count; c++) {
    whiten(shape, c * k, s);
    const own = estimates.subarray(c * PER_ESTIMATE, (c + 1) * PER_ESTIMATE);
    const origin = base[c]!;
    const likelihood = Number.isNaN(origin)
      ? estimateFree(ones, y, s, own)
      : estimateBased(ones, y, s, { origin, ratio: shape[c * k]! }, own);
    const log = likelihood + logPrior[c]! + logEndChance(candidates, c, estimates);
    // What no digits are left of is nothing that was seen.
    logs[c] = Number.isFinite(log) ? log : -Infinity;
  }
  return { logs, estimates };
}

/** Multiplies vectors by a lower triangular matrix: `size` values of x from a place on, into `out`. */
function whitenBy(root: Matrix): (x: ArrayLike<number>, from: number, out: Float64Array) => void {
  const k = root.rows;
  const a = Float64Array.from({ length: k * k }, (_, i) => root.get(Math.floor(i / k), i % k));
  return (x, from, out) => {
    for (let i = 0; i < k; i++) {
      let sum = 0;
      for (let j = 0; j <= i; j++) sum += a[i * k + j]! * x[from + j]!;
      out[i] = sum;
    }
  };
}

/**
 * Least squares of both end values of y = first·(1 − s) + last·s, all whitened.
 * @param own gets the estimates
 * @returns logarithm of the likelihood, both end values integrated out
 */
function estimateFree(ones: Float64Array, y: Float64Array, s: Float64Array, own: Float64Array): number {
  const k = y.length;
  let [uu, uv, uy] = [0, 0, 0];
  for (let i = 0; i < k; i++) {
    const u = ones[i]! - s[i]!;
    uu += u * u;
    uv += u * s[i]!;
    uy += u * y[i]!;
  }
  // By Gram and Schmidt: where one size is known a thousand times as well as another, the normal equations lose all digits.
  const [along, ahead] = [uv / uu, uy / uu];
  let [ww, wy] = [0, 0];
  for (let i = 0; i < k; i++) {
    const u = ones[i]! - s[i]!;
    const w = s[i]! - along * u;
    ww += w * w;
    wy += w * (y[i]! - ahead * u);
  }
  const last = wy / ww;
  const first = ahead - along * last;
  let rest = 0;
  for (let i = 0; i < k; i++) rest += (y[i]! - first * (ones[i]! - s[i]!) - last * s[i]!) ** 2;
  own.set([first, last, 1 / uu + (along * along) / ww, -along / ww, 1 / ww]);
  return LOG_2PI - 0.5 * Math.log(uu) - 0.5 * Math.log(ww) - 0.5 * rest;
}

/**
 * Least squares of the height in y = origin + height·s, all whitened.
 * @param ratio what the smallest size has of the height
 * @param own gets the estimates
 * @returns logarithm of the likelihood, the height integrated out, with the factor of `Candidates.logPrior`
 */
function estimateBased(
  ones: Float64Array,
  y: Float64Array,
  s: Float64Array,
  { origin, ratio }: { readonly origin: number; readonly ratio: number },
  own: Float64Array,
): number {
  let [ss, sz] = [0, 0];
  for (let i = 0; i < y.length; i++) {
    ss += s[i]! * s[i]!;
    sz += s[i]! * (y[i]! - origin * ones[i]!);
  }
  const height = sz / ss;
  let rest = 0;
  for (let i = 0; i < y.length; i++) rest += (y[i]! - origin * ones[i]! - height * s[i]!) ** 2;
  own.set([origin + height * ratio, origin + height, (ratio * ratio) / ss, ratio / ss, 1 / ss]);
  return 0.5 * LOG_2PI - 0.5 * Math.log(ss) - 0.5 * rest + Math.log(Math.abs(height));
}

/** @returns weights, sum 1 */
export function weightsOf({ logs }: Weighed): Float64Array {
  const most = logs.reduce((top, log) => Math.max(top, log), -Infinity);
  const weights = logs.map((log) => Math.exp(log - most));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

interface End {
  readonly value: number;
  readonly deviation: number;
  /** What it may be at most, or at least where the curve falls. */
  readonly bound: number;
  readonly isRising: boolean;
  /** What first and last have in it. */
  readonly shares: readonly [number, number];
}

/** Where the curve ends for n → ∞; null where it has no end, or nothing bounds it. */
function endOf({ base, limit, range }: Candidates, c: number, estimates: Float64Array): End | null {
  const at = c * PER_ESTIMATE;
  const end = limit[c]!;
  if (!Number.isFinite(end)) return null;
  const first = estimates[at]!;
  const last = estimates[at + 1]!;
  const origin = base[c]!;
  if (!Number.isNaN(origin)) {
    // What is at its base at the end is within the range by definition.
    if (end === 0) return null;
    const isRising = last > origin === end > 1;
    const bound = isRising ? range.hi : range.lo;
    if (bound === null) return null;
    const value = origin + (last - origin) * end;
    return { value, deviation: end * Math.sqrt(estimates[at + 4]!), bound, isRising, shares: [0, end] };
  }
  const isRising = last > first;
  const bound = isRising ? range.hi : range.lo;
  if (bound === null) return null;
  const [p, q] = [1 - end, end];
  const variance = p * p * estimates[at + 2]! + 2 * p * q * estimates[at + 3]! + q * q * estimates[at + 4]!;
  return { value: p * first + q * last, deviation: Math.sqrt(variance), bound, isRising, shares: [p, q] };
}

/** Below it the share of the normal distribution is taken from its series: it is no number any more from −38 on. */
const SERIES = -30;

/** Logarithm of how likely its end is within the range. */
function logEndChance(candidates: Candidates, c: number, estimates: Float64Array): number {
  const end = endOf(candidates, c, estimates);
  if (end === null) return 0;
  const z = roomOf(end);
  return z < SERIES ? (-z * z) / 2 - Math.log(-z) - LOG_2PI / 2 : Math.log(normalCdf(z, 0, 1));
}

/** From its end to the bound, in standard deviations; < 0 where the end is beyond it. */
const roomOf = ({ value, deviation, bound, isRising }: End): number =>
  (isRising ? bound - value : value - bound) / deviation;

/** Further out than this the quantile of small shares runs out of digits, and the tail is Rayleigh's to a few per cent. */
const FAR = -4;

/**
 * A standard normal number below a limit.
 * @param share of those below it, in (0, 1)
 * @see Marsaglia, Generating a variable from the tail of the normal distribution, Technometrics 6, 1964
 */
function normalBelow(limit: number, share: number): number {
  if (limit < FAR) return -Math.sqrt(limit * limit - 2 * Math.log(share));
  return normalQuantile(normalCdf(limit, 0, 1) * share, 0, 1);
}

/** A curve of a candidate that is drawn by its weight, its end within the range. */
export function drawCurve(
  candidates: Candidates,
  { estimates }: Weighed,
  weights: Float64Array,
  luck: Luck,
): Draw {
  let left = luck.uniform();
  let candidate = 0;
  for (; candidate < weights.length - 1; candidate++) {
    left -= weights[candidate]!;
    if (left < 0) break;
  }
  while (weights[candidate] === 0) candidate--;
  const at = candidate * PER_ESTIMATE;
  const [mean1, mean2, v11, v12, v22] = estimates.subarray(at, at + PER_ESTIMATE) as unknown as number[];
  const [x, z] = [luck.normal(), luck.normal()];
  // The last value first: with a base the other follows from it.
  let last = mean2! + Math.sqrt(v22!) * x;
  const left11 = Math.max(0, v11! - (v12! * v12!) / v22!);
  let first = mean1! + (v12! / v22!) * (last - mean2!) + Math.sqrt(left11) * z;
  const end = endOf(candidates, candidate, estimates);
  if (end !== null) {
    const [p, q] = end.shares;
    const drawn = end.value + p * (first - mean1!) + q * (last - mean2!);
    if (end.isRising ? drawn > end.bound : drawn < end.bound) {
      const moved = normalBelow(roomOf(end), luck.uniform()) * end.deviation * (end.isRising ? 1 : -1);
      const shift = (end.value + moved - drawn) / end.deviation ** 2;
      first += (p * v11! + q * v12!) * shift;
      last += (p * v12! + q * v22!) * shift;
    }
  }
  return { candidate, first, last, beyond: luck.normal() };
}
