/**
 * The elbow of a fitted curve: the smallest n ≤ N/2 from which on no doubling m → 2m up to N brings δ. Pure.
 */
import { decided, finiteOrNull, intervalOf } from './crowd.js';
import { valuesOf, type Fit } from './fit.js';
import type { Interval } from './intervals.js';

/** What is known of an elbow; `undecided` where the data cannot tell whether it is reached. */
export type ElbowState = 'reached' | 'from-the-start' | 'not-reached' | 'undecided' | 'cannot-be-said';

export interface FittedElbow {
  /** `undecided` where `reached` is null. */
  readonly state: ElbowState;
  /** Of the averaged curve; the smallest size for `from-the-start`, null where it is not reached. */
  readonly n: number | null;
  /** Quantiles over all curves; null for not reached: with `lo` null the interval is wholly so. */
  readonly lo: number | null;
  readonly hi: number | null;
  /** Whether it is reached; null where the data cannot tell. */
  readonly reached: boolean | null;
  /** Part of the curves in which it is. */
  readonly share: number;
  /** Of the last doubling, N/2 → N. */
  readonly lastGain: Interval & { readonly value: number };
}

/** Steps of a doubling. */
const STEPS = 8;

/**
 * @param delta > 0
 * @returns null where no two sizes are a factor of 2 apart
 */
export function elbowOfFit(fit: Fit, delta: number, confidence: number): FittedElbow | null {
  const { first, last } = fit.candidates.span;
  if (last < 2 * first) return null;
  // Down from the largest size, so that twice a place is a place; the smallest stands at the end.
  const count = Math.floor(STEPS * Math.log2(last / first) * (1 + 1e-12)) + 1;
  const places = Array.from({ length: count }, (_, i) => last * 2 ** (-i / STEPS));
  const ends = [first, 2 * first];
  const curves = valuesOf(fit, [...places, ...ends]);
  const elbows = Float64Array.from(curves, (curve) => elbowOf(curve, places, first, delta));
  const average = Float64Array.from(
    places.concat(ends),
    (_, i) => curves.reduce((sum, curve) => sum + curve[i]!, 0) / curves.length,
  );
  const n = elbowOf(average, places, first, delta);
  const { lo, hi } = intervalOf(elbows, confidence);
  const share = elbows.filter((elbow) => elbow < Infinity).length / elbows.length;
  const reached = decided(share);
  const gain = intervalOf(
    Float64Array.from(curves, (curve) => curve[0]! - curve[STEPS]!),
    confidence,
  );
  return {
    state:
      reached === null
        ? 'undecided'
        : n === Infinity
          ? 'not-reached'
          : n <= first
            ? 'from-the-start'
            : 'reached',
    n: finiteOrNull(n),
    lo: finiteOrNull(lo),
    hi: finiteOrNull(hi),
    reached,
    share,
    lastGain: { value: average[0]! - average[STEPS]!, lo: gain.lo, hi: gain.hi },
  };
}

/**
 * @param curve its values at the places, then at `first` and twice that
 * @returns Infinity where the last doubling brings δ
 */
function elbowOf(curve: Float64Array, places: readonly number[], first: number, delta: number): number {
  const gains = places.slice(STEPS).map((n, i) => ({ n, gain: curve[i]! - curve[i + STEPS]! }));
  gains.push({ n: first, gain: curve[places.length + 1]! - curve[places.length]! });
  if (gains[0]!.gain >= delta) return Infinity;
  for (let i = 1; i < gains.length; i++) {
    const [right, left] = [gains[i - 1]!, gains[i]!];
    if (left.gain < delta) continue;
    const share = (left.gain - delta) / (left.gain - right.gain);
    return left.n * (right.n / left.n) ** share;
  }
  return first;
}
