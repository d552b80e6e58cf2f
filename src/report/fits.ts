/** The curves that are fitted through the scores of arms. Pure. */
import { fitCurve, type CurveOptions, type Observation } from '../curves/index.js';
import { datasetFacts } from '../spec/index.js';
import type { SweepSpec } from '../spec/types.js';
import { plansOf } from './next-steps.js';
import type { ArmFit, ImageAgreement, ReportModel } from './types.js';

/** Sizes that are foretold: so many times the largest. */
export const FORETOLD = [2, 4] as const;
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
  const [first, last] = [Math.min(...sizes), Math.max(...sizes)];
  const foretold = FORETOLD.map((times) => times * last);
  const end = foretold.at(-1)!;
  const drawn = request.isDrawn
    ? Array.from({ length: DRAWN_POINTS }, (_, i) => first * (end / first) ** (i / (DRAWN_POINTS - 1)))
    : [];
  // Where what is known ends a line of its own begins.
  const places = request.isDrawn ? [...drawn, last].sort((a, b) => a - b) : [];
  const {
    sizes: figures,
    at,
    ...fit
  } = fitCurve(own, {
    ...curveOptionsOf(request),
    additions: request.isBest ? plansOf(request.spec, distinct(sizes)).map(({ addition }) => addition) : [],
    at: [...foretold, ...places],
  });
  return {
    fit: { ...fit, at: at.slice(0, foretold.length), curve: at.slice(foretold.length) },
    elsewhere: new Map(figures.map(({ n, elsewhere }) => [n, elsewhere])),
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
