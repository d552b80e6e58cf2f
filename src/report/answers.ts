/** The sentences on top of a report: what the sweep found, in words, each figure with its interval. Pure. */
import { between, count, counted, decimal, halfWidth } from './format.js';
import { armCount } from './arm-names.js';
import { confirmedText } from './confirmed.js';
import { elbowSentences } from './elbow-words.js';
import { doublingSentence, targetSentence } from './forecasts.js';
import type { ArmSummary, ReportSummary } from './types.js';

type Draft = Omit<ReportSummary, 'answers' | 'notes'>;

/** Of more arms only the best one's curve is told. */
export const MOST_TOLD = 3;

/**
 * Most important first.
 * @param lead the leading arm beside the runner-up, where arms are compared
 */
export function answersOf(model: Draft, lead: readonly string[] = []): string[] {
  const ranked = model.arms.filter((arm) => arm.rank !== null).sort((a, b) => a.rank! - b.rank!);
  const best = ranked[0];
  if (best === undefined) return [withoutResults(model)];
  const told = armCount(model) > MOST_TOLD ? [best] : ranked;
  return [
    armCount(model) === 1 ? onlyArm(model, best) : bestArm(model, best),
    ...lead,
    ...confirmedSentences(model),
    ...elbowSentences(model, told),
    ...doublingSentence(model, best),
    ...targetSentence(model, told, ranked),
  ];
}

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

const confirmedSentences = ({ arms, confirmed, score }: Draft): string[] =>
  confirmed.flatMap((one) => {
    const label = arms.find(({ hash }) => hash === one.arm)?.label;
    return label === undefined ? [] : [confirmedText(one, score.name, label)];
  });

const samples = (n: number): string => `${count(n)} samples per class`;

/** A mean with what is known of it. */
export function meanText({ mean, pooled, elsewhere, replicates }: ArmSummary['points'][number]): string {
  const repeated = counted(replicates, 'replicate');
  if (pooled === null) return `${decimal(mean)} (${repeated}, so no interval)`;
  const others = elsewhere === null ? '' : `; on new images ${between(elsewhere)}`;
  return `${decimal(mean)} (95 % interval ${between(pooled)}${others}; ${repeated})`;
}

function sizelessText(arm: ArmSummary): string {
  if (arm.sizeless === null) return 'nothing';
  const half = halfWidth(arm.sizeless.interval);
  const trials = counted(arm.sizeless.count, 'trial');
  return `${decimal(arm.sizeless.mean)}${half === null ? '' : ` ± ${decimal(half)}`} (${trials})`;
}
