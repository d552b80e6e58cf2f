/** Compares sweeps that were disturbed with one that was not, and looks for what was left behind. */
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { homeFolders } from '../src/paths.js';
import { processesOf } from './programs.js';
import type { Stage } from './stage.js';
import type { Row, Truth } from './truth.js';

/** What decides bits; times and speeds, worker and attempt do not. */
const RESULTS = `select trial, arm_hash, samples_per_class, replicate, status, epochs, best_epoch, train_loss, val_loss, test_loss,
    train_accuracy, val_accuracy, test_accuracy, objective, metrics, diagnosis, findings, confusion,
    encode(test_correct, 'hex') as test_correct, weights
  from trial_results where sweep = $1 order by trial`;
const EPOCHS = `select trial, epoch, e.train_loss, e.train_accuracy, e.val_loss, e.val_accuracy, e.learning_rate
  from epoch_metrics e join trial_results t using (sweep, trial, attempt) where sweep = $1 order by 1, 2`;
const CURVE = `select arm, samples_per_class, replicates, mean, std, ci_low, ci_high from learning_curve where sweep = $1
  order by 1, 2`;
const DECISIONS = `select look, replicates, until, decision, added, reason, figures from decisions where sweep = $1 order by 1`;
/** Attempts that are neither a cancelled one nor the one that succeeded. */
const WRONG_ATTEMPTS = `select trial, attempt, status, failure_code from attempts a where sweep = $1 and status <> 'cancelled'
  and (status <> 'succeeded' or exists (
    select from attempts b where b.sweep = a.sweep and b.trial = a.trial and b.attempt <> a.attempt and b.status = 'succeeded'))`;

/** What ends by itself, such as the twin of a trial that was delivered twice, may take so long. */
const PATIENCE_MS = 30_000;

/** What is left of what should end by itself, once nothing is or the patience is over. */
export async function untilNone(look: () => string[] | Promise<string[]>): Promise<string[]> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const left = await look();
    if (left.length === 0 || performance.now() > end) return left;
    await pause(100);
  }
}

const different = (what: string, sweep: string, got: readonly Row[], expected: readonly Row[]): string[] => {
  const [a, b] = [got, expected].map((rows) => rows.map((row) => JSON.stringify(row))) as [
    string[],
    string[],
  ];
  const at = a.length === b.length ? a.findIndex((row, i) => row !== b[i]) : Math.min(a.length, b.length);
  if (at < 0) return [];
  return [
    `${sweep}: ${what} differ, first in row ${at}: ${a[at] ?? 'nothing'} instead of ${b[at] ?? 'nothing'}`,
  ];
};

/** @returns what is wrong with a sweep, one line each */
export async function checkSweep(truth: Truth, sweep: string, undisturbed: string): Promise<string[]> {
  const problems: string[] = [];
  for (const [what, sql] of [
    ['results', RESULTS],
    ['epochs', EPOCHS],
    ['curves', CURVE],
    ['decisions', DECISIONS],
  ] as const) {
    problems.push(
      ...different(what, sweep, await truth.rows(sql, [sweep]), await truth.rows(sql, [undisturbed])),
    );
  }
  for (const row of await truth.rows(WRONG_ATTEMPTS, [sweep]))
    problems.push(`${sweep}: an attempt too many: ${JSON.stringify(row)}`);
  const status = await truth.statusOf(sweep);
  if (status !== 'finished') problems.push(`${sweep} is ${status}`);
  return problems;
}

/** @returns workflows that are still open, one line each */
export async function checkWorkflows({ temporal }: Truth): Promise<string[]> {
  const open: string[] = [];
  for await (const { workflowId } of temporal.workflow.list({ query: 'ExecutionStatus="Running"' }))
    open.push(`the workflow ${workflowId} is still open`);
  return open;
}

/** Files that no result needs. To be asked while Postgres is up. */
export async function checkFiles(stage: Stage, truth: Truth): Promise<string[]> {
  const list = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
  const weights = new Set(
    (await truth.rows('select distinct weights from trial_results where weights is not null')).map(
      (row) => row['weights'],
    ),
  );
  const models = list(homeFolders.models(stage.home)).filter((name) => !weights.has(name.split('.')[0]));
  return [
    ...list(homeFolders.checkpoints(stage.home)).map((name) => `the checkpoints ${name} are still there`),
    ...models.map((name) => `the model ${name} belongs to no trial`),
  ];
}

/** Connections to Postgres of anybody but the one who asks. */
export async function checkConnections(truth: Truth): Promise<string[]> {
  const rows = await truth.rows(
    "select application_name, state, query from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
  );
  return rows.map((row) => `a connection is still open: ${JSON.stringify(row)}`);
}

export const checkProcesses = ({ home }: Stage): string[] =>
  processesOf(home).map(({ pid, command }) => `the process ${pid} still runs: ${command}`);
