/** What is found of arms beside each other, in sentences. Pure. */
import type { BestOf } from '../curves/index.js';
import type { ClusterReport, CrossingReport } from './finding-types.js';
import { between, count, counted, decimal, listed, percent } from './format.js';
import type { Note, ReportModel } from './types.js';

/** More of a kind are left to report.json. */
const MOST_SENTENCES = 5;

type Labels = (hash: string) => string;

export function labelsOf({ arms }: Pick<ReportModel, 'arms'>): Labels {
  const labels = new Map(arms.map(({ hash, label }) => [hash, label]));
  return (hash) => labels.get(hash) ?? hash;
}

/** That the best arm flatters, and by how much. */
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
  return `The best of ${counted(arms, 'arm')} flatters: ${label(plain.arm)}, chosen on all ${counted(replicates, 'replicate')}, has a mean ${score.name} of ${decimal(plain.score)} there; chosen on all but one and scored on that one, each in turn, the best has ${decimal(honest.score)} (${percent(confidence)} ${interval}). Chosen so: ${listed(others)}.${missing}`;
}

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
