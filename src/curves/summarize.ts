/** From scores of trials to curves: one for each arm, with means and intervals by size. Pure. */
import { groupBy } from '../group-by.js';
import { cellsOf, type Cell, type SizedScore } from './cells.js';
import { tInterval, type Interval } from './intervals.js';
import { meanIntervals, noiseOf } from './noise.js';

/** The score of one trial. */
export interface Observation extends SizedScore {
  /** What tells arms apart; equal ones are one curve. */
  readonly arm: string;
  readonly replicate: number;
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
  /** The interval with the spread of all sizes, smoothed over log n; null where no size has two replicates. */
  readonly pooled: Interval | null;
  /** Degrees of freedom of `pooled`; null without it. */
  readonly freedom: number | null;
  /** By replicate, ascending. */
  readonly scores: readonly { readonly replicate: number; readonly score: number }[];
}

/** The curve of an arm. */
export interface Curve {
  readonly arm: string;
  /** By size, ascending. */
  readonly points: readonly CurvePoint[];
}

/**
 * @param observations finite scores, in any order
 * @param confidence of all intervals, in (0, 1)
 * @returns arms in the order in which they first come
 * @throws ElbowError `bug` when an arm has a replicate twice at one size, or a score is not finite
 */
export function summarize(observations: readonly Observation[], confidence: number): readonly Curve[] {
  return [...groupBy(observations, (one) => one.arm)].map(([arm, own]) => ({
    arm,
    points: pointsOf(cellsOf(own), confidence),
  }));
}

function pointsOf(cells: readonly Cell[], confidence: number): CurvePoint[] {
  const noise = cells.some(({ variance }) => variance !== null) ? noiseOf(cells) : null;
  const intervals = noise && meanIntervals(cells, noise, confidence);
  return cells.map(({ n, scores, mean, variance }, i) => ({
    n,
    replicates: scores.length,
    mean,
    std: variance === null ? null : Math.sqrt(variance),
    plain: tInterval(
      scores.map(({ score }) => score),
      confidence,
    ).interval,
    pooled: intervals?.[i] ?? null,
    freedom: noise?.freedom[i] ?? null,
    scores: scores.map(({ replicate, score }) => ({ replicate: replicate!, score })),
  }));
}
