/**
 * Real learning curves with their largest sizes withheld: what a fit of the others says of these, beside what was measured.
 *
 * Every cut that leaves at least five sizes and withholds one or more: the fit sees the sizes up to the cut and foretells the means
 * of all withheld ones up to four times the largest that it sees. A withheld mean is not the expected score that an interval is
 * for: it has an error of its own. To each curve that is drawn such an error is added, Student's t with the spread and the degrees
 * of freedom of the largest size seen, over the root of the replicates. That replicates go together over sizes is left out, which
 * makes these intervals a little too wide rather than too narrow.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { cellsOf, type Cell, type SizedScore } from '../../src/curves/cells.js';
import { quantileOf } from '../../src/curves/crowd.js';
import { fitCells, luckOf, valuesOf } from '../../src/curves/fit.js';
import { turnOf } from '../../src/curves/monotone.js';
import { noiseOf } from '../../src/curves/noise.js';
import type { Luck } from '../../src/curves/posterior.js';
import { likely, meanCovariance } from '../../src/curves/spread.js';
import { groupBy } from '../../src/group-by.js';
import { familyErrors } from './measure.js';

const FOLDER = new URL('../../../bench/curves/real/', import.meta.url);
const LEAST_SIZES = 5;
const MOST_TIMES = 4;

/** A withheld mean. */
export interface Foretold {
  readonly arm: string;
  /** Of the largest size that was seen, > 1 and up to four. */
  readonly times: number;
  readonly isHeld: boolean;
  /** Of the interval. */
  readonly width: number;
  /** Whether the sizes seen are said to turn: then the fit is called a guess. */
  readonly isTurned: boolean;
  /** Absolute errors: of the fit, of the last mean, of each family alone (NaN where it cannot be asked). */
  readonly error: number;
  readonly lastError: number;
  readonly familyErrors: Readonly<Record<string, number>>;
}

/** By file and arm, each as the files have them. */
export function readCurves(): ReadonlyMap<string, ReadonlyMap<string, readonly SizedScore[]>> {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.csv'));
  return new Map(
    files.sort().map((file) => {
      const rows: Record<string, string>[] = parse(readFileSync(new URL(file, FOLDER)), { columns: true });
      const byArm = groupBy(rows, (row) => row['arm']!);
      const scores = [...byArm].map(([arm, own]) => {
        const sized = own.map(({ n, seed, score }) => ({
          n: Number(n),
          replicate: Number(seed),
          score: Number(score),
        }));
        return [arm, sized] as const;
      });
      return [file, new Map(scores)] as const;
    }),
  );
}

/** @param scores of one arm */
export function foretell(arm: string, scores: readonly SizedScore[], seed: number): Foretold[] {
  const all = cellsOf(scores);
  const found: Foretold[] = [];
  for (let cut = LEAST_SIZES; cut < all.length; cut++) found.push(...foretellFrom(arm, all, cut, seed));
  return found;
}

/** @param cut how many sizes are seen */
function foretellFrom(arm: string, all: readonly Cell[], cut: number, seed: number): Foretold[] {
  const seen = all.slice(0, cut);
  const largest = seen.at(-1)!;
  const withheld = all.slice(cut).filter(({ n }) => n <= MOST_TIMES * largest.n);
  const noise = noiseOf(seen);
  const fit = fitCells(seen, noise, { range: { lo: 0, hi: 1 }, seed });
  if (fit === null || noise === null) throw new Error(`expected a fit of ${cut} sizes of ${arm}`);
  const isTurned = turnOf(seen, meanCovariance(seen, likely(noise)), noise.freedom) !== null;
  const curves = valuesOf(
    fit,
    withheld.map(({ n }) => n),
  );
  const luck = luckOf(seed ^ 0x3c6ef372);
  const deviation = Math.exp(noise.logVariance.at(-1)! / 2);
  const freedom = Math.round(Math.max(1, noise.freedom.at(-1)!));
  return withheld.map(({ n, mean, scores }, i) => {
    const values = Float64Array.from(curves, (curve) => curve[i]!).sort();
    const own = deviation / Math.sqrt(scores.length);
    const means = values.map((value) => value + own * student(luck, freedom)).sort();
    const [lo, hi] = [quantileOf(means, 0.025), quantileOf(means, 0.975)];
    return {
      arm,
      times: n / largest.n,
      isHeld: lo <= mean && mean <= hi,
      width: hi - lo,
      isTurned,
      error: Math.abs(quantileOf(values, 0.5) - mean),
      lastError: Math.abs(largest.mean - mean),
      familyErrors: familyErrors(seen, n, mean),
    };
  });
}

/** Student's t. @param freedom integer ≥ 1 */
function student(luck: Luck, freedom: number): number {
  let squares = 0;
  for (let i = 0; i < freedom; i++) squares += luck.normal() ** 2;
  return luck.normal() / Math.sqrt(squares / freedom);
}
