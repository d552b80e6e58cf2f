/** Which arms are best, from scores alone: what is read, fitted and coloured depends on it. Pure. */
import { meanOrNull, type Observation } from '../curves/index.js';
import { groupBy } from '../group-by.js';
import { datasetFacts } from '../spec/index.js';
import type { SweepSpec } from '../spec/types.js';
import type { TrialFigures } from '../storage/storage.js';
import type { Answers } from './agreement.js';
import type { ReportModel, SummaryInput } from './types.js';

/** More arms than this cannot be told apart by colour; then only the best get one. */
export const MOST_COLORS = 7;
const HIGHLIGHTED_OF_MANY = 6;

/** A trial that succeeded, with what a curve shows of it; finite. */
export interface Scored {
  readonly figures: TrialFigures;
  readonly score: number;
}

export interface Ranks {
  /** What scores are. */
  readonly score: ReportModel['score'];
  readonly scored: readonly Scored[];
  /** By arm. */
  readonly scoredOf: ReadonlyMap<string, readonly Scored[]>;
  /** Mean of each arm at the largest size that any arm has results for; null without results there. */
  readonly objectives: ReadonlyMap<string, number | null>;
  /** 1 is the best; equal ones in the order of the arms. Those without results there have none. */
  readonly ranks: ReadonlyMap<string, number>;
}

type Input = Pick<SummaryInput, 'sweep' | 'arms' | 'figures'>;

export function rankArms({ sweep: { spec }, arms, figures }: Input): Ranks {
  const succeeded = figures.filter(({ status }) => status === 'succeeded');
  // A program may tell its test accuracy: where all trials did, the curve is of that, and else of what all have told.
  const isAccuracy =
    spec.trainable.kind === 'builtin' ||
    (succeeded.length > 0 && succeeded.every(({ testAccuracy }) => testAccuracy !== null));
  const scored = succeeded.flatMap((one): Scored[] => {
    // Test accuracy, or the objective where there is none.
    const score = isAccuracy ? (one.testAccuracy ?? one.objective) : one.objective;
    return score !== null && Number.isFinite(score) ? [{ figures: one, score }] : [];
  });
  const scoredOf = groupBy(scored, ({ figures: { armHash } }) => armHash);
  const objectives = objectivesOf(spec, arms, scored, scoredOf);
  const sign = spec.objective.direction === 'maximize' ? -1 : 1;
  const known = [...objectives].flatMap(([hash, value]) => (value === null ? [] : [{ hash, value }]));
  known.sort((a, b) => sign * (a.value - b.value));
  const ranks = new Map(known.map(({ hash }, i) => [hash, i + 1]));
  const score: Ranks['score'] = isAccuracy
    ? { name: 'test accuracy', isAccuracy, direction: 'maximize' }
    : { name: spec.objective.metric, isAccuracy, direction: spec.objective.direction };
  return { score, scored, scoredOf, objectives, ranks };
}

function objectivesOf(
  spec: SweepSpec,
  arms: Input['arms'],
  scored: readonly Scored[],
  scoredOf: Ranks['scoredOf'],
): Ranks['objectives'] {
  const axisOf = ({ figures }: Scored): number => sizeOf(spec, figures.samplesPerClass) ?? 0;
  const largest = scored.reduce((most, one) => Math.max(most, axisOf(one)), -Infinity);
  return new Map(
    arms.map(({ armHash }) => {
      const own = (scoredOf.get(armHash) ?? []).filter((one) => axisOf(one) === largest);
      return [armHash, meanOrNull(own.flatMap(({ figures: { objective } }) => objective ?? []))];
    }),
  );
}

/** The size of a trial on the axis: all images count as the largest size, or as the mean of classes not balanced. */
export function sizeOf(spec: SweepSpec, samplesPerClass: number | null): number | null {
  if (samplesPerClass !== null || spec.trainable.kind !== 'builtin') return samplesPerClass;
  return datasetFacts(spec.dataset)?.allSize ?? null;
}

/** Scores of trials that have a size. */
export const observationsOf = (spec: SweepSpec, scored: readonly Scored[]): Observation[] =>
  scored.flatMap(({ figures: { armHash: arm, samplesPerClass, replicate }, score }) => {
    const n = sizeOf(spec, samplesPerClass);
    return n === null ? [] : [{ arm, n, replicate, score }];
  });

/** Of those whose answers are known. @param bits by trial */
export const imageAnswers = (
  spec: SweepSpec,
  own: readonly Scored[],
  bits: ReadonlyMap<number, Uint8Array>,
): Answers[] =>
  own.flatMap(({ figures }) => {
    const [n, correct] = [sizeOf(spec, figures.samplesPerClass), bits.get(figures.trial)];
    return n === null || correct === undefined ? [] : [{ n, correct }];
  });

/** Whether plots give an arm a colour. @param arms of the sweep */
export const isHighlighted = (arms: number, rank: number | null): boolean =>
  arms <= MOST_COLORS || (rank !== null && rank <= HIGHLIGHTED_OF_MANY);

/** The arm that is best by the objective, and the largest size that has results; null where none has any. */
export function bestArm(
  input: Input,
): { readonly arm: string; readonly samplesPerClass: number | null } | null {
  const { ranks, scored } = rankArms(input);
  const [arm] = ranks.keys();
  if (arm === undefined) return null;
  const axisOf = ({ figures }: Scored): number => sizeOf(input.sweep.spec, figures.samplesPerClass) ?? 0;
  const largest = scored.reduce((most, one) => (axisOf(one) > axisOf(most) ? one : most));
  return { arm, samplesPerClass: largest.figures.samplesPerClass };
}

/** The arms that have a curve to be fitted, where there is more than one size. @returns hashes, best first */
export function armsToFit(input: Input, most: number): string[] {
  const { ranks, scored } = rankArms(input);
  const sizes = new Set(
    scored.flatMap(({ figures }) => sizeOf(input.sweep.spec, figures.samplesPerClass) ?? []),
  );
  return sizes.size < 2 ? [] : [...ranks.keys()].slice(0, most);
}
