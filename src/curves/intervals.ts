/** Means, spreads and Student t intervals. Pure. */
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import { ElbowError } from '../errors.js';

/** Quantiles that were asked for: a sweep of 1,000 arms asks for the same one 10,000 times, and each is a search. */
const known = new Map<string, number>();

function quantile(p: number, freedom: number): number {
  const key = `${p}/${freedom}`;
  const value = known.get(key) ?? tQuantile(p, freedom);
  known.set(key, value);
  return value;
}

/** Both ends belong to it. */
export interface Interval {
  readonly lo: number;
  readonly hi: number;
}

/** A mean with what is known about it. */
export interface Summary {
  /** How many values. */
  readonly count: number;
  readonly mean: number;
  /** Sample standard deviation (n − 1); null for a single value. */
  readonly std: number | null;
  /** Student t interval of the mean; null for a single value. */
  readonly interval: Interval | null;
}

/**
 * Mean, spread and t interval of values, from these alone.
 * @param values shape [count], count ≥ 1, finite
 * @param confidence in (0, 1)
 * @throws ElbowError `bug` when there is no value, or one that is not finite
 */
export function tInterval(values: readonly number[], confidence: number): Summary {
  checkFinite(values);
  checkConfidence(confidence);
  const mean = meanOf(values);
  const count = values.length;
  if (count < 2) return { count, mean, std: null, interval: null };
  const std = Math.sqrt(squaresAround(values, mean) / (count - 1));
  return { count, mean, std, interval: around(mean, std, count, count - 1, confidence) };
}

/**
 * Mean of values that may be none.
 * @throws ElbowError `bug` when one is not finite
 */
export function meanOrNull(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  checkFinite(values);
  return meanOf(values);
}

function around(mean: number, std: number, count: number, freedom: number, confidence: number): Interval {
  const half = (quantile((1 + confidence) / 2, freedom) * std) / Math.sqrt(count);
  return { lo: mean - half, hi: mean + half };
}

/** Equal values have exactly that mean: no rounding may make a spread of nothing. @param values at least one */
export function meanOf(values: readonly number[]): number {
  const first = values[0]!;
  return first + values.reduce((sum, value) => sum + (value - first), 0) / values.length;
}

/** Sum of the squared distances from the mean. */
export function squaresAround(values: readonly number[], mean: number): number {
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}

function checkFinite(values: readonly number[]): void {
  if (values.length === 0) throw new ElbowError('bug', 'an interval needs at least one value, got none');
  const odd = values.find((value) => !Number.isFinite(value));
  if (odd !== undefined) throw new ElbowError('bug', `an interval needs finite values, got ${odd}`);
}

function checkConfidence(confidence: number): void {
  if (!(confidence > 0 && confidence < 1)) {
    throw new ElbowError('bug', `expected a confidence between 0 and 1, got ${confidence}`);
  }
}
