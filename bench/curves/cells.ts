/** What is simulated: forty cells that have every level of every factor at least twice. */
import { INSIDE, OUTSIDE } from './truths.js';

export interface Cell {
  readonly shape: string;
  readonly isInside: boolean;
  /** Distinct sizes, from 10 to 1,000 or 5,000 samples per class. */
  readonly sizes: readonly number[];
  readonly replicates: number;
  /** Of the standard deviation from the smallest to the largest size. */
  readonly variance: 'constant' | 'falling';
  /** Of a score around its mean. */
  readonly tails: 'normal' | 'heavy' | 'skewed';
  /** Of the scores of a replicate at two sizes. */
  readonly correlation: number;
}

export const SIZES = [
  [10, 50, 200, 1000],
  [10, 30, 100, 300, 1000],
  [10, 30, 100, 300, 1000, 3000],
  [10, 20, 50, 100, 200, 500, 1000],
  [10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
] as const;
const REPLICATES = [3, 5, 10, 2, 4] as const;
const TAILS = ['normal', 'heavy', 'skewed'] as const;
const CORRELATIONS = [0, 0.3, 0.6] as const;

/** Steps that share no factor with the levels: each cell differs from the one before in most of them. */
export const CELLS: readonly Cell[] = Array.from({ length: 40 }, (_, i) => {
  const isInside = i < 26;
  const shapes = Object.keys(isInside ? INSIDE : OUTSIDE);
  const shape = shapes[(isInside ? i : i - 26) % shapes.length]!;
  return {
    shape,
    isInside,
    // Four parameters take five sizes.
    sizes: SIZES[Math.max((3 * i + Math.floor(i / 10)) % SIZES.length, /4$/.test(shape) ? 1 : 0)]!,
    replicates: REPLICATES[(2 * i + Math.floor(i / 5)) % REPLICATES.length]!,
    variance: (i + Math.floor(i / 10)) % 2 === 0 ? 'falling' : 'constant',
    tails: TAILS[(i + Math.floor(i / 6)) % 3]!,
    correlation: CORRELATIONS[(2 * i + Math.floor(i / 3)) % 3]!,
  };
});
