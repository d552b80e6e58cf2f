/** What a crowd of curves says of one number: a middle, and the interval that so many of them lie in. Pure. */
import type { Interval } from './intervals.js';

/**
 * @param sorted ascending, at least one; may hold ±∞
 * @param p in [0, 1]
 * @returns the value below which a share p lies, linear between neighbours; infinite where a neighbour is
 */
export function quantileOf(sorted: Float64Array, p: number): number {
  const at = p * (sorted.length - 1);
  const [lo, hi] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  if (lo === hi) return lo;
  return lo + (hi - lo) * (at - Math.floor(at));
}

/** @param values in any order; may hold ±∞ */
export function intervalOf(values: Float64Array, confidence: number): Interval & { readonly middle: number } {
  const sorted = values.slice().sort();
  const tail = (1 - confidence) / 2;
  return { lo: quantileOf(sorted, tail), hi: quantileOf(sorted, 1 - tail), middle: quantileOf(sorted, 0.5) };
}

export const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** Whether something holds, by the share of curves in which it does; null where the data cannot tell. */
export const decided = (share: number): boolean | null =>
  share >= 0.95 ? true : share <= 0.05 ? false : null;
