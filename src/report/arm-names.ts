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

type Named = Pick<ArmReport, 'label' | 'params'>;

/** All settings that some arm has, in the order in which labels name them; those that none names come first. */
export function settingNames(arms: readonly Named[]): string[] {
  const names = new Set(arms.flatMap(({ params }) => Object.keys(params)));
  const labels = arms.map(({ label }) => ` ${label}`);
  const places = new Map(
    [...names].map((name) => {
      const named = ` ${name}=`;
      return [name, labels.find((label) => label.includes(named))?.indexOf(named) ?? -1];
    }),
  );
  return [...names].sort((a, b) => places.get(a)! - places.get(b)!);
}

/** Settings in which arms differ, in the order in which labels name them; one that some arms lack is one, too. */
export const varyingParams = (arms: readonly Named[]): string[] =>
  settingNames(arms).filter((name) => arms.some(({ params }) => params[name] !== arms[0]!.params[name]));

/** What legends and tables add to these. */
export const SURVIVORS_ONLY = 'survivors only';

/** A label that says where an arm's scores are those of survivors. */
export const markedLabel = ({ label, isSurvivorsOnly }: ArmReport): string =>
  isSurvivorsOnly ? `${label} (${SURVIVORS_ONLY})` : label;

/** Whether arms have names in the sweep file: then they are known by them. */
export const areNamed = (arms: readonly ArmReport[]): boolean =>
  arms.some((arm) => !arm.label.split(' ')[0]!.includes('='));

/** Labels name settings as `name=value`; a dash where that setting is all that a label names. */
export const labelWithout = (label: string, apart: string | null): string =>
  label
    .split(' ')
    .filter((part) => apart === null || !part.startsWith(`${apart}=`))
    .join(' ') || '–';
