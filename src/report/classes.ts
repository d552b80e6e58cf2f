/** Which classes still profit from labels: a curve for each, of the arm that is best by the objective. Pure. */
import { fitCurve, type Interval, type Observation } from '../curves/index.js';
import { datasetFacts } from '../spec/index.js';
import type { SweepSpec } from '../spec/types.js';
import type { TrialFigures } from '../storage/storage.js';
import { sizeOf } from './ranks.js';
import { CONFIDENCE } from './summary.js';
import type { ClassReport, ClassReports } from './types.js';

/** Of more classes those that are recognised least: a fit of each takes its time, and nobody reads them all. */
const MOST_CLASSES = 20;

/** How often each class was recognised as which, by label; of one trial. */
export interface Confusion {
  readonly trial: number;
  readonly classes: readonly string[];
  readonly counts: readonly (readonly number[])[];
}

/** @param label of the arm @param confusions of its trials @returns null with one size, or where no trial has any */
export function classReports(
  spec: SweepSpec,
  label: string,
  figures: readonly TrialFigures[],
  confusions: readonly Confusion[],
): ClassReports | null {
  const trials = new Map(figures.map((one) => [one.trial, one]));
  const names = confusions[0]?.classes ?? [];
  const scores: Observation[][] = names.map(() => []);
  for (const { trial, counts } of confusions) {
    const one = trials.get(trial);
    const n = one === undefined ? null : sizeOf(spec, one.samplesPerClass);
    if (one === undefined || n === null) continue;
    for (const [i, row] of counts.entries()) {
      const images = row.reduce((sum, count) => sum + count, 0);
      if (images > 0) scores[i]?.push({ arm: label, n, replicate: one.replicate, score: row[i]! / images });
    }
  }
  const sizes = new Set(scores.flat().map(({ n }) => n));
  if (sizes.size < 2) return null;
  const last = Math.max(...sizes);
  const pool = datasetFacts(spec.dataset)?.largestSize ?? null;
  const meanAtLast = (own: readonly Observation[]): number => {
    const there = own.filter(({ n }) => n === last);
    return there.reduce((sum, { score }) => sum + score, 0) / there.length;
  };
  const known = names.flatMap((name, i) => {
    const own = scores[i]!;
    const mean = meanAtLast(own);
    return Number.isNaN(mean) ? [] : [{ name, own, mean }];
  });
  const shown = known.toSorted((a, b) => a.mean - b.mean).slice(0, MOST_CLASSES);
  const classes = shown.map(({ name, own }): ClassReport => {
    const fit = fitCurve(own, { confidence: CONFIDENCE, pool, delta: spec.report.delta, at: [2 * last] });
    const size = fit.sizes.at(-1)!;
    const interval: Interval | null =
      size.lo === null || size.hi === null ? null : { lo: size.lo, hi: size.hi };
    const isTurning = fit.warnings.some(({ code }) => code === 'not-monotone');
    return {
      name,
      accuracy: size.mean,
      interval,
      lastGain: fit.elbow.lastGain,
      nextGain: isTurning ? null : (fit.at[0]?.gain ?? null),
      points: fit.sizes.map(({ n, mean }) => ({ n, mean })),
    };
  });
  return {
    arm: label,
    n: last,
    of: known.length,
    classes: classes.sort((a, b) => (b.nextGain?.value ?? -Infinity) - (a.nextGain?.value ?? -Infinity)),
  };
}
