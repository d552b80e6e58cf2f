/** Scores of arms by size and replicate, for what compares them. Pure. */
import type { SizedScore } from '../curves/index.js';
import { groupBy } from '../group-by.js';
import { sizeOf } from './ranks.js';
import type { ArmReport, ReportModel, TrialReport } from './types.js';

/** A report before arms are compared. */
export type Draft = Pick<
  ReportModel,
  'arms' | 'sizes' | 'score' | 'objective' | 'chance' | 'confidence' | 'delta' | 'trialReports'
> & { readonly made: Pick<ReportModel['made'], 'spec'> };

/** The size that trials without one have here. */
export const SIZELESS = 1;

export interface ScoredArm {
  readonly arm: ArmReport;
  /** Arms with different ones share no subsets and seeds; left out where all share them. */
  readonly pairing?: string;
  readonly scores: readonly SizedScore[];
  /** What arms are chosen by, of trials that have a score and it. */
  readonly objectives: readonly {
    readonly n: number;
    readonly replicate: number;
    readonly objective: number;
  }[];
}

/** An arm of a sweep: its trials say which replicate they are. */
export interface SweepArm extends ScoredArm {
  readonly scores: readonly (SizedScore & { readonly replicate: number })[];
}

/** In the order of the arms. */
export function scoredArms(model: Draft): SweepArm[] {
  const trialsOf = groupBy(model.trialReports, ({ armHash }) => armHash);
  const { spec } = model.made;
  return model.arms.map((arm) => {
    const trials = trialsOf.get(arm.hash) ?? [];
    const succeeded = trials.filter(({ status }) => status === 'succeeded');
    return {
      arm,
      scores: scoresOf(model, arm, succeeded),
      objectives: succeeded.flatMap(({ samplesPerClass, replicate, objective }) =>
        isFigure(objective) ? [{ n: sizeOf(spec, samplesPerClass) ?? SIZELESS, replicate, objective }] : [],
      ),
    };
  });
}

function scoresOf(
  { score: { isAccuracy } }: Draft,
  { points, sizeless }: ArmReport,
  succeeded: readonly TrialReport[],
): SweepArm['scores'] {
  if (sizeless === null)
    return points.flatMap(({ n, scores }) => scores.map(({ replicate, score }) => ({ n, replicate, score })));
  return succeeded.flatMap(({ replicate, testAccuracy, objective }) => {
    const score = isAccuracy ? (testAccuracy ?? objective) : objective;
    return isFigure(score) ? [{ n: SIZELESS, replicate, score }] : [];
  });
}

const isFigure = (value: number | null): value is number => value !== null && Number.isFinite(value);
