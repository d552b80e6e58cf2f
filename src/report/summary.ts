/** What a report says first: arms, their curves and ranks, and the answers. Pure, and enough for a terminal. */
import { summarize, tInterval, type CurvePoint } from '../curves/index.js';
import { groupBy } from '../group-by.js';
import { datasetFacts } from '../spec/index.js';
import type { SweepSpec } from '../spec/types.js';
import type { Counts, TrialFigures, TrialStatus } from '../storage/storage.js';
import { agreementOf } from './agreement.js';
import { answersOf, MOST_TOLD } from './answers.js';
import { confirmedIn } from './confirmed.js';
import { fitArm } from './fits.js';
import { summaryNotes } from './notes.js';
import {
  armsToFit,
  imageAnswers,
  isHighlighted,
  observationsOf,
  rankArms,
  sizeOf,
  type Ranks,
  type Scored,
} from './ranks.js';
import type { ArmSummary, ReportSummary, SummaryInput } from './types.js';

/** Of every interval in a report. */
export const CONFIDENCE = 0.95;
const STATUSES: readonly TrialStatus[] = ['queued', 'running', 'succeeded', 'pruned', 'failed', 'cancelled'];

export interface Headed {
  /** A summary before anything is said of it. */
  readonly head: Omit<ReportSummary, 'answers' | 'notes' | 'made'>;
  /** Trials that make the curves. */
  readonly scored: readonly Scored[];
}

/** Of how many arms, the best ones, the curves are fitted, and whether they are drawn. */
export interface Fits {
  readonly most: number;
  readonly areDrawn: boolean;
}

/** Arms whose curves a summary fits. */
export const armsOfSummary = (input: SummaryInput): string[] => armsToFit(input, fitsOfSummary(input).most);

const fitsOfSummary = ({ whole, arms }: SummaryInput): Fits => ({
  most: (whole?.arms ?? arms.length) > MOST_TOLD ? 1 : MOST_TOLD,
  areDrawn: false,
});

/** What `run` and `watch` end with, and what the Temporal UI shows of a large sweep. */
export function buildSummary(input: SummaryInput): ReportSummary {
  const { head } = headOf(input, fitsOfSummary(input));
  const draft = { ...head, made: { spec: input.sweep.spec } };
  return { ...draft, answers: answersOf(draft), notes: summaryNotes(draft, input) };
}

export function headOf(input: SummaryInput, fits: Fits): Headed {
  const { sweep, figures, whole, madeAt } = input;
  const { spec } = sweep;
  const counts = whole?.counts ?? countsOf(figures);
  const isBuiltin = spec.trainable.kind === 'builtin';
  const ranked = rankArms(input);
  const dataset = datasetFacts(spec.dataset);
  const summaries = armSummaries(input, ranked, fits);
  const head: Headed['head'] = {
    sweep: {
      name: sweep.name,
      status: sweep.status,
      createdAt: sweep.createdAt.toISOString(),
      startedAt: sweep.startedAt?.toISOString() ?? null,
      finishedAt: sweep.finishedAt?.toISOString() ?? null,
      seconds:
        sweep.startedAt === null
          ? null
          : ((sweep.finishedAt ?? madeAt).getTime() - sweep.startedAt.getTime()) / 1000,
      isPartial: counts.queued + counts.running > 0,
    },
    trials: totalOf(counts),
    counts,
    score: ranked.score,
    objective: spec.objective,
    classCount: isBuiltin ? (dataset?.classes ?? null) : null,
    chance: isBuiltin && dataset !== undefined ? 1 / dataset.classes : null,
    confidence: CONFIDENCE,
    delta: spec.report.delta,
    target: spec.report.target,
    arms: summaries,
    confirmed: confirmedIn(spec, ranked.scored, CONFIDENCE),
    ...(whole ? { ofArms: whole.arms } : {}),
    sizes: [...new Set(summaries.flatMap((arm) => arm.points.map((point) => point.n)))].sort((a, b) => a - b),
  };
  return { head, scored: ranked.scored };
}

/** Trials of all statuses. */
export const totalOf = (counts: Counts): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

function countsOf(figures: readonly TrialFigures[]): Counts {
  // Every status is a key of the record.
  const counts = Object.fromEntries(STATUSES.map((status) => [status, 0])) as Record<TrialStatus, number>;
  for (const { status } of figures) counts[status]++;
  return counts;
}

function armSummaries(
  { sweep: { spec }, arms, figures, correct = [] }: SummaryInput,
  { score, scored, scoredOf, objectives, ranks }: Ranks,
  fits: Fits,
): ArmSummary[] {
  const observations = observationsOf(spec, scored);
  const curves = new Map(summarize(observations, CONFIDENCE).map((curve) => [curve.arm, curve]));
  const bits = new Map(correct.map((one) => [one.trial, one.correct]));
  const images = datasetFacts(spec.dataset)?.testSize ?? 0;
  const observed = groupBy(observations, ({ arm }) => arm);
  const sizes = new Set(figures.map(({ samplesPerClass }) => sizeOf(spec, samplesPerClass)));
  return arms.map(({ armHash: hash, armLabel: label, params }) => {
    const rank = ranks.get(hash) ?? null;
    const hasColor = isHighlighted(arms.length, rank);
    const own = observed.get(hash) ?? [];
    // With one size nobody asks for a curve.
    const isFitted = sizes.size > 1 && own.length > 0 && (rank ?? arms.length) <= fits.most;
    const fitted = isFitted
      ? fitArm(own, {
          spec,
          score,
          confidence: CONFIDENCE,
          isDrawn: fits.areDrawn && hasColor,
          isBest: fits.areDrawn && rank === 1,
          agreement: agreementOf(imageAnswers(spec, scoredOf.get(hash) ?? [], bits), images),
        })
      : null;
    const points = (curves.get(hash)?.points ?? []).map((point) => ({
      ...point,
      elsewhere: fitted?.elsewhere.get(point.n) ?? null,
    }));
    return {
      hash,
      label,
      params,
      rank,
      objective: objectives.get(hash) ?? null,
      isHighlighted: hasColor,
      points,
      fit: fitted?.fit ?? null,
      targetAt: targetAt(spec.report.target, points, score),
      sizeless: sizelessOf(spec, scoredOf.get(hash) ?? []),
    };
  });
}

/** The smallest measured size whose mean is as good as the target. */
export function targetAt(
  target: number | null,
  points: readonly Pick<CurvePoint, 'n' | 'mean'>[],
  { direction }: Pick<ReportSummary['score'], 'direction'>,
): number | null {
  if (target === null) return null;
  const sign = direction === 'minimize' ? -1 : 1;
  return points.find(({ mean }) => sign * mean >= sign * target)?.n ?? null;
}

function sizelessOf(spec: SweepSpec, own: readonly Scored[]): ArmSummary['sizeless'] {
  const scores = own
    .filter(({ figures }) => sizeOf(spec, figures.samplesPerClass) === null)
    .map(({ score }) => score);
  return scores.length === 0 ? null : { ...tInterval(scores, CONFIDENCE), scores };
}
