import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createControlActivities } from '../../activities/index.js';
import { packageRoot } from '../../src/paths.js';
import type { SweepRow, SweepStatus } from '../../src/storage/index.js';
import { CONTROL_QUEUE, workflowIds } from '../../workflows/messages.js';
import { takeLease } from '../support/lease.js';
import { startWorkers } from '../support/temporal.js';
import { elbow, endTrial, ended, failure, seed, storage, temporal, useServers } from './servers.js';

useServers();

/** The table of docs/lifecycle.md: what it says of each command in each state. */
function readTable(): { command: string; state: SweepStatus; answer: string }[] {
  const text = readFileSync(join(packageRoot, 'docs', 'lifecycle.md'), 'utf8');
  const lines = text
    .split('## What is allowed when')[1]!
    .split('\n')
    .filter((line) => line.startsWith('|'));
  const [head, , ...rows] = lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return rows.flatMap(([command, ...answers]) =>
    answers.map((answer, i) => ({ command: command!, state: head![i + 1] as SweepStatus, answer })),
  );
}

const TABLE = readTable();
const COMMANDS: Readonly<Record<string, (name: string) => readonly string[]>> = {
  pause: (name) => ['pause', name],
  resume: (name) => ['resume', name, '--detach'],
  concurrency: (name) => ['concurrency', name, '3'],
  extend: (name) => ['extend', name, '--replicates', '2', '--detach'],
  rerun: (name) => ['rerun', name, '--detach'],
  cancel: (name) => ['cancel', name],
  rm: (name) => ['rm', name, '--yes'],
};
const UNDER_WAY: readonly SweepStatus[] = ['planning', 'running', 'pausing', 'paused', 'cancelling'];

const startControl = () =>
  startWorkers(temporal, {
    [CONTROL_QUEUE]: {
      activities: createControlActivities({
        storage,
        timeouts: { heartbeatMs: 5_000, startToCloseMs: 60_000 },
      }),
    },
  });

const statusOf = async (sweep: SweepRow): Promise<SweepStatus> => (await storage.getSweep(sweep.id)).status;

/** A sweep in a state; one that is under way has a workflow, a trial that failed, and three that have not ended. */
async function sweepIn(state: SweepStatus, name: string): Promise<SweepRow> {
  if (!UNDER_WAY.includes(state)) {
    const sweep = await ended(name);
    await storage.moveSweep(sweep.id, ['finished'], state);
    return sweep;
  }
  const sweep = await seed(name);
  if (state !== 'planning') await endTrial(sweep, 0, failure);
  await temporal.client.workflow.start('sweep', {
    workflowId: workflowIds.sweep(name),
    taskQueue: CONTROL_QUEUE,
    args: [{ sweepId: sweep.id, name }],
  });
  if (state === 'planning' || state === 'cancelling') await storage.moveSweep(sweep.id, ['running'], state);
  return sweep;
}

/** Brings a sweep that runs to its state, as people and workers would. */
async function pauseIn(state: SweepStatus, sweep: SweepRow): Promise<void> {
  // The workflow has planned once it answers.
  expect((await elbow('concurrency', sweep.name, '5')).code).toBe(0);
  if (state === 'pausing') {
    const [one] = await storage.queuedTrials(sweep.id, -1, 1);
    await takeLease(storage, one!.attemptId, { id: 'lab:1', host: 'lab' });
  }
  if (state !== 'running') expect((await elbow('pause', sweep.name)).code).toBe(0);
  expect(await statusOf(sweep)).toBe(state);
}

describe('the table of docs/lifecycle.md', () => {
  it('has every command and every state', () => {
    expect(new Set(TABLE.map(({ command }) => command))).toEqual(new Set(Object.keys(COMMANDS)));
    expect(TABLE).toHaveLength(7 * 8);
  });

  it.each(TABLE)(
    '$command of a sweep that is $state: $answer',
    { timeout: 60_000 },
    async ({ command, state, answer }) => {
      const name = `${command}-${state}`;
      const isRefused = answer === 'no';
      const sweep = await sweepIn(state, name);
      const isIdle = !UNDER_WAY.includes(state) || isRefused;
      const needsPause = (['running', 'pausing', 'paused'] as const).some((one) => one === state);
      // While it is planned nothing answers yet: the worker comes once the command has begun.
      const early = needsPause ? await startControl() : null;
      if (needsPause) await pauseIn(state, sweep);
      const asked = elbow(...COMMANDS[command]!(name));
      const late = needsPause || isIdle ? null : await startControl();
      const ran = await asked;
      await early?.stop();
      await late?.stop();
      expect(ran.code, `${ran.stdout}${ran.stderr}`).toBe(isRefused ? 2 : 0);
      if (isRefused) {
        expect(ran.stderr).toMatch(/`elbow \w+/);
        expect(await statusOf(sweep)).toBe(state);
      }
      if (answer === 'nothing to do' && command !== 'cancel') expect(ran.stdout).toMatch(/^Nothing to do: /);
      if (answer === 'yes' && command !== 'rm') {
        const after = await statusOf(sweep);
        const expected: Readonly<Record<string, readonly SweepStatus[]>> = {
          pause: ['pausing', 'paused'],
          resume: ['running'],
          concurrency: ['planning', 'running', 'pausing', 'paused'],
          extend: UNDER_WAY,
          rerun: UNDER_WAY,
          cancel: ['cancelled'],
        };
        expect(expected[command]).toContain(after);
      }
      if (answer === 'yes' && command === 'rm') expect(await storage.findSweep(name)).toBeNull();
      if (answer === 'yes' && command === 'rerun')
        expect(await storage.attempts(sweep.id, UNDER_WAY.includes(state) ? 0 : 3)).toHaveLength(2);
      if (answer === 'yes' && command === 'extend')
        expect(await storage.trialResults(sweep.id)).toHaveLength(8);
      await temporal.client.workflow
        .getHandle(workflowIds.sweep(name))
        .terminate()
        .catch(() => undefined);
    },
  );
});
