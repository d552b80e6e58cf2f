/** How many arms there are, and how tables and charts call them. Pure. */
import type { ArmReport, ReportModel, ReportSummary } from './types.js';

/** Of the sweep, also where the best of them alone are looked at. */
export const armCount = ({ arms, ofArms }: Pick<ReportSummary, 'arms' | 'ofArms'>): number =>
  ofArms ?? arms.length;

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

/** Arms of which trials were pruned: their scores are those of survivors. @returns hashes */
export const survivingArms = ({ trialReports }: Pick<ReportModel, 'trialReports'>): ReadonlySet<string> =>
  new Set(trialReports.flatMap(({ status, armHash }) => (status === 'pruned' ? [armHash] : [])));

/** What legends and tables add to these. */
export const SURVIVORS_ONLY = 'survivors only';

/** A label that says where an arm's scores are those of survivors. */
export const markedLabel = (model: Pick<ReportModel, 'trialReports'>, { hash, label }: ArmReport): string =>
  survivingArms(model).has(hash) ? `${label} (${SURVIVORS_ONLY})` : label;

/** Whether arms have names in the sweep file: then they are known by them. */
export const areNamed = (arms: readonly ArmReport[]): boolean =>
  arms.some((arm) => !arm.label.split(' ')[0]!.includes('='));

/** Labels name settings as `name=value`; a dash where that setting is all that a label names. */
export const labelWithout = (label: string, apart: string | null): string =>
  label
    .split(' ')
    .filter((part) => apart === null || !part.startsWith(`${apart}=`))
    .join(' ') || '–';
