/** What to know before a curve is believed. Pure. */
import type { Cell } from './cells.js';
import type { Fit } from './fit.js';
import type { FittedElbow } from './fitted-elbow.js';
import type { Turn } from './monotone.js';
import type { Noise } from './noise.js';

export interface CurveWarning {
  readonly code:
    | 'one-replicate'
    | 'few-sizes'
    | 'unpaired'
    | 'not-monotone'
    | 'no-test-size'
    | 'no-pool'
    | 'pool-used'
    | 'not-calibrated'
    | 'no-factor-2';
  readonly message: string;
}

interface Known {
  readonly cells: readonly Cell[];
  readonly noise: Noise | null;
  readonly fit: Fit | null;
  readonly turn: Turn | null;
  readonly at: readonly number[];
  readonly testSize: number | null;
  readonly pool: number | null;
  readonly elbow: FittedElbow | null;
}

/** 12345.6 as 12,346; below 100 with what stands after the point, at most two digits. */
const countText = (n: number): string =>
  n.toLocaleString('en-US', { maximumFractionDigits: n < 100 ? 2 : 0 });

/** Replicates share images with each other from here on, and differ less than fresh ones would. */
const POOL_SHARE = 0.2;
const CALIBRATED_TIMES = 4;

export function warningsOf(known: Known): CurveWarning[] {
  const { cells, noise, fit, turn, at, testSize, pool } = known;
  const warnings: CurveWarning[] = [];
  const add = (code: CurveWarning['code'], message: string): void => void warnings.push({ code, message });
  const [smallest, largest] = [cells[0]!.n, cells.at(-1)!.n];
  if (turn !== null) {
    const way = turn.fall > 0 ? 'falls' : 'rises';
    add(
      'not-monotone',
      `The mean ${way} by ${Math.abs(turn.fall).toPrecision(2)} from ${countText(turn.from)} to ${countText(turn.to)}, more than chance would have it: no family follows that, so there is no elbow, and what lies beyond the data is a guess.`,
    );
  }
  if (noise === null || noise.isGuessed)
    add(
      'one-replicate',
      'One score a size: how far chance moves it is judged by how far the scores lie from smooth curves. Three or more replicates would tell.',
    );
  else if (
    cells.every(({ scores }) => scores.every(({ replicate }) => replicate === null)) &&
    cells.length > 1
  )
    add(
      'unpaired',
      'Nothing says which scores belong to the same replicate, so sizes are taken as independent: where they are not, intervals are too narrow. A column `seed` tells.',
    );
  if (fit === null)
    add(
      'few-sizes',
      `${cells.length === 1 ? 'One size is' : `${cells.length} sizes are`} too few for a curve: the simplest takes three.`,
    );
  else if (largest < 2 * smallest)
    add('no-factor-2', 'No two sizes are a factor of 2 apart, so nothing is known of a doubling.');
  const far = at.filter((n) => n > CALIBRATED_TIMES * largest);
  if (fit !== null && far.length > 0)
    add(
      'not-calibrated',
      `Beyond ${countText(CALIBRATED_TIMES * largest)}, four times the largest size, nobody has checked how often the intervals hold.`,
    );
  if (testSize === null)
    add(
      'no-test-size',
      'The intervals are for this test set: how far other test images would move the scores takes their number.',
    );
  if (pool === null)
    add(
      'no-pool',
      'The intervals are for subsets of these labels: how many there are to draw from is not known.',
    );
  else if (largest > POOL_SHARE * pool)
    add(
      'pool-used',
      `At ${countText(largest)} of ${countText(pool)} per class, replicates share images: with fresh ones they would differ more.`,
    );
  return warnings;
}
