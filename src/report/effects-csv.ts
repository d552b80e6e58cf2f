/** Effects of settings for other programs. */
import { stringify } from 'csv-stringify/sync';
import type { Effect } from '../curves/index.js';
import type { ReportModel } from './types.js';

const COLUMNS = [
  'sweep',
  'samples_per_class',
  'replicates',
  'kind',
  'setting',
  'value',
  'other_setting',
  'other_value',
  'effect',
  'ci_low',
  'ci_high',
  'p',
  'p_holm',
] as const;

/**
 * One row an effect: `main` of each value (its mean minus that over everything), `interaction` of every two values of two
 * settings. Intervals are of each alone. The header alone where effects cannot be said.
 */
export function effectsCsv({ sweep, effects }: ReportModel): string {
  const found = effects?.found;
  const figures = (effect: Effect) => ({
    effect: effect.value,
    ci_low: effect.interval?.lo ?? null,
    ci_high: effect.interval?.hi ?? null,
    p: effect.p,
    p_holm: effect.adjusted,
  });
  const main = (found?.main.settings ?? []).flatMap(({ setting, levels }) =>
    levels.map((one) => ({ kind: 'main', setting, value: String(one.level), ...figures(one) })),
  );
  const together = (found?.interactions?.pairs ?? []).flatMap(({ settings, cells }) =>
    cells.map((one) => ({
      kind: 'interaction',
      setting: settings[0],
      value: String(one.levels[0]),
      other_setting: settings[1],
      other_value: String(one.levels[1]),
      ...figures(one),
    })),
  );
  const rows = [...main, ...together].map((row) => ({
    sweep: sweep.name,
    samples_per_class: effects?.n ?? null,
    replicates: found?.replicates ?? null,
    ...row,
  }));
  return stringify(rows, { header: true, columns: [...COLUMNS] });
}
