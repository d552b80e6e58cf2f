/** What a report says first: arms, their curves and ranks, and the answers. Pure, and enough for a terminal. */
import { meanOrNull, summarize, tInterval, type Curve, type Observation } from '../curves/index.js';
import { groupBy } from '../group-by.js';
import { datasetFacts } from '../spec/index.js';
import type { SweepSpec } from '../spec/types.js';
import type { Counts, TrialFigures, TrialStatus } from '../storage/storage.js';
import { answersOf } from './answers.js';
import { summaryNotes } from './notes.js';
import type { ArmSummary, ReportSummary, SummaryInput } from './types.js';

/** Of every interval in a report. */
const CONFIDENCE = 0.95;
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

/** What `run` and `watch` end with, and what the Temporal UI shows of a large sweep. */
export function buildSummary(input: SummaryInput): ReportSummary {
  const { head } = headOf(input);
  const draft = { ...head, made: { spec: input.sweep.spec } };
  return { ...draft, answers: answersOf(draft), notes: summaryNotes(draft, input) };
}

export function headOf({ sweep, arms, figures, whole, madeAt }: SummaryInput): Headed {
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
  const summaries = armSummaries(spec, arms, figures, scored);
  const head = {
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
    score: { name: isAccuracy ? 'test accuracy' : spec.objective.metric, isAccuracy },
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

function armSummaries(
  spec: SweepSpec,
  arms: SummaryInput['arms'],
  figures: readonly TrialFigures[],
  scored: readonly Scored[],
): ArmSummary[] {
  const observations: Observation[] = [];
  for (const { figures: one, score } of scored) {
    const n = sizeOf(spec, one.samplesPerClass);
    if (n !== null) observations.push({ arm: one.armHash, n, replicate: one.replicate, score });
  }
  const curves = new Map(
    summarize(observations, spec.report.delta, CONFIDENCE).map((curve) => [curve.arm, curve]),
  );
  const scoredOf = groupBy(scored, ({ figures: { armHash } }) => armHash);
  const objectives = objectivesOf(spec, arms, scored, scoredOf);
  const ranks = rankArms(spec, objectives);
  const sizes = new Set(figures.map(({ samplesPerClass }) => sizeOf(spec, samplesPerClass)));
  return arms.map(({ armHash: hash, armLabel: label, params }) => {
    const rank = ranks.get(hash) ?? null;
    return {
      hash,
      label,
      params,
      rank,
      objective: objectives.get(hash) ?? null,
      isHighlighted: arms.length <= MOST_COLORS || (rank !== null && rank <= HIGHLIGHTED_OF_MANY),
      ...curvePart(spec, curves.get(hash), sizes.size > 1),
      sizeless: sizelessOf(spec, scoredOf.get(hash) ?? []),
    };
  });
}

/** @param hasCurve whether the sweep has several sizes: with one, nobody asks for an elbow */
function curvePart(
  spec: SweepSpec,
  curve: Curve | undefined,
  hasCurve: boolean,
): Pick<ArmSummary, 'points' | 'pooledStd' | 'freedom' | 'elbow' | 'targetAt'> {
  if (curve === undefined) return { points: [], pooledStd: null, freedom: 0, elbow: null, targetAt: null };
  const { target } = spec.report;
  const reached = target === null ? undefined : curve.points.find((point) => point.mean >= target);
  return {
    points: curve.points,
    pooledStd: curve.pooledStd,
    freedom: curve.freedom,
    elbow: hasCurve ? curve.elbow : null,
    targetAt: reached?.n ?? null,
  };
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
