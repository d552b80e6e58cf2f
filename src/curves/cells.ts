/** The scores of an arm by size, in order and checked. Pure. */
import { ElbowError } from '../errors.js';
import { groupBy } from '../group-by.js';
import { meanOf, squaresAround } from './intervals.js';

/** The score of a training on n samples per class. */
export interface SizedScore {
  /** > 0. */
  readonly n: number;
  /** Which repetition; those with the same at several sizes share their subsets and luck. Null where nothing is known. */
  readonly replicate: number | null;
  readonly score: number;
  /** Its standard error, > 0, where it is a mean of trainings that nobody has any more; then it is the only one of its size. */
  readonly se?: number;
}

/** All scores of a size. */
export interface Cell {
  readonly n: number;
  /** By replicate, those without one by score, ascending: the order in which they came changes no digit. At least one. */
  readonly scores: readonly { readonly replicate: number | null; readonly score: number }[];
  readonly mean: number;
  /** Sample variance (count − 1); null for one score. */
  readonly variance: number | null;
  /** Standard error that came with the only score; null where none did. */
  readonly se: number | null;
}

/**
 * @param scores finite, in any order
 * @returns by size, ascending
 * @throws ElbowError `bug` for a size that is not above 0, a score that is not finite, a replicate twice at a size
 */
export function cellsOf(scores: readonly SizedScore[]): readonly Cell[] {
  const sizes = [...groupBy(scores, ({ n }) => n)].sort(([a], [b]) => a - b);
  return sizes.map(([n, own]) => {
    if (!(n > 0) || !Number.isFinite(n)) throw new ElbowError('bug', `expected sizes above 0, got ${n}`);
    const ordered = own
      .map(({ replicate, score }) => ({ replicate, score }))
      .sort((a, b) => (a.replicate ?? -1) - (b.replicate ?? -1) || a.score - b.score);
    for (const [i, { replicate, score }] of ordered.entries()) {
      if (!Number.isFinite(score)) throw new ElbowError('bug', `expected finite scores, got ${score}`);
      if (replicate !== null && ordered[i - 1]?.replicate === replicate)
        throw new ElbowError('bug', `expected each replicate once a size, got ${replicate} twice at ${n}`);
    }
    const se = own[0]!.se ?? null;
    if (own.length > 1 && own.some((one) => one.se !== undefined))
      throw new ElbowError(
        'bug',
        `expected one score with a standard error a size, got ${own.length} at ${n}`,
      );
    const values = ordered.map(({ score }) => score);
    const mean = meanOf(values);
    const variance = values.length < 2 ? null : squaresAround(values, mean) / (values.length - 1);
    return { n, scores: ordered, mean, variance, se };
  });
}
