/** From scores of trials to curves: one for each arm, with means and intervals by size. Pure. */
import { ElbowError } from '../errors.js';
import { groupBy } from '../group-by.js';
import { elbowOf, type Elbow, type ReplicateScore } from './elbow.js';
import { pooledIntervals, tInterval, type Interval } from './intervals.js';

/** The score of one trial. */
export interface Observation extends ReplicateScore {
  /** What tells arms apart; equal ones are one curve. */
  readonly arm: string;
}

/** An arm at a size. */
export interface CurvePoint {
  readonly n: number;
  readonly replicates: number;
  readonly mean: number;
  /** Sample standard deviation; null for one replicate. */
  readonly std: number | null;
  /** Student t interval of this size alone; null for one replicate. */
  readonly plain: Interval | null;
  /** The interval with the spread pooled over the arm's sizes; null where no size has two replicates. */
  readonly pooled: Interval | null;
  /** By replicate, ascending. */
  readonly scores: readonly { readonly replicate: number; readonly score: number }[];
}

/** The curve of an arm. */
export interface Curve {
  readonly arm: string;
  /** By size, ascending. */
  readonly points: readonly CurvePoint[];
  readonly pooledStd: number | null;
  /** Degrees of freedom of the pooled spread. */
  readonly freedom: number;
  readonly elbow: Elbow;
}

/**
 * @param observations finite scores, higher is better; in any order
 * @param delta of the elbow, > 0
 * @param confidence of all intervals, in (0, 1)
 * @returns arms in the order in which they first come
 * @throws ElbowError `bug` when an arm has a replicate twice at one size, or a score is not finite
 */
export function summarize(
  observations: readonly Observation[],
  delta: number,
  confidence: number,
): readonly Curve[] {
  return [...groupBy(observations, (one) => one.arm)].map(([arm, own]) => {
    const sizes = [...groupBy(own, (one) => one.n)].sort(([a], [b]) => a - b);
    const groups = sizes.map(([n, group]) => inOrder(arm, n, group));
    const scores = groups.map((group) => group.map((one) => one.score));
    const pool = pooledIntervals(scores, confidence);
    const points = groups.map((group, i): CurvePoint => {
      const own = tInterval(scores[i]!, confidence);
      return {
        n: sizes[i]![0],
        replicates: own.count,
        mean: own.mean,
        std: own.std,
        plain: own.interval,
        pooled: pool.intervals[i]!,
        scores: group.map(({ replicate, score }) => ({ replicate, score })),
      };
    });
    return {
      arm,
      points,
      pooledStd: pool.std,
      freedom: pool.freedom,
      elbow: elbowOf(own, delta, confidence),
    };
  });
}

function inOrder(arm: string, n: number, group: readonly Observation[]): Observation[] {
  const sorted = [...group].sort((a, b) => a.replicate - b.replicate);
  const twice = sorted.find((one, i) => sorted[i - 1]?.replicate === one.replicate);
  if (twice !== undefined) {
    throw new ElbowError('bug', `arm ${arm} has replicate ${twice.replicate} twice at size ${n}`);
  }
  return sorted;
}
