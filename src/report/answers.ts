/** The sentences on top of a report: what the sweep found, in words, each figure with its interval. Pure. */
import { between, count, counted, decimal, halfWidth, percent } from './format.js';
import { armCount, metricWords } from './arm-names.js';
import { confirmedText } from './confirmed.js';
import { elbowSentences } from './elbow-words.js';
import { doublingSentence, targetSentence } from './forecasts.js';
import type { ArmSummary, ReportSummary } from './types.js';

type Draft = Omit<ReportSummary, 'answers' | 'notes' | 'made'>;
/** What sentences about curves are made of. */
type Curves = Pick<
  ReportSummary,
  'arms' | 'ofArms' | 'score' | 'objective' | 'classCount' | 'confidence' | 'delta' | 'target'
>;

/** Of more arms only the best one's curve is told. */
export const MOST_TOLD = 3;

/**
 * Most important first.
 * @param lead the leading arm beside the runner-up, where arms are compared
 */
export function answersOf(model: Draft, lead: readonly string[] = []): string[] {
  const answers = curveAnswers(model, [...lead, ...confirmedSentences(model)]);
  return answers.length === 0 ? [withoutResults(model)] : answers;
}

/**
 * Those about curves, and none without a ranked arm.
 * @param besides what is told of the best arm before its curve
 * @param n the size at which arms were ranked; left out for the best arm's largest
 */
export function curveAnswers(model: Curves, besides: readonly string[], n?: number): string[] {
  const ranked = model.arms.filter((arm) => arm.rank !== null).sort((a, b) => a.rank! - b.rank!);
  const best = ranked[0];
  if (best === undefined) return [];
  const told = armCount(model) > MOST_TOLD ? [best] : ranked;
  const point = n === undefined ? best.points.at(-1) : best.points.find((one) => one.n === n);
  return [
    armCount(model) === 1 ? onlyArm(model, best, point) : bestArm(model, best, point),
    ...besides,
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

function onlyArm(model: Curves, arm: ArmSummary, point: Point | undefined): string {
  if (point !== undefined) {
    const mean = meanText(point, model.confidence);
    return `With ${samples(point.n)}, ${arm.label} reaches a mean ${model.score.name} of ${mean}.`;
  }
  return `${arm.label} reaches a mean ${model.score.name} of ${sizelessText(arm)}.`;
}

type Point = ArmSummary['points'][number];

function bestArm(model: Curves, arm: ArmSummary, point: Point | undefined): string {
  const { metric, direction } = model.objective;
  const ranked = model.ofArms ?? model.arms.filter((one) => one.rank !== null).length;
  const superlative = direction === 'maximize' ? 'highest' : 'lowest';
  const objective = arm.objective === null ? '' : ` (${decimal(arm.objective)})`;
  const at = point === undefined ? '' : `With ${samples(point.n)}, `;
  const who = `${at}${arm.label} has the ${superlative} mean ${metricWords(metric)} of ${counted(ranked, 'arm')}`;
  if (point === undefined) return `${who}${objective}.`;
  const mean = meanText(point, model.confidence);
  return model.score.isAccuracy
    ? `${who}${objective}; its mean test accuracy is ${mean}.`
    : `${who}: ${mean}.`;
}

const confirmedSentences = ({ arms, confirmed, score, confidence }: Draft): string[] =>
  confirmed.flatMap((one) => {
    const label = arms.find(({ hash }) => hash === one.arm)?.label;
    return label === undefined ? [] : [confirmedText(one, { score, confidence }, label)];
  });

const samples = (n: number): string => `${count(n)} samples per class`;

/** A mean with what is known of it. */
function meanText({ mean, pooled, elsewhere, replicates }: Point, confidence: number): string {
  const repeated = counted(replicates, 'replicate');
  if (pooled === null) return `${decimal(mean)} (${repeated}, so no interval)`;
  const others = elsewhere === null ? '' : `; on new images ${between(elsewhere)}`;
  return `${decimal(mean)} (${percent(confidence)} interval ${between(pooled)}${others}; ${repeated})`;
}

function sizelessText(arm: ArmSummary): string {
  if (arm.sizeless === null) return 'nothing';
  const half = halfWidth(arm.sizeless.interval);
  const trials = counted(arm.sizeless.count, 'trial');
  return `${decimal(arm.sizeless.mean)}${half === null ? '' : ` ± ${decimal(half)}`} (${trials})`;
}
