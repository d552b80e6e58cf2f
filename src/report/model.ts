/** Collects a report from what storage holds. Pure: equal inputs give equal reports. */
import { meanOrNull, summarize, tInterval, type Curve, type Observation } from '../curves/index.js';
import { groupBy } from '../group-by.js';
import { datasetFacts } from '../spec/index.js';
import type { SweepSpec } from '../spec/types.js';
import type { Counts, TrialResult, TrialStatus } from '../storage/storage.js';
import { answersOf } from './answers.js';
import { diagnosisGroups } from './diagnosis.js';
import { notesOf } from './notes.js';
import { meanQuickness, quicknessOf } from './quickness.js';
import { rateReport } from './rates.js';
import { environmentReports, epochMetrics, failureGroups, trialReport } from './rows.js';
import type { ArmReport, Quickness, ReportInput, ReportModel, SplitMeans } from './types.js';

/** Of every interval in a report. */
const CONFIDENCE = 0.95;
/** More arms than this cannot be told apart by colour; then only the best get one. */
const MOST_COLORS = 7;
const HIGHLIGHTED_OF_MANY = 6;
const STATUSES: readonly TrialStatus[] = ['queued', 'running', 'succeeded', 'pruned', 'failed', 'cancelled'];

type QuicknessByTrial = ReadonlyMap<number, Quickness | null>;

/** The report of a sweep, whatever state it is in. */
export function buildReport(input: ReportInput): ReportModel {
  const { sweep, results } = input;
  const { spec } = sweep;
  const counts = countsOf(results);
  const isPartial = counts.queued + counts.running > 0;
  const isBuiltin = spec.trainable.kind === 'builtin';
  const succeeded = results.filter(({ status }) => status === 'succeeded');
  // A program may tell its test accuracy: where all trials did, the curve is of that, and else of what all have told.
  const isAccuracy =
    isBuiltin || (succeeded.length > 0 && succeeded.every(({ testAccuracy }) => testAccuracy !== null));
  const scoreOf = isAccuracy ? accuracyOf : objectiveScore;
  const scored = succeeded.flatMap((result): Scored[] => {
    const score = scoreOf(result);
    return score === null ? [] : [{ ...result, score }];
  });
  const dataset = datasetFacts(spec.dataset);
  const epochs = groupBy(input.epochs, (epoch) => epoch.trial);
  const quickness: QuicknessByTrial = new Map(
    results.map((result) => [result.trial, quicknessOf(result, epochs.get(result.trial) ?? [])]),
  );
  const arms = armReports(spec, results, scored, quickness);
  const chance = isBuiltin && dataset !== undefined ? 1 / dataset.classes : null;
  const draft = {
    format: 1 as const,
    madeAt: input.madeAt.toISOString(),
    elbowVersion: input.elbowVersion,
    sweep: {
      name: sweep.name,
      status: sweep.status,
      createdAt: sweep.createdAt.toISOString(),
      startedAt: sweep.startedAt?.toISOString() ?? null,
      finishedAt: sweep.finishedAt?.toISOString() ?? null,
      seconds:
        sweep.startedAt === null
          ? null
          : ((sweep.finishedAt ?? input.madeAt).getTime() - sweep.startedAt.getTime()) / 1000,
      isPartial,
    },
    trials: results.length,
    counts,
    score: { name: isAccuracy ? 'test accuracy' : spec.objective.metric, isAccuracy },
    chance,
    confidence: CONFIDENCE,
    delta: spec.report.delta,
    target: spec.report.target,
    arms,
    rates: isBuiltin ? rateReport(arms, chance) : null,
    sizes: [...new Set(arms.flatMap((arm) => arm.points.map((point) => point.n)))].sort((a, b) => a - b),
    trialReports: [...results]
      .sort((a, b) => a.trial - b.trial)
      .map((result) => trialReport(result, quickness.get(result.trial) ?? null)),
    trialEpochs: [...epochs].map(([trial, own]) => ({
      trial,
      epochs: own.map(epochMetrics).sort((a, b) => a.epoch - b.epoch),
    })),
    failures: failureGroups(results),
    diagnoses: diagnosisGroups(results),
    made: {
      spec,
      source: sweep.source,
      environments: environmentReports(input.attempts ?? []),
      commands: [`elbow run ${sweep.name}.yaml`, `elbow report ${sweep.name}`],
    },
  };
  return { ...draft, answers: answersOf(draft), notes: notesOf(draft) };
}

/** A trial that succeeded, with what a curve shows of it; finite. */
type Scored = TrialResult & { readonly score: number };

const finiteOrNull = (value: number | null): number | null =>
  value !== null && Number.isFinite(value) ? value : null;

/** Test accuracy, or the objective where there is none. */
const accuracyOf = ({ testAccuracy, objective }: TrialResult): number | null =>
  finiteOrNull(testAccuracy ?? objective);

const objectiveScore = ({ objective }: TrialResult): number | null => finiteOrNull(objective);

/** The size of a trial on the axis: all images count as the largest size, or as the mean of classes not balanced. */
export function sizeOf(spec: SweepSpec, samplesPerClass: number | null): number | null {
  if (samplesPerClass !== null || spec.trainable.kind !== 'builtin') return samplesPerClass;
  return datasetFacts(spec.dataset)?.allSize ?? null;
}

function countsOf(results: readonly TrialResult[]): Counts {
  const count = (status: TrialStatus): number => results.filter((result) => result.status === status).length;
  // Every status is a key of the record.
  return Object.fromEntries(STATUSES.map((status) => [status, count(status)])) as Counts;
}

function armReports(
  spec: SweepSpec,
  results: readonly TrialResult[],
  scored: readonly Scored[],
  quickness: QuicknessByTrial,
): readonly ArmReport[] {
  const observations = scored.flatMap((result): Observation[] => {
    const n = sizeOf(spec, result.samplesPerClass);
    return n === null ? [] : [{ arm: result.armHash, n, replicate: result.replicate, score: result.score }];
  });
  const curves = new Map(
    summarize(observations, spec.report.delta, CONFIDENCE).map((curve) => [curve.arm, curve]),
  );
  const byArm = groupBy(
    [...results].sort((a, b) => a.trial - b.trial),
    (result) => result.armHash,
  );
  const objectives = new Map([...byArm.keys()].map((hash) => [hash, objectiveOf(spec, scored, hash)]));
  const ranks = rankArms(spec, objectives);
  const sizes = new Set(results.map((result) => sizeOf(spec, result.samplesPerClass)));
  return [...byArm].map(([hash, own]) => {
    const first = own[0]!;
    const curve = curves.get(hash);
    const rank = ranks.get(hash) ?? null;
    return {
      hash,
      label: first.armLabel,
      params: first.params,
      rank,
      objective: objectives.get(hash) ?? null,
      isHighlighted: byArm.size <= MOST_COLORS || (rank !== null && rank <= HIGHLIGHTED_OF_MANY),
      ...curvePart(spec, curve, sizes.size > 1),
      splits: splitMeans(
        spec,
        scored.filter((result) => result.armHash === hash),
        quickness,
      ),
      sizeless: sizelessOf(
        spec,
        scored.filter((result) => result.armHash === hash),
      ),
    };
  });
}

/** @param hasCurve whether the sweep has several sizes: with one, nobody asks for an elbow */
function curvePart(
  spec: SweepSpec,
  curve: Curve | undefined,
  hasCurve: boolean,
): Pick<ArmReport, 'points' | 'pooledStd' | 'freedom' | 'elbow' | 'targetAt'> {
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

/** Mean objective of an arm at the largest size that any arm has results for. */
function objectiveOf(spec: SweepSpec, scored: readonly TrialResult[], hash: string): number | null {
  const largest = Math.max(...scored.map((result) => sizeOf(spec, result.samplesPerClass) ?? 0));
  const values = scored
    .filter((result) => result.armHash === hash && (sizeOf(spec, result.samplesPerClass) ?? 0) === largest)
    .flatMap((result) => result.objective ?? []);
  return meanOrNull(values);
}

/** Best first; equal ones in the order of the grid. */
function rankArms(spec: SweepSpec, objectives: ReadonlyMap<string, number | null>): Map<string, number> {
  const sign = spec.objective.direction === 'maximize' ? -1 : 1;
  const known = [...objectives].flatMap(([hash, value]) => (value === null ? [] : [{ hash, value }]));
  known.sort((a, b) => sign * (a.value - b.value));
  return new Map(known.map(({ hash }, i) => [hash, i + 1]));
}

function splitMeans(spec: SweepSpec, own: readonly TrialResult[], quickness: QuicknessByTrial): SplitMeans[] {
  const bySize = [...groupBy(own, (result) => sizeOf(spec, result.samplesPerClass))];
  return bySize
    .flatMap(([n, group]): SplitMeans[] => {
      if (n === null) return [];
      const mean = (pick: (result: TrialResult) => number | null) =>
        meanOrNull(group.flatMap((one) => pick(one) ?? []));
      return [
        {
          n,
          train: mean((one) => one.trainAccuracy),
          validation: mean((one) => one.valAccuracy),
          test: mean((one) => one.testAccuracy),
          unfamiliar: mean((one) => one.metrics['unfamiliar_accuracy'] ?? null),
          quickness: meanQuickness(group.map((one) => quickness.get(one.trial) ?? null)),
        },
      ];
    })
    .sort((a, b) => a.n - b.n);
}

function sizelessOf(spec: SweepSpec, own: readonly Scored[]): ArmReport['sizeless'] {
  const scores = own
    .filter((result) => sizeOf(spec, result.samplesPerClass) === null)
    .map(({ score }) => score);
  return scores.length === 0 ? null : { ...tInterval(scores, CONFIDENCE), scores };
}
