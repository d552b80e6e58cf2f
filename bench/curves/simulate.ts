/** Scores of a simulated arm. */
import type { SizedScore } from '../../src/curves/cells.js';
import { luckOf } from '../../src/curves/fit.js';
import type { Cell } from './cells.js';
import { tail } from './comparisons.js';
import { INSIDE, OUTSIDE, type Make, type Truth } from './truths.js';

export interface Simulated {
  readonly truth: Truth;
  /** Standard deviation of one score, by size. */
  readonly deviations: readonly number[];
  readonly scores: readonly SizedScore[];
}

/** @param seed of the curve, integer ≥ 0 */
export function simulate(cell: Cell, seed: number): Simulated {
  return simulateTruth((cell.isInside ? INSIDE : OUTSIDE)[cell.shape]!, cell, seed);
}

/** @param seed of the curve, integer ≥ 0 */
export function simulateTruth(make: Make, cell: Omit<Cell, 'shape' | 'isInside'>, seed: number): Simulated {
  const luck = luckOf(seed);
  const [first, last] = [cell.sizes[0]!, cell.sizes.at(-1)!];
  const truth = make(luck, { first, last });
  // Between 0.4 and 2 points of accuracy at the largest size; up to three times as much at the smallest.
  const least = 0.004 * 5 ** luck.uniform();
  const deviations = cell.sizes.map((n) => {
    const way = Math.log(n / first) / Math.log(last / first);
    return least * (cell.variance === 'falling' ? 3 ** (1 - way) : 1);
  });
  const scores: SizedScore[] = [];
  for (let replicate = 0; replicate < cell.replicates; replicate++) {
    // Half of what sizes share is one effect, half is that of nested subsets: a random walk in n.
    const shared = tail(cell, luck);
    let walk = 0;
    let before = 0;
    for (const [i, n] of cell.sizes.entries()) {
      walk += Math.sqrt(n - before) * luck.normal();
      before = n;
      const half = Math.sqrt(cell.correlation / 2);
      const own = Math.sqrt(1 - cell.correlation) * tail(cell, luck);
      const noise = half * shared + half * (walk / Math.sqrt(n)) + own;
      scores.push({ n, replicate, score: truth.at(n) + deviations[i]! * noise });
    }
  }
  return { truth, deviations, scores };
}
