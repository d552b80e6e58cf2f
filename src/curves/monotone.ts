/** Whether a curve both rises and falls by more than chance: then no family says what it does. Pure. */
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import type { Matrix } from 'ml-matrix';
import type { Cell } from './cells.js';

/**
 * Of a rise or a fall somewhere, over all pairs of sizes together (Bonferroni). Both have to be there, so that of flat curves, which are
 * mistaken most often, at most 4 in 1,000 are taken for one that turns, and of 12,000 that only rise none was (simulated).
 */
const LEVEL = 0.1;

export interface Turn {
  /** The sizes between which the mean falls, and by how much, > 0. */
  readonly from: number;
  readonly to: number;
  readonly fall: number;
}

/**
 * @param covariance of the means, shape [sizes, sizes]
 * @param freedom of the spread by size
 * @returns the clearest fall of a curve that rises elsewhere (for one that mostly falls: its clearest rise, with `fall` < 0);
 *   null where it may be monotone
 */
export function turnOf(cells: readonly Cell[], covariance: Matrix, freedom: readonly number[]): Turn | null {
  const pairs = (cells.length * (cells.length - 1)) / 2;
  let rise = { t: 0, turn: null as Turn | null };
  let fall = { t: 0, turn: null as Turn | null };
  for (let i = 0; i < cells.length; i++) {
    for (let j = i + 1; j < cells.length; j++) {
      const variance = covariance.get(i, i) + covariance.get(j, j) - 2 * covariance.get(i, j);
      const gain = cells[j]!.mean - cells[i]!.mean;
      const least = tQuantile(1 - LEVEL / (2 * pairs), Math.min(freedom[i]!, freedom[j]!));
      const t = gain / Math.sqrt(variance) / least;
      const turn = { from: cells[i]!.n, to: cells[j]!.n, fall: -gain };
      if (t > Math.max(1, rise.t)) rise = { t, turn };
      if (-t > Math.max(1, fall.t)) fall = { t: -t, turn };
    }
  }
  if (rise.turn === null || fall.turn === null) return null;
  return rise.t >= fall.t ? fall.turn : rise.turn;
}
