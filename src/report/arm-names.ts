/** How many arms there are, what they have in common, and how tables and charts call them. Pure. */
import type { ArmReport, ReportSummary } from './types.js';

/** Of the sweep, also where the best of them alone are looked at. */
export const armCount = ({ arms, ofArms }: Pick<ReportSummary, 'arms' | 'ofArms'>): number =>
  ofArms ?? arms.length;

/** What a metric is called in sentences. */
export const metricWords = (metric: string): string =>
  metric.replace(/^val_/, 'validation ').replaceAll('_', ' ');

/** What arms are ranked by, where sentences say it in passing. */
export const rankedBy = ({ objective, score }: Pick<ReportSummary, 'objective' | 'score'>): string =>
  objective.metric === score.name ? score.name : 'the objective';

/** Sizes that all of some arms have, ascending. */
export function commonSizes(arms: readonly Pick<ArmReport, 'points'>[]): number[] {
  const [first, ...others] = arms.map(({ points }) => points.map(({ n }) => n));
  return (first ?? []).filter((n) => others.every((own) => own.includes(n)));
}

/** Settings in which arms differ, in the order in which labels name them. */
export function varyingParams(arms: readonly ArmReport[]): string[] {
  const [first] = arms;
  if (first === undefined) return [];
  const varying = Object.keys(first.params).filter((name) =>
    arms.some((arm) => arm.params[name] !== first.params[name]),
  );
  const place = (name: string): number => first.label.indexOf(`${name}=`);
  return varying.sort((a, b) => place(a) - place(b));
}

/** Whether arms have names in the sweep file: then they are known by them. */
export const areNamed = (arms: readonly ArmReport[]): boolean =>
  arms.some((arm) => !arm.label.split(' ')[0]!.includes('='));

/** Labels name settings as `name=value`; a dash where that setting is all that a label names. */
export const labelWithout = (label: string, apart: string | null): string =>
  label
    .split(' ')
    .filter((part) => apart === null || !part.startsWith(`${apart}=`))
    .join(' ') || '–';
