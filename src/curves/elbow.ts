/**
 * The elbow: the size from which more data no longer pays. With N the largest size it is the smallest n ≤ N/2 such
 * that the mean curve gains less than δ over every doubling m → 2m with n ≤ m ≤ N/2. Read from the means joined
 * linearly in log n: preliminary, until there are fitted curves. Pure.
 */
import { ElbowError } from '../errors.js';
import { groupBy } from '../group-by.js';
import { tInterval, type Interval } from './intervals.js';

/** A point of a mean curve. */
export interface MeanPoint {
  /** Size, > 0. */
  readonly n: number;
  /** Higher is better. */
  readonly mean: number;
}

export type ElbowState = 'reached' | 'from-the-start' | 'not-reached' | 'undecided' | 'cannot-be-said';

/** The elbow of means. */
export interface MeanElbow {
  readonly state: Exclude<ElbowState, 'undecided'>;
  /**
   * The elbow, as a real number: where the curve's gain falls below δ for good. The smallest size for
   * `from-the-start`, null for `not-reached` and `cannot-be-said`.
   */
  readonly n: number | null;
  /** Gain over the last doubling, N/2 → N; null for `cannot-be-said`. */
  readonly lastGain: number | null;
}

/** The elbow with what replicates say about the last doubling. */
export interface Elbow {
  /** `undecided` when the interval of the last gain holds δ; `byMeans` says what the means alone say. */
  readonly state: ElbowState;
  readonly n: number | null;
  readonly byMeans: MeanElbow;
  readonly lastGain: { readonly value: number; readonly interval: Interval | null } | null;
  /** Always: computed on means, not on fitted curves. */
  readonly isPreliminary: true;
}

/**
 * @param points in any order, each size once
 * @param delta > 0
 * @throws ElbowError `bug` for a size that is not above 0 or stands twice, a mean that is not finite, δ ≤ 0
 */
export function elbowOfMeans(points: readonly MeanPoint[], delta: number): MeanElbow {
  const curve = ordered(points, delta);
  const first = curve[0];
  const last = curve.at(-1);
  if (first === undefined || last === undefined || last.n < 2 * first.n) {
    return { state: 'cannot-be-said', n: null, lastGain: null };
  }
  const gain = (m: number): number => valueAt(curve, 2 * m) - valueAt(curve, m);
  const end = last.n / 2;
  const lastGain = gain(end);
  if (lastGain >= delta) return { state: 'not-reached', n: null, lastGain };
  // Between these the gain is linear in log m, so it crosses δ at most once.
  const breaks = [...curve.map((point) => point.n), ...curve.map((point) => point.n / 2), end]
    .filter((m) => m >= first.n && m <= end)
    .sort((a, b) => b - a);
  let right = end;
  for (const left of breaks) {
    const leftGain = gain(left);
    if (leftGain >= delta) {
      const rightGain = gain(right);
      const share = leftGain === rightGain ? 1 : (leftGain - delta) / (leftGain - rightGain);
      return { state: 'reached', n: left * (right / left) ** Math.min(1, Math.max(0, share)), lastGain };
    }
    right = left;
  }
  return { state: 'from-the-start', n: first.n, lastGain };
}

/** Scores of one replicate, by size. */
export interface ReplicateScore {
  readonly n: number;
  readonly replicate: number;
  readonly score: number;
}

/**
 * The elbow of the means over replicates, and whether the replicates can tell: the gain over the last doubling is
 * taken within each replicate that has all sizes it needs (they share seeds, so its noise cancels in part), and
 * when its t interval holds δ the elbow is undecided.
 * @param scores in any order, each replicate at most once a size
 */
export function elbowOf(scores: readonly ReplicateScore[], delta: number, confidence: number): Elbow {
  const byMeans = elbowOfMeans(meansOf(scores), delta);
  if (byMeans.lastGain === null) {
    return { state: byMeans.state, n: byMeans.n, byMeans, lastGain: null, isPreliminary: true };
  }
  const gains = lastGains(scores);
  const interval = gains.length < 2 ? null : tInterval(gains, confidence).interval;
  const isUndecided = interval !== null && interval.lo < delta && delta <= interval.hi;
  return {
    state: isUndecided ? 'undecided' : byMeans.state,
    n: isUndecided ? null : byMeans.n,
    byMeans,
    lastGain: { value: byMeans.lastGain, interval },
    isPreliminary: true,
  };
}

function meansOf(scores: readonly ReplicateScore[]): MeanPoint[] {
  const bySize = groupBy(scores, (score) => score.n);
  return [...bySize].map(([n, group]) => ({
    n,
    mean: tInterval(
      group.map((one) => one.score),
      0.95,
    ).mean,
  }));
}

/** Gain over the last doubling of each replicate that has the sizes around N/2 and N. */
function lastGains(scores: readonly ReplicateScore[]): number[] {
  const sizes = [...new Set(scores.map((score) => score.n))].sort((a, b) => a - b);
  const largest = sizes.at(-1)!;
  const below = sizes.findLast((n) => n <= largest / 2);
  const above = sizes.find((n) => n >= largest / 2);
  return [...groupBy(scores, (score) => score.replicate).values()].flatMap((own) => {
    const has = (n: number | undefined): boolean => own.some((score) => score.n === n);
    if (!has(below) || !has(above) || !has(largest)) return [];
    const curve = own.map(({ n, score }) => ({ n, mean: score })).sort((a, b) => a.n - b.n);
    const needed = curve.filter(({ n }) => n === below || n === above || n === largest);
    return [valueAt(needed, largest) - valueAt(needed, largest / 2)];
  });
}

function ordered(points: readonly MeanPoint[], delta: number): MeanPoint[] {
  if (!(delta > 0) || !Number.isFinite(delta))
    throw new ElbowError('bug', `expected δ above 0, got ${delta}`);
  const curve = [...points].sort((a, b) => a.n - b.n);
  for (const [i, point] of curve.entries()) {
    if (!(point.n > 0) || !Number.isFinite(point.n)) {
      throw new ElbowError('bug', `expected sizes above 0, got ${point.n}`);
    }
    if (!Number.isFinite(point.mean)) throw new ElbowError('bug', `expected finite means, got ${point.mean}`);
    if (curve[i - 1]?.n === point.n)
      throw new ElbowError('bug', `expected each size once, got ${point.n} again`);
  }
  return curve;
}

/** The curve at n, linear in log n between its points; n within them. */
function valueAt(curve: readonly MeanPoint[], n: number): number {
  const exact = curve.find((point) => point.n === n);
  if (exact !== undefined) return exact.mean;
  const i = curve.findIndex((point) => point.n > n);
  const left = curve[Math.max(0, i < 0 ? curve.length - 1 : i - 1)]!;
  const right = i < 0 ? left : curve[i]!;
  if (left === right) return left.mean;
  const share = Math.log(n / left.n) / Math.log(right.n / left.n);
  return left.mean + share * (right.mean - left.mean);
}
