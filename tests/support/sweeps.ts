/** What the end-to-end tests look at of sweeps of four trials that are disturbed. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { queryRows } from './elbow.js';
import type { TestHome } from './elbow.js';
import { until } from './wait.js';

/** Epoch metrics of the latest attempts. */
export const metricsOf = (stack: TestHome, name: string): Promise<Record<string, unknown>[]> =>
  queryRows(
    stack,
    `select trial, epoch, e.train_loss, e.val_loss, e.val_accuracy
     from epoch_metrics e join trial_results t using (sweep, trial, attempt) where sweep = '${name}' order by 1, 2`,
  );

/** Folders of attempts and the checkpoints in them, as paths under the folder of checkpoints. */
export function checkpointsIn({ home }: TestHome): string[] {
  const folder = join(home, 'checkpoints');
  return existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
}

/** Returns at once when a trial of the started sweep could go on from a checkpoint. */
export async function startAndReachCheckpoint(stack: TestHome, name: string): Promise<void> {
  const before = new Set(checkpointsIn(stack));
  const started = await stack.elbow('run', 'spec.yaml', '--name', name, '--detach');
  expect(started.code, started.stderr).toBe(0);
  await until(`a checkpoint of ${name}`, () =>
    checkpointsIn(stack).some((path) => path.endsWith('.safetensors') && !before.has(path)),
  );
}

/** What all four trials have logged. */
export async function logsOf(stack: TestHome, name: string): Promise<string> {
  const logs = await Promise.all([0, 1, 2, 3].map((trial) => stack.elbow('logs', name, `${trial}`)));
  return logs.map(({ stdout }) => stdout).join('\n');
}
