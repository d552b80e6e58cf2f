/** What there is to say of a learning curve: `fitCurve` puts the parts together. Pure. */
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { cellsOf, type Cell, type SizedScore } from './cells.js';
import { finiteOrNull, intervalOf } from './crowd.js';
import { DEFAULT_CURVE } from './defaults.js';
import { FAMILIES } from './families.js';
import { endsOf, fitCells, likeliest, luckOf, valuesOf, type Fit } from './fit.js';
import { elbowOfFit, type FittedElbow } from './fitted-elbow.js';
import type { Interval } from './intervals.js';
import { kneedle } from './kneedle.js';
import { logLinearOf } from './log-linear.js';
import { turnOf } from './monotone.js';
import { expectedWidths, type Question } from './next.js';
import { meanIntervals, noiseOf, type Noise } from './noise.js';
import { likely, meanCovariance } from './spread.js';
import { targetOf, type TargetAnswer } from './target.js';
import type { AskedInterval, CurveAt, CurveElbow, CurveFit, CurveOptions, SizeFigures } from './types.js';
import { warningsOf } from './warnings.js';

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
  const shiftAt = testSize === null ? null : shiftsOf(testSize, options.agreement ?? []);
  // The same other test images for all sizes and answers.
  const luck = luckOf(seed ^ 0x5bd1e995);
  const deviates = fit && shiftAt ? Float64Array.from(fit.draws, () => luck.normal()) : null;
  const elbow = fit && turn === null ? elbowOfFit(fit, delta, confidence) : null;
  const answer =
    fit === null || target === null
      ? null
      : targetOf(
          fit,
          target,
          confidence,
          deviates && shiftAt && deviates.map((one) => one * shiftAt(target, largest)),
        );
  const { asked, question } = questionOf(fit, answer, elbow);
  const knees = cells.length >= 3 ? (['linear', 'log'] as const).map((axis) => kneedle(cells, axis)) : [];
  return {
    sizes: sizesOf(cells, noise, confidence, shiftAt),
    ...familiesOf(fit),
    asymptote: fit && asymptoteOf(fit, confidence),
    elbow: elbow ?? CANNOT_BE_SAID,
    kneedle: knees,
    logLinear: logLinearOf(cells, noise),
    at: fit ? curveAt(fit, at, confidence, shiftAt) : [],
    target: answer,
    narrowing: {
      asked,
      widths: fit && noise ? expectedWidths(fit, { cells, noise }, question, options.additions ?? []) : [],
    },
    warnings: warningsOf({ cells, noise, fit, turn, at, testSize, pool, elbow }),
  };
}

/** What is to be narrowed: the curve where the target is, the doubling that decides about the elbow, or the score. */
function questionOf(
  fit: Fit | null,
  target: TargetAnswer | null,
  elbow: FittedElbow | null,
): { readonly asked: AskedInterval; readonly question: Question } {
  const largest = fit?.candidates.span.last ?? 0;
  if (target !== null && target.n !== null)
    return { asked: 'target', question: [{ n: target.n, weight: 1 }] };
  if (elbow?.state === 'undecided')
    return {
      asked: 'elbow',
      question: [
        { n: largest, weight: 1 },
        { n: largest / 2, weight: -1 },
      ],
    };
  return { asked: 'score', question: [{ n: 2 * largest, weight: 1 }] };
}

/** Standard deviation of a score over test sets. */
type ShiftAt = (score: number, n: number) => number;

/** Of the share of right answers, or of wrong ones, among so many images. */
function shiftsOf(testSize: number, agreement: NonNullable<CurveOptions['agreement']>): ShiftAt {
  const told = [...agreement].sort((a, b) => a.n - b.n);
  return (score, n) => {
    const share = Math.min(1, Math.abs(score));
    const images = (told.findLast((one) => one.n <= n) ?? told[0])?.share ?? 1;
    return Math.sqrt((images * share * (1 - share)) / testSize);
  };
}

/** An interval around a middle, for what may be further off by an independent shift. @param shift as far as it goes, ≥ 0 */
const widened = ({ lo, hi }: Interval, middle: number, shift: number): Interval => ({
  lo: middle - Math.hypot(middle - lo, shift),
  hi: middle + Math.hypot(hi - middle, shift),
});

function sizesOf(
  cells: readonly Cell[],
  noise: Noise | null,
  confidence: number,
  shiftAt: ShiftAt | null,
): SizeFigures[] {
  const intervals = noise && meanIntervals(cells, noise, confidence);
  const z = normalQuantile((1 + confidence) / 2, 0, 1);
  return cells.map(({ n, scores, mean, variance }, i) => {
    const interval = intervals?.[i] ?? null;
    const shift = shiftAt && z * shiftAt(mean, n);
    return {
      n,
      replicates: scores.length,
      mean,
      std: variance === null ? null : Math.sqrt(variance),
      lo: interval?.lo ?? null,
      hi: interval?.hi ?? null,
      elsewhere: interval && shift !== null ? widened(interval, mean, shift) : null,
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

function curveAt(fit: Fit, at: readonly number[], confidence: number, shiftAt: ShiftAt | null): CurveAt[] {
  const z = normalQuantile((1 + confidence) / 2, 0, 1);
  const curves = valuesOf(fit, [...at, fit.candidates.span.last]);
  const { candidates, draws, families } = fit;
  const said = candidates.families.map(({ name }) => families.get(name)! >= LEAST_SAY);
  return at.map((n, i) => {
    const values = Float64Array.from(curves, (curve) => curve[i]!);
    const { lo, hi, middle } = intervalOf(values, confidence);
    const shift = shiftAt && z * shiftAt(middle, n);
    const gain = intervalOf(
      values.map((value, draw) => value - curves[draw]!.at(-1)!),
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
      elsewhere: shift === null ? null : widened({ lo, hi }, middle, shift),
      gain: { value: gain.middle, lo: gain.lo, hi: gain.hi },
      families: [Math.min(...byFamily, middle), Math.max(...byFamily, middle)],
    };
  });
}
