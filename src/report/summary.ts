/** What a report says first: arms, their curves and ranks, and the answers. Pure, and enough for a terminal. */
import { meanOrNull, summarize, tInterval, type CurvePoint, type Observation } from '../curves/index.js';
import { groupBy } from '../group-by.js';
import { datasetFacts } from '../spec/index.js';
import type { SweepSpec } from '../spec/types.js';
import type { Counts, TrialFigures, TrialStatus } from '../storage/storage.js';
import { agreementOf, type Answers } from './agreement.js';
import { answersOf, MOST_TOLD } from './answers.js';
import { fitArm } from './fits.js';
import { summaryNotes } from './notes.js';
import type { ArmSummary, ReportSummary, SummaryInput } from './types.js';

/** Of every interval in a report. */
export const CONFIDENCE = 0.95;
/** More arms than this cannot be told apart by colour; then only the best get one. */
const MOST_COLORS = 7;
const HIGHLIGHTED_OF_MANY = 6;
const STATUSES: readonly TrialStatus[] = ['queued', 'running', 'succeeded', 'pruned', 'failed', 'cancelled'];

/** A trial that succeeded, with what a curve shows of it; finite. */
interface Scored {
  readonly figures: TrialFigures;
  readonly score: number;
}

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

export const NO_FITS: Fits = { most: 0, areDrawn: false };

/** Arms whose curves a summary fits. */
export const armsOfSummary = (input: SummaryInput): string[] => armsToFit(input, fitsOfSummary(input).most);

const fitsOfSummary = ({ whole, arms }: SummaryInput): Fits => ({
  most: (whole?.arms ?? arms.length) > MOST_TOLD ? 1 : MOST_TOLD,
  areDrawn: false,
});

/** The arms that are best by the objective, where there is more than one size. @returns hashes, best first */
export function armsToFit(input: SummaryInput, most: number): string[] {
  const { arms, sizes } = headOf(input, NO_FITS).head;
  if (sizes.length < 2) return [];
  return arms
    .filter(({ rank }) => rank !== null && rank <= most)
    .sort((a, b) => a.rank! - b.rank!)
    .map(({ hash }) => hash);
}

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
  const succeeded = figures.filter(({ status }) => status === 'succeeded');
  // A program may tell its test accuracy: where all trials did, the curve is of that, and else of what all have told.
  const isAccuracy =
    isBuiltin || (succeeded.length > 0 && succeeded.every(({ testAccuracy }) => testAccuracy !== null));
  const scoreOf = isAccuracy ? accuracyOf : objectiveScore;
  const scored: Scored[] = [];
  for (const figures of succeeded) {
    const score = scoreOf(figures);
    if (score !== null) scored.push({ figures, score });
  }
  const dataset = datasetFacts(spec.dataset);
  const summaries = armSummaries(input, scored, { isAccuracy, fits });
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
    score: {
      name: isAccuracy ? 'test accuracy' : spec.objective.metric,
      isAccuracy,
      direction: isAccuracy ? 'maximize' : spec.objective.direction,
    },
    chance: isBuiltin && dataset !== undefined ? 1 / dataset.classes : null,
    confidence: CONFIDENCE,
    delta: spec.report.delta,
    target: spec.report.target,
    arms: summaries,
    ...(whole ? { ofArms: whole.arms } : {}),
    sizes: [...new Set(summaries.flatMap((arm) => arm.points.map((point) => point.n)))].sort((a, b) => a - b),
  };
  return { head, scored };
}

/** Trials of all statuses. */
export const totalOf = (counts: Counts): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

const finiteOrNull = (value: number | null): number | null =>
  value !== null && Number.isFinite(value) ? value : null;

/** Test accuracy, or the objective where there is none. */
const accuracyOf = ({ testAccuracy, objective }: TrialFigures): number | null =>
  finiteOrNull(testAccuracy ?? objective);

const objectiveScore = ({ objective }: TrialFigures): number | null => finiteOrNull(objective);

/** The size of a trial on the axis: all images count as the largest size, or as the mean of classes not balanced. */
export function sizeOf(spec: SweepSpec, samplesPerClass: number | null): number | null {
  if (samplesPerClass !== null || spec.trainable.kind !== 'builtin') return samplesPerClass;
  return datasetFacts(spec.dataset)?.allSize ?? null;
}

function countsOf(figures: readonly TrialFigures[]): Counts {
  // Every status is a key of the record.
  const counts = Object.fromEntries(STATUSES.map((status) => [status, 0])) as Record<TrialStatus, number>;
  for (const { status } of figures) counts[status]++;
  return counts;
}

interface Asked {
  readonly isAccuracy: boolean;
  readonly fits: Fits;
}

function armSummaries(
  { sweep: { spec }, arms, figures, correct = [] }: SummaryInput,
  scored: readonly Scored[],
  { isAccuracy, fits }: Asked,
): ArmSummary[] {
  const observations: Observation[] = [];
  for (const { figures: one, score } of scored) {
    const n = sizeOf(spec, one.samplesPerClass);
    if (n !== null) observations.push({ arm: one.armHash, n, replicate: one.replicate, score });
  }
  const curves = new Map(summarize(observations, CONFIDENCE).map((curve) => [curve.arm, curve]));
  const bits = new Map(correct.map((one) => [one.trial, one.correct]));
  const images = datasetFacts(spec.dataset)?.testSize ?? 0;
  const scoredOf = groupBy(scored, ({ figures: { armHash } }) => armHash);
  const observed = groupBy(observations, ({ arm }) => arm);
  const objectives = objectivesOf(spec, arms, scored, scoredOf);
  const ranks = rankArms(spec, objectives);
  const sizes = new Set(figures.map(({ samplesPerClass }) => sizeOf(spec, samplesPerClass)));
  return arms.map(({ armHash: hash, armLabel: label, params }) => {
    const rank = ranks.get(hash) ?? null;
    const isHighlighted = arms.length <= MOST_COLORS || (rank !== null && rank <= HIGHLIGHTED_OF_MANY);
    const own = observed.get(hash) ?? [];
    // With one size nobody asks for a curve.
    const isFitted = sizes.size > 1 && own.length > 0 && (rank ?? arms.length) <= fits.most;
    const fitted = isFitted
      ? fitArm(own, {
          spec,
          isAccuracy,
          confidence: CONFIDENCE,
          isDrawn: fits.areDrawn && isHighlighted,
          isBest: fits.areDrawn && rank === 1,
          agreement: agreementOf(answersIn(spec, scoredOf.get(hash) ?? [], bits), images),
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
      isHighlighted,
      points,
      fit: fitted?.fit ?? null,
      targetAt: targetAt(spec, points, isAccuracy),
      sizeless: sizelessOf(spec, scoredOf.get(hash) ?? []),
    };
  });
}

/** Of the trials whose answers are known. */
const answersIn = (
  spec: SweepSpec,
  own: readonly Scored[],
  bits: ReadonlyMap<number, Uint8Array>,
): Answers[] =>
  own.flatMap(({ figures }) => {
    const [n, correct] = [sizeOf(spec, figures.samplesPerClass), bits.get(figures.trial)];
    return n === null || correct === undefined ? [] : [{ n, correct }];
  });

/** The smallest measured size whose mean is as good as the target. */
function targetAt(
  { report: { target }, objective }: SweepSpec,
  points: readonly CurvePoint[],
  isAccuracy: boolean,
): number | null {
  if (target === null) return null;
  const sign = !isAccuracy && objective.direction === 'minimize' ? -1 : 1;
  return points.find(({ mean }) => sign * mean >= sign * target)?.n ?? null;
}

/** Mean objective of each arm at the largest size that any arm has results for. */
function objectivesOf(
  spec: SweepSpec,
  arms: SummaryInput['arms'],
  scored: readonly Scored[],
  scoredOf: ReadonlyMap<string, readonly Scored[]>,
): ReadonlyMap<string, number | null> {
  const axisOf = ({ figures }: Scored): number => sizeOf(spec, figures.samplesPerClass) ?? 0;
  const largest = scored.reduce((most, one) => Math.max(most, axisOf(one)), -Infinity);
  return new Map(
    arms.map(({ armHash }) => {
      const own = (scoredOf.get(armHash) ?? []).filter((one) => axisOf(one) === largest);
      return [armHash, meanOrNull(own.flatMap(({ figures: { objective } }) => objective ?? []))];
    }),
  );
}

/** Best first; equal ones in the order of the grid. */
function rankArms(spec: SweepSpec, objectives: ReadonlyMap<string, number | null>): Map<string, number> {
  const sign = spec.objective.direction === 'maximize' ? -1 : 1;
  const known = [...objectives].flatMap(([hash, value]) => (value === null ? [] : [{ hash, value }]));
  known.sort((a, b) => sign * (a.value - b.value));
  return new Map(known.map(({ hash }, i) => [hash, i + 1]));
}

function sizelessOf(spec: SweepSpec, own: readonly Scored[]): ArmSummary['sizeless'] {
  const scores = own
    .filter(({ figures }) => sizeOf(spec, figures.samplesPerClass) === null)
    .map(({ score }) => score);
  return scores.length === 0 ? null : { ...tInterval(scores, CONFIDENCE), scores };
}
