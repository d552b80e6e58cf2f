/** A report of several sweeps beside each other. Pure. */
import { differingValues, type DifferingValues } from '../spec/index.js';
import { curveAnswers } from './answers.js';
import { scoredArms, type ScoredArm } from './arm-scores.js';
import { besideEachOther } from './comparisons.js';
import type { CurvesModel } from './curves-types.js';
import { leadSentence } from './finding-text.js';
import { counted, listed } from './format.js';
import { MOST_COLORS } from './ranks.js';
import { rankScores } from './score-ranks.js';
import type { ArmReport, Note, ReportModel } from './types.js';

export interface SweepsReport extends CurvesModel {
  /** Raised when a key changes its meaning. */
  readonly format: 1;
  readonly madeAt: string;
  readonly elbowVersion: string;
  readonly sweeps: readonly SweepFacts[];
  /** Settings of the sweeps' files that differ, with each sweep's value as JSON, null where it has none. */
  readonly differences: readonly DifferingValues[];
  /** Whether replicates of all sweeps share their subsets and seeds. */
  readonly arePaired: boolean;
  /** The size at which arms are ranked; null without scores, and without sizes. */
  readonly rankedAt: number | null;
}

/** A sweep that is compared. */
export interface SweepFacts {
  readonly name: string;
  readonly status: ReportModel['sweep']['status'];
  readonly trials: number;
  readonly succeeded: number;
  readonly arms: number;
  readonly replicates: number;
  readonly seed: number;
  /** What its trials' data have; null where none told. */
  readonly dataDigest: string | null;
}

/** An arm of one of the sweeps. */
interface SweepArm extends ScoredArm {
  readonly sweep: string;
  /** Whether it is the best of its own sweep. */
  readonly isLeader: boolean;
}

/**
 * Arms are called by their sweep and settings, or by the sweep where it has one arm, and ranked by the objective at the size that
 * most of them have. Replicates of two sweeps are compared in pairs where the sweeps have the same seed.
 * @param models two at least, asked the same, of sweeps that can be compared (`differingSubjects`)
 */
export function buildSweepsReport(models: readonly ReportModel[], madeAt: Date): SweepsReport {
  const [first] = models as readonly [ReportModel, ...ReportModel[]];
  const own = models.flatMap(armsOfSweep);
  const { n, ranks } = rankScores(
    own.map(({ arm, objectives }) => ({
      arm: arm.hash,
      scores: objectives.map(({ n, objective }) => ({ n, score: objective })),
    })),
    first.objective.direction,
  );
  const colored = coloredOf(own, ranks);
  const ranked = own.map((one) => {
    const { hash } = one.arm;
    const arm: ArmReport = {
      ...one.arm,
      rank: ranks.get(hash)?.rank ?? null,
      objective: ranks.get(hash)?.mean ?? null,
      isHighlighted: colored.has(hash),
    };
    return { ...one, arm };
  });
  const { score, objective, classCount, chance, confidence, delta, target, prices } = first;
  const draft = {
    format: 1 as const,
    madeAt: madeAt.toISOString(),
    elbowVersion: first.elbowVersion,
    score,
    objective,
    classCount,
    chance,
    confidence,
    delta,
    target,
    prices,
    areGpuHours: models.every((one) => one.areGpuHours),
    sweeps: models.map(factsOf),
    differences: differingValues(models.map(({ made }) => made.spec)).filter(
      ({ path }) => !path.startsWith('report.'),
    ),
    arePaired: new Set(own.map(({ pairing }) => pairing)).size < 2,
    arms: ranked.map(({ arm }) => arm),
    sizes: [...new Set(models.flatMap(({ sizes }) => sizes))].sort((a, b) => a - b),
    clusters: models.flatMap(({ sweep, clusters }) =>
      clusters.map((one) => ({ ...one, arm: hashIn(sweep.name, one.arm) })),
    ),
    rankedAt: models.some(({ sizes }) => sizes.length > 0) ? n : null,
    answers: [],
    notes: notesOf(models),
  };
  const found = { ...draft, ...besideEachOther(draft, ranked) };
  const sweepOf = new Map(ranked.map(({ arm, sweep }) => [arm.hash, sweep]));
  const lead = leadSentence(found, (arm, best) => sweepOf.get(arm.hash) !== sweepOf.get(best.hash));
  const answers = curveAnswers(found, lead, n ?? undefined);
  return { ...found, answers: answers.length > 0 ? answers : ['No trial of these sweeps has a score yet.'] };
}

const hashIn = (sweep: string, hash: string): string => `${sweep}/${hash}`;

function armsOfSweep(model: ReportModel): SweepArm[] {
  const { sweep, made } = model;
  const isOnly = model.arms.length === 1;
  return scoredArms(model).map((one) => ({
    ...one,
    sweep: sweep.name,
    isLeader: one.arm.rank === 1,
    pairing: `${made.spec.trainable.kind} ${made.spec.seed}`,
    arm: {
      ...one.arm,
      hash: hashIn(sweep.name, one.arm.hash),
      label: isOnly ? sweep.name : `${sweep.name} ${one.arm.label}`,
    },
  }));
}

/** All arms, or of many the leading one of each sweep, of the best sweeps. */
function coloredOf(
  arms: readonly SweepArm[],
  ranks: ReadonlyMap<string, { readonly rank: number }>,
): ReadonlySet<string> {
  const shown = arms.length <= MOST_COLORS ? arms : arms.filter(({ isLeader }) => isLeader);
  const rankOf = ({ arm }: SweepArm): number => ranks.get(arm.hash)?.rank ?? Infinity;
  return new Set(
    shown
      .toSorted((a, b) => rankOf(a) - rankOf(b))
      .slice(0, MOST_COLORS)
      .map(({ arm }) => arm.hash),
  );
}

function factsOf({ sweep, trials, counts, arms, made }: ReportModel): SweepFacts {
  return {
    name: sweep.name,
    status: sweep.status,
    trials,
    succeeded: counts.succeeded,
    arms: arms.length,
    replicates: made.spec.replicates,
    seed: made.spec.seed,
    dataDigest: digestsOf({ made })[0] ?? null,
  };
}

/** Notes that are about how a sweep is told in a page of its own. */
const OWN: ReadonlySet<Note['code']> = new Set(['chosen', 'details', 'error-bars']);

/** Those of the sweeps, with their names, and that they ran in different environments. */
function notesOf(models: readonly ReportModel[]): Note[] {
  const own = models.flatMap(({ sweep, notes }) =>
    notes
      .filter(({ code }) => !OWN.has(code))
      .map(({ code, text }): Note => ({ code, text: `${sweep.name}: ${text}` })),
  );
  const environments = new Set(
    models.flatMap(({ made }) =>
      made.environments.map((one) => JSON.stringify({ ...one, trials: null, hosts: null })),
    ),
  );
  if (environments.size < 2) return own;
  const text = `The sweeps ran in ${environments.size} environments: what differs between them may be that.`;
  return [...own, { code: 'environments', text }];
}

const digestsOf = ({ made }: Pick<ReportModel, 'made'>): string[] =>
  [...new Set(made.environments.flatMap(({ dataDigest }) => dataDigest ?? []))].sort();

/**
 * Why sweeps cannot be compared: what has to be equal and is not.
 * @returns with each sweep's own in words; empty where they can be
 */
export function differingSubjects(models: readonly ReportModel[]): string[] {
  const subjects: readonly (readonly [string, (model: ReportModel) => string | null])[] = [
    ['data set', datasetOf],
    ['data digest', (model) => digestsOf(model).join(', ') || null],
    ['metric', ({ score }) => score.name],
    ['objective', ({ objective }) => objective.metric],
    ['direction', ({ objective }) => objective.direction],
    [
      'axis',
      ({ sizes, arms }) =>
        arms.every(({ points, sizeless }) => points.length === 0 && sizeless === null)
          ? null
          : sizes.length > 0
            ? 'samples per class'
            : 'no sizes',
    ],
  ];
  return subjects.flatMap(([name, of]) => {
    const told = models.flatMap((model) => {
      const value = of(model);
      return value === null ? [] : [{ value, sweep: model.sweep.name }];
    });
    if (told.every(({ value }) => value === told[0]!.value)) return [];
    return [`${name}: ${listed(told.map(({ value, sweep }) => `${value} in ${sweep}`))}`];
  });
}

/** Null for a program, whose data nobody here knows. */
function datasetOf({ made: { spec } }: ReportModel): string | null {
  if (spec.trainable.kind !== 'builtin') return null;
  const { dataset } = spec;
  return typeof dataset === 'string'
    ? dataset
    : `${dataset.name} (${counted(dataset.classes.length, 'class', 'classes')}, SHA-256 ${dataset.digest.slice(0, 12)}…)`;
}
