/** Tables of a report for other programs. Columns are called as in the database's views. */
import { stringify } from 'csv-stringify/sync';
import type { CurvesModel } from './curves-types.js';
import type { ArmReport, Quickness, ReportModel, TrialReport } from './types.js';

/** Rows of one part. */
const PART = 1_000;

/** One row a trial, in parts; settings as `param_NAME`, metrics as `metric_NAME`. */
export function* trialsCsv(model: ReportModel): Generator<string> {
  const columns = trialColumns(model);
  // Settings are half of the columns, and the same for all trials of an arm.
  const settings = namesIn(model.arms.map(({ params }) => params));
  const settingsOf = new Map(
    model.arms.map(({ hash, params }) => [
      hash,
      settings.map((name) => csvCell(cell(params[name] ?? null))).join(','),
    ]),
  );
  const line = (first: readonly string[], middle: readonly string[], last: readonly string[]): string =>
    `${[...first, ...middle, ...last].join(',')}\n`;
  const names = (own: readonly Column[]): string[] => own.map(({ name }) => csvCell(name));
  yield line(
    names(columns.before),
    settings.map((name) => csvCell(`param_${name}`)),
    names(columns.behind),
  );
  for (let start = 0; start < model.trialReports.length; start += PART) {
    yield model.trialReports
      .slice(start, start + PART)
      .map((trial) => {
        const cells = (own: readonly Column[]): string[] => own.map(({ value }) => csvCell(value(trial)));
        const middle = settings.length === 0 ? [] : [settingsOf.get(trial.armHash) ?? ''];
        return line(cells(columns.before), middle, cells(columns.behind));
      })
      .join('');
  }
}

/** As RFC 4180 has it, and `csv-stringify` writes: that takes longer than all the rest of a report of 100,000 trials. */
function csvCell(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

interface Column {
  readonly name: string;
  readonly value: (trial: TrialReport) => string | number | null;
}

/** Those before the settings, and those behind them. */
function trialColumns({ made, sweep, trialReports }: ReportModel): {
  readonly before: readonly Column[];
  readonly behind: readonly Column[];
} {
  const column = (name: string, value: Column['value']): Column => ({ name, value });
  const quickness = Object.keys(quicknessColumns(null));
  const before = [
    column('sweep', () => sweep.name),
    column('trial', ({ trial }) => trial),
    column('arm', ({ arm }) => arm),
    column('arm_hash', ({ armHash }) => armHash),
    column('replicate', ({ replicate }) => replicate),
    column('attempt', ({ attempt }) => attempt),
    column('status', ({ status }) => status),
    column('samples_per_class', ({ samplesPerClass }) => samplesPerClass),
  ];
  const behind = [
    column('seed', () => made.spec.seed),
    column('epochs', ({ epochs }) => epochs),
    column('best_epoch', ({ bestEpoch }) => bestEpoch),
    column('train_loss', ({ trainLoss }) => trainLoss),
    column('val_loss', ({ valLoss }) => valLoss),
    column('test_loss', ({ testLoss }) => testLoss),
    column('train_accuracy', ({ trainAccuracy }) => trainAccuracy),
    column('val_accuracy', ({ valAccuracy }) => valAccuracy),
    column('test_accuracy', ({ testAccuracy }) => testAccuracy),
    column('objective', ({ objective }) => objective),
    column('seconds', ({ seconds }) => seconds),
    column('images_per_second', ({ imagesPerSecond }) => imagesPerSecond),
    column('diagnosis', ({ diagnosis }) => diagnosis),
    column('worker', ({ worker }) => worker),
    column('failure_code', ({ failureCode }) => failureCode),
    column('failure_message', ({ failureMessage }) => failureMessage),
    column('started_at', ({ startedAt }) => startedAt),
    column('finished_at', ({ finishedAt }) => finishedAt),
    ...namesIn(trialReports.map(({ metrics }) => metrics))
      .filter((name) => !quickness.includes(name))
      .map((name) => column(`metric_${name}`, ({ metrics }) => metrics[name] ?? null)),
    ...quickness.map((name) => column(name, (trial) => quicknessColumns(trial.quickness)[name] ?? null)),
  ];
  return { before, behind };
}

/** One row an arm and size: means, the size's own interval (`plain_…`), the one that plots show (`pooled_…`) and the same on new images. */
export function curvesCsv(models: readonly Pick<ReportModel, 'sweep' | 'arms'>[]): string {
  const rows = models.flatMap(({ sweep, arms }) =>
    arms.flatMap((arm) =>
      arm.points.map((point) => {
        const splits = arm.splits.find((one) => one.n === point.n);
        return {
          sweep: sweep.name,
          arm_hash: arm.hash,
          ...pointColumns(arm, point),
          train_accuracy: splits?.train ?? null,
          val_accuracy: splits?.validation ?? null,
          test_accuracy: splits?.test ?? null,
          unfamiliar_accuracy: splits?.unfamiliar ?? null,
          ...quicknessColumns(splits?.quickness ?? null),
        };
      }),
    ),
  );
  return table(rows.length > 0 ? rows : [], CURVE_COLUMNS);
}

/** The same of arms that are of no sweep: what a table of scores tells. */
export const tableCurvesCsv = ({ arms }: Pick<CurvesModel, 'arms'>): string =>
  table(
    arms.flatMap((arm) => arm.points.map((point) => pointColumns(arm, point))),
    POINT_COLUMNS,
  );

const pointColumns = ({ label }: ArmReport, point: ArmReport['points'][number]) => ({
  arm: label,
  samples_per_class: point.n,
  replicates: point.replicates,
  mean: point.mean,
  std: point.std,
  plain_low: point.plain?.lo ?? null,
  plain_high: point.plain?.hi ?? null,
  pooled_low: point.pooled?.lo ?? null,
  pooled_high: point.pooled?.hi ?? null,
  new_images_low: point.elsewhere?.lo ?? null,
  new_images_high: point.elsewhere?.hi ?? null,
});

const POINT_COLUMNS: readonly (keyof ReturnType<typeof pointColumns>)[] = [
  'arm',
  'samples_per_class',
  'replicates',
  'mean',
  'std',
  'plain_low',
  'plain_high',
  'pooled_low',
  'pooled_high',
  'new_images_low',
  'new_images_high',
];

const CURVE_COLUMNS = [
  'sweep',
  'arm',
  'arm_hash',
  ...POINT_COLUMNS.slice(1),
  'train_accuracy',
  'val_accuracy',
  'test_accuracy',
  'unfamiliar_accuracy',
  'epochs_to_90_percent',
  'steps_to_90_percent',
  'seconds_to_90_percent',
];

/** All keys of some records, sorted. */
function namesIn(records: readonly Readonly<Record<string, unknown>>[]): string[] {
  const names = new Set<string>();
  for (const record of records) for (const name of Object.keys(record)) names.add(name);
  return [...names].sort();
}

const quicknessColumns = (quickness: Quickness | null): Readonly<Record<string, number | null>> => ({
  epochs_to_90_percent: quickness?.epochs ?? null,
  steps_to_90_percent: quickness?.steps ?? null,
  seconds_to_90_percent: quickness?.seconds ?? null,
});

const cell = (value: string | number | boolean | null): string | number | null =>
  typeof value === 'boolean' ? String(value) : value;

function table(
  rows: readonly Readonly<Record<string, string | number | null>>[],
  columns?: readonly string[],
): string {
  const names = columns ?? Object.keys(rows[0] ?? { sweep: null, trial: null });
  return stringify([...rows], { header: true, columns: [...names] });
}
