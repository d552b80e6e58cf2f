/** The sentences on top of a report: what the sweep found, in words. Pure. */
import type { Elbow } from '../curves/index.js';
import { count, counted, decimal, halfWidth, listed, rounded, signed } from './format.js';
import type { ArmSummary, ReportModel, ReportSummary } from './types.js';

type Draft = Omit<ReportSummary, 'answers' | 'notes'>;

/** Most important first. */
export function answersOf(model: Draft): string[] {
  const ranked = model.arms.filter((arm) => arm.rank !== null).sort((a, b) => a.rank! - b.rank!);
  const best = ranked[0];
  if (best === undefined) return [withoutResults(model)];
  const answers = [armsOf(model) === 1 ? onlyArm(model, best) : bestArm(model, best)];
  const withCurves = ranked.filter((arm) => arm.elbow !== null);
  if (withCurves.length === 1) answers.push(elbowSentence(model, withCurves[0]!.elbow!));
  else if (withCurves.length > 1) answers.push(elbowsOfMany(model, withCurves));
  const withSizes = ranked.filter((arm) => arm.points.length > 0);
  if (model.target !== null && withSizes.length > 0) answers.push(targetSentence(model, withSizes));
  return answers;
}

const armsOf = ({ arms, ofArms }: Draft): number => ofArms ?? arms.length;

function withoutResults({ counts, trials }: Draft): string {
  if (trials === 0) return 'Nothing has been planned yet, so there is nothing to report.';
  const open = counts.queued + counts.running;
  if (open > 0)
    return `No trial has succeeded yet; ${counted(open, 'trial')} of ${count(trials)} have not ended.`;
  return `None of the ${counted(trials, 'trial')} succeeded, so there is no curve; the failures below say why.`;
}

function onlyArm(model: Draft, arm: ArmSummary): string {
  const last = arm.points.at(-1);
  if (last !== undefined) {
    return `With ${samples(last.n)}, ${arm.label} reaches a mean ${model.score.name} of ${meanText(last)}.`;
  }
  return `${arm.label} reaches a mean ${model.score.name} of ${sizelessText(arm)}.`;
}

function bestArm(model: Draft, arm: ArmSummary): string {
  const { metric, direction } = model.made.spec.objective;
  const ranked = model.ofArms ?? model.arms.filter((one) => one.rank !== null).length;
  const superlative = direction === 'maximize' ? 'highest' : 'lowest';
  const words = metric.replace(/^val_/, 'validation ').replaceAll('_', ' ');
  const objective = arm.objective === null ? '' : ` (${decimal(arm.objective)})`;
  const last = arm.points.at(-1);
  const at = last === undefined ? '' : `With ${samples(last.n)}, `;
  const who = `${arm.label} has the ${superlative} mean ${words} of ${counted(ranked, 'arm')}${objective}`;
  if (!model.score.isAccuracy) return `${at}${who}.`;
  return last === undefined ? `${who}.` : `${at}${who}; its mean test accuracy is ${meanText(last)}.`;
}

const samples = (n: number): string => `${count(n)} samples per class`;

function meanText(point: ArmSummary['points'][number]): string {
  const half = halfWidth(point.pooled);
  const replicates = counted(point.replicates, 'replicate');
  return half === null
    ? `${decimal(point.mean)} (${replicates}, so no error bar)`
    : `${decimal(point.mean)} ± ${decimal(half)} (95 % interval, ${replicates})`;
}

function sizelessText(arm: ArmSummary): string {
  if (arm.sizeless === null) return 'nothing';
  const half = halfWidth(arm.sizeless.interval);
  const trials = counted(arm.sizeless.count, 'trial');
  return `${decimal(arm.sizeless.mean)}${half === null ? '' : ` ± ${decimal(half)}`} (${trials})`;
}

/** What an elbow's state means, in one sentence. */
export function elbowSentence(model: Pick<ReportModel, 'sizes' | 'delta'>, elbow: Elbow): string {
  const largest = model.sizes.at(-1) ?? 0;
  const gain = elbow.lastGain;
  const gainText =
    gain === null
      ? ''
      : `${signed(gain.value)}${gain.interval === null ? '' : ` (${signed(gain.interval.lo)} to ${signed(gain.interval.hi)})`}`;
  const doubling = `doubling from ${count(largest / 2)} to ${samples(largest)}`;
  switch (elbow.state) {
    case 'not-reached':
      return `Elbow not reached: the last ${doubling} still brings ${gainText}, not below δ = ${model.delta}. More data should help. ${PRELIMINARY}`;
    case 'reached':
      return `Elbow at about ${rounded(elbow.n ?? 0)} samples per class: from there on, every doubling up to ${count(largest)} brings less than δ = ${model.delta}; the last one ${gainText}. ${PRELIMINARY}`;
    case 'from-the-start':
      return `Past the elbow from the start: no doubling from ${count(elbow.n ?? 0)} to ${samples(largest)} brings δ = ${model.delta}; the last one ${gainText}. ${PRELIMINARY}`;
    case 'undecided':
      return `Elbow undecided: the last ${doubling} brings ${gainText}, which may be more or less than δ = ${model.delta}; more replicates would tell. By the means alone it is ${byMeans(elbow)}. ${PRELIMINARY}`;
    case 'cannot-be-said':
      return 'Where the elbow is cannot be said: that takes two sizes at least a factor of 2 apart.';
  }
}

const PRELIMINARY = 'Preliminary: read from the means, not from a fitted curve.';

/** The elbow of the means in a few words. */
export function byMeans({ byMeans: { state, n } }: Elbow): string {
  switch (state) {
    case 'reached':
      return `at about ${rounded(n ?? 0)}`;
    case 'from-the-start':
      return `before ${rounded(n ?? 0)}`;
    case 'not-reached':
      return 'not reached';
    case 'cannot-be-said':
      return 'not to be said';
  }
}

const allArms = (arms: number): string => (arms === 2 ? 'both arms' : `all ${count(arms)} arms`);

/** `the best 20 arms`, where a sweep has so many that only these were looked at; else nothing. */
const theBest = ({ arms, ofArms }: Draft): string | null =>
  ofArms === undefined ? null : `the best ${counted(arms.length, 'arm')}`;

function elbowsOfMany(model: Draft, arms: readonly ArmSummary[]): string {
  const words = {
    reached: 'reached',
    'from-the-start': 'past it from the start',
    'not-reached': 'not reached',
    undecided: 'undecided',
    'cannot-be-said': 'not to be said',
  } as const;
  const parts = Object.entries(words).flatMap(([state, text]) => {
    const own = arms.filter((arm) => arm.elbow?.state === state);
    if (own.length === 0) return [];
    const names =
      own.length <= 2 && arms.length > own.length ? ` (${listed(own.map((arm) => arm.label))})` : '';
    const many = own.length < arms.length ? counted(own.length, 'arm') : allArms(own.length);
    return [`${text} in ${many}${names}`];
  });
  const best = theBest(model);
  return `Elbow${best === null ? '' : ` of ${best}`}, with δ = ${model.delta}: ${listed(parts)}. ${PRELIMINARY}`;
}

function targetSentence(model: Draft, arms: readonly ArmSummary[]): string {
  const target = String(model.target);
  const reaching = arms.filter((arm) => arm.targetAt !== null).sort((a, b) => a.targetAt! - b.targetAt!);
  const first = reaching[0];
  const looked = theBest(model);
  if (first !== undefined) {
    const who = armsOf(model) === 1 ? '' : ` by ${first.label}`;
    const among = looked === null ? '' : `Of ${looked}: `;
    const sentence = `${among}the target of ${target} is first reached${who} with ${samples(first.targetAt!)}.`;
    return sentence.replace(/^t/, 'T');
  }
  const means = arms.flatMap((arm) => arm.points.map((point) => point.mean));
  const best = means.reduce((most, mean) => Math.max(most, mean), -Infinity);
  return `The target of ${target} is not reached${looked === null ? '' : ` by ${looked}`}; the highest mean is ${decimal(best)}.`;
}
