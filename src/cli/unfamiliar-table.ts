/** Accuracies on unfamiliar pictures, out of a trial's metrics. Pure. */
import { SEVERITIES, WAYS } from '../augmentation/index.js';
import { figureText, tableLines } from './text.js';

const PREFIX = 'unfamiliar_';

type Metrics = Readonly<Record<string, number>>;

/** All other metrics. */
export const familiarMetrics = (metrics: Metrics): [string, number][] =>
  Object.entries(metrics).filter(([name]) => !name.startsWith(PREFIX));

/**
 * A row for each way with its mean and the five severities, and one for all; no line where a trial has none of them.
 * @param header applied to the header once it is padded
 */
export function unfamiliarLines(metrics: Metrics, header: (text: string) => string): string[] {
  const valueOf = (name: string): number | null => metrics[`${PREFIX}${name}accuracy`] ?? null;
  if (valueOf('') === null) return [];
  const rows = WAYS.filter((way) => valueOf(`${way}_`) !== null).map((way) => [
    way,
    figureText(valueOf(`${way}_`)),
    ...SEVERITIES.map((severity) => figureText(valueOf(`${way}_${severity}_`))),
  ]);
  const columns = [
    { title: 'unfamiliar pictures' },
    { title: 'accuracy', right: true },
    ...SEVERITIES.map((severity) => ({ title: `severity ${severity}`, right: true })),
  ];
  return tableLines(columns, [...rows, ['all', figureText(valueOf(''))]], { header });
}
