/** The curves that are fitted through the scores of arms. Pure. */
import {
  fitCurve,
  type CurveAt,
  type CurveFit,
  type CurveOptions,
  type Observation,
  type SizedScore,
} from '../curves/index.js';
import { datasetFacts } from '../spec/index.js';
import type { SweepSpec } from '../spec/types.js';
import { plansOf } from './next-steps.js';
import type { ArmFit, ImageAgreement, ReportModel } from './types.js';

/** Sizes that are foretold: so many times the largest. */
const FORETOLD = [2, 4] as const;
/** Points of a drawn curve, from the smallest size to the furthest that is foretold. */
const DRAWN_POINTS = 41;

export interface FitRequest {
  readonly spec: SweepSpec;
  readonly score: ReportModel['score'];
  readonly confidence: number;
  /** Whether the curve is to be drawn, and not only told. */
  readonly isDrawn: boolean;
  /** Whether to say what further trials would narrow. */
  readonly isBest: boolean;
  readonly agreement: readonly ImageAgreement[];
}

/** An arm's fit, with the sizes' intervals on other test images by n. @param own at least one */
export function fitArm(
  own: readonly Observation[],
  request: FitRequest,
): { readonly fit: ArmFit; readonly elsewhere: ReadonlyMap<number, ArmFit['at'][number]['elsewhere']> } {
  const sizes = own.map(({ n }) => n);
  const additions = request.isBest
    ? plansOf(request.spec, distinct(sizes)).map(({ addition }) => addition)
    : [];
  const { fit, ahead, curve } = fitDrawn(own, { ...curveOptionsOf(request), additions }, request.isDrawn);
  const { sizes: figures, ...told } = fit;
  return {
    fit: { ...told, at: ahead, curve },
    elsewhere: new Map(figures.map(({ n, elsewhere }) => [n, elsewhere])),
  };
}

/** A fit with what a page shows of it besides. */
export interface DrawnFit {
  /** What was asked. */
  readonly fit: CurveFit;
  /** At twice and four times the largest size, then at those sizes that were asked for besides; empty without a fit. */
  readonly ahead: readonly CurveAt[];
  /** To be drawn, by size, as far as `ahead`; empty where it is not. */
  readonly curve: readonly CurveAt[];
}

/** @param scores at least one */
export function fitDrawn(scores: readonly SizedScore[], options: CurveOptions, isDrawn: boolean): DrawnFit {
  const sizes = scores.map(({ n }) => n);
  const [first, last] = [Math.min(...sizes), Math.max(...sizes)];
  const foretold = FORETOLD.map((times) => times * last);
  const asked = options.at ?? foretold;
  const besides = distinct(asked).filter((n) => !foretold.includes(n));
  const end = Math.max(...foretold, ...asked);
  const drawn = Array.from({ length: DRAWN_POINTS }, (_, i) =>
    Math.min(end, first * (end / first) ** (i / (DRAWN_POINTS - 1))),
  );
  // Where what is known ends a line of its own begins.
  const places = isDrawn ? [...drawn, last].sort((a, b) => a - b) : [];
  const ahead = [...foretold, ...besides];
  const { at, ...fit } = fitCurve(scores, { ...options, at: [...asked, ...ahead, ...places] });
  const [told, next] = [asked.length, asked.length + ahead.length];
  return {
    fit: { ...fit, at: at.slice(0, told) },
    ahead: at.slice(told, next),
    curve: at.slice(next),
  };
}

const distinct = (sizes: readonly number[]): number[] => [...new Set(sizes)].sort((a, b) => a - b);

/** What is asked of an arm's curve, and what is known of its data set. */
export function curveOptionsOf({
  spec,
  score,
  confidence,
  agreement,
}: Pick<FitRequest, 'spec' | 'score' | 'confidence' | 'agreement'>): CurveOptions {
  const { delta, target } = spec.report;
  const asked = { delta, target, confidence };
  if (!score.isAccuracy) return { ...asked, direction: score.direction, range: { lo: null, hi: null } };
  const dataset = spec.trainable.kind === 'builtin' ? datasetFacts(spec.dataset) : undefined;
  return { ...asked, agreement, testSize: dataset?.testSize ?? null, pool: dataset?.largestSize ?? null };
}
