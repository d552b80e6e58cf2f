/** Tables of a report for other programs. Columns are called as in the database's views. */
import { stringify } from 'csv-stringify/sync';
import type { Quickness, ReportModel } from './types.js';

/** One row a trial; settings as `param_NAME`, metrics as `metric_NAME`. */
export function trialsCsv(model: ReportModel): string {
  const { spec } = model.made;
  const parameters = namesIn(model.trialReports.map((trial) => trial.params));
  const metrics = namesIn(model.trialReports.map((trial) => trial.metrics)).filter(
    (name) => !(name in quicknessColumns(null)),
  );
  const rows = model.trialReports.map((trial) => ({
    sweep: model.sweep.name,
    trial: trial.trial,
    arm: trial.arm,
    arm_hash: trial.armHash,
    replicate: trial.replicate,
    attempt: trial.attempt,
    status: trial.status,
    samples_per_class: trial.samplesPerClass,
    ...Object.fromEntries(parameters.map((name) => [`param_${name}`, cell(trial.params[name] ?? null)])),
    seed: spec.seed,
    epochs: trial.epochs,
    best_epoch: trial.bestEpoch,
    train_loss: trial.trainLoss,
    val_loss: trial.valLoss,
    test_loss: trial.testLoss,
    train_accuracy: trial.trainAccuracy,
    val_accuracy: trial.valAccuracy,
    test_accuracy: trial.testAccuracy,
    objective: trial.objective,
    seconds: trial.seconds,
    images_per_second: trial.imagesPerSecond,
    diagnosis: trial.diagnosis,
    worker: trial.worker,
    failure_code: trial.failureCode,
    failure_message: trial.failureMessage,
    started_at: trial.startedAt,
    finished_at: trial.finishedAt,
    ...Object.fromEntries(metrics.map((name) => [`metric_${name}`, trial.metrics[name] ?? null])),
    ...quicknessColumns(trial.quickness),
  }));
  return table(rows);
}

/** One row an arm and size: means, the size's own interval (`ci_…`) and the pooled one that plots show. */
export function curvesCsv(model: ReportModel): string {
  const rows = model.arms.flatMap((arm) =>
    arm.points.map((point) => {
      const splits = arm.splits.find((one) => one.n === point.n);
      return {
        sweep: model.sweep.name,
        arm: arm.label,
        arm_hash: arm.hash,
        samples_per_class: point.n,
        replicates: point.replicates,
        mean: point.mean,
        std: point.std,
        ci_low: point.plain?.lo ?? null,
        ci_high: point.plain?.hi ?? null,
        pooled_low: point.pooled?.lo ?? null,
        pooled_high: point.pooled?.hi ?? null,
        train_accuracy: splits?.train ?? null,
        val_accuracy: splits?.validation ?? null,
        test_accuracy: splits?.test ?? null,
        unfamiliar_accuracy: splits?.unfamiliar ?? null,
        ...quicknessColumns(splits?.quickness ?? null),
      };
    }),
  );
  return table(rows.length > 0 ? rows : [], CURVE_COLUMNS);
}

const CURVE_COLUMNS = [
  'sweep',
  'arm',
  'arm_hash',
  'samples_per_class',
  'replicates',
  'mean',
  'std',
  'ci_low',
  'ci_high',
  'pooled_low',
  'pooled_high',
  'train_accuracy',
  'val_accuracy',
  'test_accuracy',
  'unfamiliar_accuracy',
  'epochs_to_90_percent',
  'steps_to_90_percent',
  'seconds_to_90_percent',
];

/** All keys of some records, sorted. */
const namesIn = (records: readonly Readonly<Record<string, unknown>>[]): string[] =>
  [...new Set(records.flatMap((record) => Object.keys(record)))].sort();

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
