/** Whether two arms' learning curves cross by more than chance, and between which sizes. Pure. */
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import { DEFAULT_CURVE } from './defaults.js';
import { differencesBySize, type ComparedArm } from './paired.js';

export interface CrossingOptions {
  /** Of the band over all sizes together, in (0, 1). Default 0.95. */
  readonly confidence?: number;
  /** Default `maximize`. */
  readonly direction?: 'maximize' | 'minimize';
}

/** The difference of two arms at the sizes that both have in two replicates or more. */
export interface DifferenceBand {
  /** By size, ascending; above 0 the first arm is better. */
  readonly sizes: readonly {
    readonly n: number;
    readonly difference: number;
    readonly lo: number;
    readonly hi: number;
  }[];
  /** By size; usually none. */
  readonly crossings: readonly Crossing[];
}

export interface Crossing {
  /** The arm that is better at `from` and below, and the one that is better at `to`. */
  readonly before: string;
  readonly after: string;
  /** Neighbours among the sizes at which the band leaves out 0. */
  readonly from: number;
  readonly to: number;
}

/**
 * Curves cross where the band of their difference lies above 0 at one size and below it at another. The band holds at
 * all of its sizes together (Bonferroni): each interval is Student's t at 1 − (1 − confidence)/sizes, with the spread that
 * comparisons have. Sizes at which it holds 0 decide nothing.
 */
export function differenceBand(
  first: ComparedArm,
  second: ComparedArm,
  options: CrossingOptions = {},
): DifferenceBand {
  const { confidence, direction } = { ...DEFAULT_CURVE, ...options };
  const differences = differencesBySize(first, second, direction === 'minimize' ? -1 : 1);
  const known = differences.flatMap(({ n, mean, error, freedom }) =>
    error === null || freedom === null ? [] : [{ n, mean, error, freedom }],
  );
  const level = (1 - confidence) / known.length;
  const sizes = known.map(({ n, mean: difference, error, freedom }) => {
    const half = tQuantile(1 - level / 2, freedom) * error;
    return { n, difference, lo: difference - half, hi: difference + half };
  });
  const decided = sizes.filter(({ lo, hi }) => lo > 0 || hi < 0);
  const crossings = decided.slice(1).flatMap((to, i): Crossing[] => {
    const from = decided[i]!;
    if (from.lo > 0 === to.lo > 0) return [];
    const [before, after] = from.lo > 0 ? [first.arm, second.arm] : [second.arm, first.arm];
    return [{ before, after, from: from.n, to: to.n }];
  });
  return { sizes, crossings };
}
