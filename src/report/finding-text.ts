/** What is found of arms beside each other, in sentences. Pure. */
import type { BestOf, Comparison } from '../curves/index.js';
import type { ClusterReport, ComparisonReport, CrossingReport } from './finding-types.js';
import {
  between,
  count,
  counted,
  decimal,
  listed,
  percent,
  probability,
  signed,
  signedBetween,
} from './format.js';
import type { ArmReport, Note, ReportModel } from './types.js';

/** More of a kind are left to report.json. */
const MOST_SENTENCES = 5;

type Labels = (hash: string) => string;

export function labelsOf({ arms }: Pick<ReportModel, 'arms'>): Labels {
  const labels = new Map(arms.map(({ hash, label }) => [hash, label]));
  return (hash) => labels.get(hash) ?? hash;
}

/** What the best arm is worth where it was chosen, and where it was not. */
export function bestOfText(
  best: BestOf,
  { score, confidence }: Pick<ReportModel, 'score' | 'confidence'>,
  label: Labels,
): string {
  const { arms, plain, honest, chosen, replicates, leftOut } = best;
  const interval = between(honest);
  const names = chosen
    .slice(0, MOST_SENTENCES)
    .map(({ arm, times }) => `${label(arm)} ${times === 1 ? 'once' : `${count(times)} times`}`);
  const more = chosen.length - names.length;
  const others = more > 0 ? [...names, counted(more, 'other arm')] : names;
  const missing = leftOut === 0 ? '' : ` Left out: ${counted(leftOut, 'replicate')} that not all arms have.`;
  return `What the best of ${counted(arms, 'arm')} is worth: chosen on all ${counted(replicates, 'replicate')}, ${label(plain.arm)} has a mean ${score.name} of ${decimal(plain.score)} there; chosen on all but one and scored on that one, each in turn, the best has ${decimal(honest.score)} (${percent(confidence)} ${interval}). Chosen so: ${listed(others)}.${missing}`;
}

/** `equivalent within 0.01`. */
export const verdictText = (verdict: NonNullable<Comparison['verdict']>, margin: number): string =>
  verdict === 'equivalent' ? `equivalent within ${margin}` : verdict;

/**
 * One sentence: the leading arm beside the runner-up, and what would decide which is better; nothing where they are not tested.
 * @param isOther which arms the leading one may stand beside, the best of these; left out for any
 */
export function leadSentence(
  model: Pick<ReportModel, 'arms' | 'comparisons' | 'confidence'>,
  isOther: (arm: ArmReport, leader: ArmReport) => boolean = () => true,
): string[] {
  const { arms, comparisons, confidence } = model;
  const ranked = arms.filter(({ rank }) => rank !== null).sort((a, b) => a.rank! - b.rank!);
  const [leader] = ranked;
  const second = ranked.slice(1).find((arm) => isOther(arm, leader!));
  const pair = comparisons?.pairs.find(({ a, b }) =>
    [a, b].every((arm) => arm === leader?.hash || arm === second?.hash),
  );
  const { difference = null, lo = null, hi = null, verdict = null } = pair ?? {};
  if (!comparisons || !pair || !leader || !second) return [];
  if (difference === null || lo === null || hi === null || verdict === null) return [];
  const isAhead = difference === 0 || (pair.a === leader.hash) === difference > 0;
  const told = difference < 0 ? { value: -difference, lo: -hi, hi: -lo } : { value: difference, lo, hi };
  const who = second.rank === 2 ? 'the runner-up' : 'the best of the others';
  const figures = `${percent(confidence)} ${signedBetween(told)}; p ${probability(pair.adjusted)}`;
  const judged =
    verdict === 'undecided'
      ? ['undecided', ...decidingText(pair)].join('; ')
      : `the two are ${verdictText(verdict, comparisons.margin)}`;
  return [
    `${leader.label} is ${isAhead ? 'ahead of' : 'behind'} ${who}, ${second.label}, by ${signed(told.value)} (${figures})${whereText(comparisons)}: ${judged}.`,
  ];
}

const whereText = ({ n }: ComparisonReport): string =>
  n === null ? '' : n === 'mean' ? ' over all sizes' : ` with ${count(n)} samples per class`;

/** What would decide between two arms. */
const decidingText = ({ replicatesNeeded, smallestMargin }: Comparison): string[] => [
  ...(replicatesNeeded === null ? [] : [`about ${counted(replicatesNeeded, 'replicate')} would tell`]),
  ...(smallestMargin === null
    ? []
    : [`the smallest margin that these data can show is ${decimal(smallestMargin)}`]),
];

/** A sentence a crossing. */
export function crossingTexts(
  crossings: readonly CrossingReport[],
  label: Labels,
  confidence: number,
): string[] {
  const texts = crossings.slice(0, MOST_SENTENCES).map(({ before, after, from, to, sizes }) => {
    const band = `${percent(confidence)} for ${counted(sizes, 'size')} together`;
    return `Curves cross: ${label(before)} is ahead with ${count(from)} samples per class, ${label(after)} with ${count(to)} (${band}).`;
  });
  const more = crossings.length - texts.length;
  return more > 0 ? [...texts, `${counted(more, 'more crossing')}: report.json has all.`] : texts;
}

/** Arms of which some trials trained and the others did not. */
export function clusterNotes({
  clusters,
  arms,
  score,
}: Pick<ReportModel, 'clusters' | 'arms' | 'score'>): Note[] {
  if (clusters.length === 0) return [];
  const label = labelsOf({ arms });
  const text = ({ arm, n, trained, of, mean }: ClusterReport): string =>
    `of ${label(arm)} with ${count(n)} samples per class ${count(trained)} of ${count(of)} (mean ${score.name} of these ${decimal(mean)})`;
  const shown = clusters.slice(0, MOST_SENTENCES).map(text);
  const more = clusters.length - shown.length;
  const parts = more > 0 ? [...shown, `${count(more)} more in report.json`] : shown;
  return [
    {
      code: 'clusters',
      text: `Some trials trained and the others of their arm and size stayed at chance: ${listed(parts)}. A mean of both and its interval tell of neither.`,
    },
  ];
}
