/** What there is to say of a learning curve: `fitCurve` puts the parts together. Pure. */
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { cellsOf, type Cell, type SizedScore } from './cells.js';
import { finiteOrNull, intervalOf } from './crowd.js';
import { DEFAULT_CURVE } from './defaults.js';
import type { ElbowState } from './elbow.js';
import { FAMILIES, type FamilyName, type ScoreRange } from './families.js';
import { endsOf, fitCells, likeliest, luckOf, valuesOf, type Fit } from './fit.js';
import { elbowOfFit, type FittedElbow } from './fitted-elbow.js';
import type { Interval } from './intervals.js';
import { kneedle, type Knee } from './kneedle.js';
import { logLinearOf, type LogLinear } from './log-linear.js';
import { turnOf } from './monotone.js';
import { meanIntervals, noiseOf, type Noise } from './noise.js';
import { likely, meanCovariance } from './spread.js';
import { targetOf, type TargetAnswer } from './target.js';
import { warningsOf, type CurveWarning } from './warnings.js';

export interface CurveOptions {
  /** What scores can be; null where nothing bounds them. Default 0 to 1. */
  readonly range?: ScoreRange;
  /** Whether higher scores are better, or lower ones, as losses are. Default `maximize`. */
  readonly direction?: 'maximize' | 'minimize';
  /** Of the elbow: what a doubling has to bring, > 0. Default 0.01. */
  readonly delta?: number;
  /** Of all intervals, in (0, 1). Default 0.95. */
  readonly confidence?: number;
  /** A score to be reached; null or left out for none. */
  readonly target?: number | null;
  /** Sizes to be told, > 0; left out for two and four times the largest. */
  readonly at?: readonly number[];
  /**
   * Test images that all scores come from, ≥ 1, where these are shares of right or wrong answers; null or left out where
   * nobody knows.
   */
  readonly testSize?: number | null;
  /** Labelled images per class that subsets are drawn from; null or left out where nobody knows. */
  readonly pool?: number | null;
  /** Integer in [0, 2³²); equal ones give equal digits. Default 0. */
  readonly seed?: number;
}

/** A size of the data. */
export interface SizeFigures {
  readonly n: number;
  readonly replicates: number;
  readonly mean: number;
  /** Sample standard deviation; null for one score. */
  readonly std: number | null;
  /** Student t interval of the mean with the spread of all sizes; null where nothing is known of that. */
  readonly lo: number | null;
  readonly hi: number | null;
  /** The same on other test images; null where nobody knows how many there are. */
  readonly elsewhere: Interval | null;
}

/** The fitted curve at a size. */
export interface CurveAt {
  readonly n: number;
  readonly score: number;
  /** Of the expected score on this test set, for subsets from this pool. */
  readonly lo: number;
  readonly hi: number;
  /** The same on other test images; null where nobody knows how many there are. */
  readonly elsewhere: Interval | null;
  /** The smallest and the largest of what the families say that have a share of at least one in twenty. */
  readonly families: readonly [number, number];
}

export interface CurveElbow extends Omit<FittedElbow, 'reached' | 'share' | 'lastGain'> {
  readonly state: ElbowState;
  readonly reached: boolean | null;
  readonly share: number | null;
  readonly lastGain: FittedElbow['lastGain'] | null;
}

export interface CurveFit {
  readonly sizes: readonly SizeFigures[];
  /** The likeliest family; null without a fit. */
  readonly family: FamilyName | null;
  /** Of its likeliest curve: offset + factor·basis, and those of the basis; empty without a fit. */
  readonly parameters: Readonly<Record<string, number>>;
  /** How likely each family is, the likeliest first; those below 0.0005 are left out. */
  readonly families: readonly {
    readonly family: FamilyName;
    readonly formula: string;
    readonly share: number;
  }[];
  /** Where the curve goes for n → ∞: at an end that no family gives the metric's bound, or null where it has none. */
  readonly asymptote: {
    readonly value: number;
    readonly lo: number | null;
    readonly hi: number | null;
  } | null;
  readonly elbow: CurveElbow;
  readonly kneedle: readonly Knee[];
  /** The straight line in log n through the means; null with one size, or where nothing is known of the spread. */
  readonly logLinear: LogLinear | null;
  readonly at: readonly CurveAt[];
  readonly target: TargetAnswer | null;
  readonly warnings: readonly CurveWarning[];
}

const CANNOT_BE_SAID: CurveElbow = {
  state: 'cannot-be-said',
  n: null,
  lo: null,
  hi: null,
  reached: null,
  share: null,
  lastGain: null,
};
/** Families with a smaller share have no say in what the families say. */
const LEAST_SAY = 0.05;
const LEAST_LISTED = 0.0005;

/**
 * @param scores of one arm, within the range, in any order; at least one
 * @returns gains are improvements, whatever the direction
 * @throws ElbowError `bug` for scores or options that are not what is told above
 */
export function fitCurve(scores: readonly SizedScore[], options: CurveOptions = {}): CurveFit {
  if (options.direction !== 'minimize') return fitRising(scores, options);
  const { range = DEFAULT_CURVE.range, target = null } = options;
  const mirrored = fitRising(
    scores.map((one) => ({ ...one, score: -one.score })),
    {
      ...options,
      range: { lo: range.hi === null ? null : -range.hi, hi: range.lo === null ? null : -range.lo },
      target: target === null ? null : -target,
    },
  );
  return mirror(mirrored);
}

function mirror(fit: CurveFit): CurveFit {
  const turned = ({ lo, hi }: Interval): Interval => ({ lo: -hi, hi: -lo });
  const { offset, factor, ...rest } = fit.parameters;
  return {
    ...fit,
    sizes: fit.sizes.map((size) => ({
      ...size,
      mean: -size.mean,
      lo: size.hi === null ? null : -size.hi,
      hi: size.lo === null ? null : -size.lo,
      elsewhere: size.elsewhere && turned(size.elsewhere),
    })),
    parameters: offset === undefined ? {} : { offset: -offset, factor: -factor!, ...rest },
    asymptote: fit.asymptote && {
      value: -fit.asymptote.value,
      lo: fit.asymptote.hi === null ? null : -fit.asymptote.hi,
      hi: fit.asymptote.lo === null ? null : -fit.asymptote.lo,
    },
    logLinear: fit.logLinear && { ...fit.logLinear, a: -fit.logLinear.a, b: -fit.logLinear.b },
    at: fit.at.map((one) => ({
      ...one,
      score: -one.score,
      ...turned(one),
      elsewhere: one.elsewhere && turned(one.elsewhere),
      families: [-one.families[1], -one.families[0]] as const,
    })),
    target: fit.target && { ...fit.target, score: -fit.target.score },
  };
}

function fitRising(scores: readonly SizedScore[], options: CurveOptions): CurveFit {
  const { range, delta, confidence, seed } = { ...DEFAULT_CURVE, ...options };
  const { target = null, testSize = null, pool = null } = options;
  const cells = cellsOf(scores);
  const noise = noiseOf(cells);
  const turn = noise && turnOf(cells, meanCovariance(cells, likely(noise)), noise.freedom);
  const fit = fitCells(cells, noise, { range, seed });
  const largest = cells.at(-1)!.n;
  const at = options.at ?? [2 * largest, 4 * largest];
  // Of the share of right answers, or of wrong ones, among so many images.
  const shiftAt =
    testSize === null
      ? null
      : (score: number): number => {
          const share = Math.min(1, Math.abs(score));
          return Math.sqrt((share * (1 - share)) / testSize);
        };
  // The same other test images for all sizes and answers.
  const luck = luckOf(seed ^ 0x5bd1e995);
  const deviates = fit && shiftAt ? Float64Array.from(fit.draws, () => luck.normal()) : null;
  const elbow = fit && turn === null ? elbowOfFit(fit, delta, confidence) : null;
  const knees = cells.length >= 3 ? (['linear', 'log'] as const).map((axis) => kneedle(cells, axis)) : [];
  return {
    sizes: sizesOf(cells, noise, confidence, shiftAt),
    ...familiesOf(fit),
    asymptote: fit && asymptoteOf(fit, confidence),
    elbow: elbow ?? CANNOT_BE_SAID,
    kneedle: knees,
    logLinear: logLinearOf(cells, noise),
    at: fit ? curveAt(fit, at, confidence, deviates && shiftAt && { deviates, shiftAt }) : [],
    target:
      fit === null || target === null
        ? null
        : targetOf(
            fit,
            target,
            confidence,
            deviates && shiftAt && deviates.map((one) => one * shiftAt(target)),
          ),
    warnings: warningsOf({ cells, noise, fit, turn, at, testSize, pool, elbow }),
  };
}

function sizesOf(
  cells: readonly Cell[],
  noise: Noise | null,
  confidence: number,
  testDeviation: ((score: number) => number) | null,
): SizeFigures[] {
  const intervals = noise && meanIntervals(cells, noise, confidence);
  const z = normalQuantile((1 + confidence) / 2, 0, 1);
  return cells.map(({ n, scores, mean, variance }, i) => {
    const interval = intervals?.[i] ?? null;
    const half = interval && testDeviation && Math.hypot(interval.hi - mean, z * testDeviation(mean));
    return {
      n,
      replicates: scores.length,
      mean,
      std: variance === null ? null : Math.sqrt(variance),
      lo: interval?.lo ?? null,
      hi: interval?.hi ?? null,
      elsewhere: half === null ? null : { lo: mean - half, hi: mean + half },
    };
  });
}

function familiesOf(fit: Fit | null): Pick<CurveFit, 'family' | 'parameters' | 'families'> {
  if (fit === null) return { family: null, parameters: {}, families: [] };
  const shares = [...fit.families].sort((a, b) => b[1] - a[1]);
  const family = shares[0]![0];
  return {
    family,
    parameters: likeliest(fit, family),
    families: shares
      .filter(([, share]) => share >= LEAST_LISTED)
      .map(([name, share]) => ({
        family: name,
        formula: FAMILIES.find((one) => one.name === name)!.formula,
        share,
      })),
  };
}

function asymptoteOf(fit: Fit, confidence: number): CurveFit['asymptote'] {
  const { lo, hi, middle } = intervalOf(endsOf(fit), confidence);
  if (!Number.isFinite(middle)) return null;
  return { value: middle, lo: finiteOrNull(lo), hi: finiteOrNull(hi) };
}

interface TestSet {
  readonly deviates: Float64Array;
  shiftAt(score: number): number;
}

function curveAt(fit: Fit, at: readonly number[], confidence: number, test: TestSet | null): CurveAt[] {
  const curves = valuesOf(fit, at);
  const { candidates, draws, families } = fit;
  const said = candidates.families.map(({ name }) => families.get(name)! >= LEAST_SAY);
  return at.map((n, i) => {
    const values = Float64Array.from(curves, (curve) => curve[i]!);
    const { lo, hi, middle } = intervalOf(values, confidence);
    const others =
      test &&
      intervalOf(
        values.map((value, draw) => value + test.deviates[draw]! * test.shiftAt(value)),
        confidence,
      );
    const byFamily = said.flatMap((isSaid, family) => {
      const own = values.filter((_, draw) => candidates.family[draws[draw]!.candidate] === family);
      return isSaid && own.length > 0 ? [intervalOf(own, confidence).middle] : [];
    });
    return {
      n,
      score: middle,
      lo,
      hi,
      elsewhere: others && { lo: others.lo, hi: others.hi },
      families: [Math.min(...byFamily, middle), Math.max(...byFamily, middle)],
    };
  });
}
