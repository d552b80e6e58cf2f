import { rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHome, queryRows, type TestHome } from '../support/elbow.js';
import { pidsOf, postmasterOf } from '../support/stack-processes.js';
import { checkpointsIn, logsOf, metricsOf, startAndReachCheckpoint } from '../support/sweeps.js';
import { until } from '../support/wait.js';

const MINUTES = 60_000;
let stack: TestHome;
/** Epoch metrics of the undisturbed sweep. */
let undisturbed: Record<string, unknown>[];

const SPEC = 'space: { samplesPerClass: [100, 200], epochs: 6, patience: 6 }\nreplicates: 2\n';

beforeAll(async () => {
  stack = createHome({ data: true, env: { ELBOW_CHECKPOINT_SECONDS: '0' } });
  writeFileSync(join(stack.scratch, 'spec.yaml'), SPEC);
  const run = await stack.elbow('run', 'spec.yaml', '--name', 'undisturbed');
  expect(run.code, run.stderr).toBe(0);
  undisturbed = await metricsOf(stack, 'undisturbed');
  expect(undisturbed.length).toBeGreaterThan(0);
}, 5 * MINUTES);

afterAll(async () => {
  await stack.remove();
}, MINUTES);

async function expectUndisturbed(name: string): Promise<void> {
  const ended = await stack.elbow('watch', name);
  expect(ended.code, ended.stderr).toBe(0);
  expect(await metricsOf(stack, name)).toEqual(undisturbed);
  const attempts = await queryRows(
    stack,
    `select trial, attempt, status from attempts where sweep = '${name}' order by 1`,
  );
  expect(attempts).toEqual([0, 1, 2, 3].map((trial) => ({ trial, attempt: 1, status: 'succeeded' })));
  // What was kept for going on is of no use any more; the weights are those of the undisturbed sweep.
  expect(checkpointsIn(stack)).toEqual([]);
  const weights = (sweep: string) =>
    queryRows(stack, `select trial, weights from trial_results where sweep = '${sweep}' order by 1`);
  expect(await weights(name)).toEqual(await weights('undisturbed'));
}

describe('a running sweep', () => {
  it(
    'goes on with equal bits after its trainers were killed by the system',
    async () => {
      await startAndReachCheckpoint(stack, 'trainers-killed');
      const trainers = pidsOf(stack, 'trainer/process.js');
      expect(trainers.length).toBeGreaterThan(0);
      // All of them: which one has the trial with the checkpoint cannot be seen from outside.
      for (const pid of trainers) process.kill(pid, 'SIGKILL');
      await expectUndisturbed('trainers-killed');
      expect(await logsOf(stack, 'trainers-killed')).toMatch(/goes on after epoch \d, from its checkpoint/);
    },
    4 * MINUTES,
  );

  it(
    'goes on with equal bits after the worker was killed and `up` brought it back',
    async () => {
      await startAndReachCheckpoint(stack, 'worker-killed');
      const workers = pidsOf(stack, 'workers/main.js');
      expect(workers).toHaveLength(1);
      process.kill(workers[0]!, 'SIGKILL');
      await until(
        'the trainers of the dead worker to end',
        () => pidsOf(stack, 'trainer/process.js').length === 0,
      );
      const up = await stack.elbow('up');
      expect(up.code, up.stderr).toBe(0);
      expect(pidsOf(stack, 'workers/main.js')).toHaveLength(1);
      await expectUndisturbed('worker-killed');
      expect(await logsOf(stack, 'worker-killed')).toMatch(/goes on after epoch \d, from its checkpoint/);
      const [lost] = await queryRows(
        stack,
        "select trial from failures where sweep = 'worker-killed' and code = 'worker-lost' order by 1",
      );
      const shown = await stack.elbow('trial', 'worker-killed', `${String(lost!['trial'])}`);
      expect(shown.stdout).toMatch(/worker-lost.*, which ran the trial, disappeared or fell silent/);
    },
    5 * MINUTES,
  );

  it(
    'starts trials over, with equal bits, where the checkpoints are on a machine that is gone, and says so',
    async () => {
      await startAndReachCheckpoint(stack, 'elsewhere');
      // What storage knows of a checkpoint comes after the epochs before it.
      await until('an epoch in storage', async () => (await metricsOf(stack, 'elsewhere')).length > 0);
      process.kill(pidsOf(stack, 'workers/main.js')[0]!, 'SIGKILL');
      await until(
        'the trainers of the dead worker to end',
        () => pidsOf(stack, 'trainer/process.js').length === 0,
      );
      rmSync(join(stack.home, 'checkpoints'), { recursive: true });
      const up = await stack.elbow('up');
      expect(up.code, up.stderr).toBe(0);
      await expectUndisturbed('elsewhere');
      const logs = await logsOf(stack, 'elsewhere');
      expect(logs).toContain(`written on ${hostname()}, is not on this machine: the trial starts over`);
      expect(logs).not.toContain('goes on after');
    },
    5 * MINUTES,
  );

  it(
    'goes on with equal bits after Postgres was killed and started again',
    async () => {
      await startAndReachCheckpoint(stack, 'postgres-killed');
      process.kill(postmasterOf(stack), 'SIGKILL');
      const up = await stack.elbow('up');
      expect(up.code, up.stderr).toBe(0);
      await expectUndisturbed('postgres-killed');
    },
    5 * MINUTES,
  );

  it(
    'is paused in the middle of trainings, and goes on with equal bits, one trial at a time',
    async () => {
      await startAndReachCheckpoint(stack, 'paused');
      const paused = await stack.elbow('pause', 'paused', '--now', '--json');
      expect(paused.code, paused.stderr).toBe(0);
      expect(JSON.parse(paused.stdout)).toMatchObject({ status: 'paused', counts: { running: 0 } });
      // Another sweep has the slots now.
      const other = await stack.elbow('run', 'spec.yaml', '--name', 'other', '--set', 'epochs=1');
      expect(other.code, other.stderr).toBe(0);
      expect(await stack.elbow('concurrency', 'paused', '1')).toMatchObject({ code: 0 });
      const resumed = await stack.elbow('resume', 'paused', '--detach');
      expect(resumed.code, resumed.stderr).toBe(0);
      await expectUndisturbed('paused');
      // Of those that had not begun before, none began while another ran.
      const starts = await queryRows(
        stack,
        `select a.trial from trial_results a join trial_results b using (sweep)
         where sweep = 'paused' and a.trial <> b.trial and a.started_at >= b.started_at
           and b.started_at > (select max(finished_at) from trial_results where sweep = 'other')
           and a.started_at < b.finished_at`,
      );
      expect(starts).toEqual([]);
      expect(await logsOf(stack, 'paused')).toMatch(
        /goes on after (step \d+ of )?epoch \d, from its checkpoint/,
      );
    },
    4 * MINUTES,
  );

  it(
    'is extended while it runs, and what it has is not run again',
    async () => {
      const started = await stack.elbow(
        'run',
        'spec.yaml',
        '--name',
        'extended',
        '--set',
        'samplesPerClass=100',
        '--replicates',
        '1',
        '--detach',
      );
      expect(started.code, started.stderr).toBe(0);
      const extended = await stack.elbow(
        'extend',
        'extended',
        '--set',
        'samplesPerClass=200',
        '--replicates',
        '2',
      );
      expect(extended.code, extended.stderr).toBe(0);
      // Numbered in another order than in the undisturbed sweep, to the same bits.
      const weights = (sweep: string) =>
        queryRows(
          stack,
          `select samples_per_class, replicate, attempt, weights from trial_results where sweep = '${sweep}' order by 1, 2`,
        );
      expect(await weights('extended')).toEqual(await weights('undisturbed'));
    },
    3 * MINUTES,
  );

  it(
    'is cancelled with its trainers, keeps what it has, and is finished by a rerun',
    async () => {
      await startAndReachCheckpoint(stack, 'cancelled');
      const cancelled = await stack.elbow('cancel', 'cancelled');
      expect(cancelled.code, cancelled.stderr).toBe(0);
      const rows = await queryRows(
        stack,
        "select status, count(*) from trial_results where sweep = 'cancelled' group by 1",
      );
      expect(rows.some((row) => row['status'] === 'cancelled')).toBe(true);
      expect(rows.some((row) => row['status'] === 'running' || row['status'] === 'queued')).toBe(false);
      expect((await stack.elbow('cancel', 'cancelled')).code).toBe(0);
    },
    3 * MINUTES,
  );

  it(
    'is found lost with the database of Temporal, and finished by a rerun',
    async () => {
      await startAndReachCheckpoint(stack, 'lost');
      expect((await stack.elbow('down')).code).toBe(0);
      rmSync(join(stack.home, 'stack', 'temporal.db'));
      const up = await stack.elbow('up');
      expect(up.code, up.stderr).toBe(0);
      // What was changed in the last seconds might be just being started.
      await until('the loss to be noticed', async () => {
        const list = await stack.elbow('list', '--json');
        const sweeps = JSON.parse(list.stdout) as { sweep: string; status: string }[];
        return sweeps.some(({ sweep, status }) => sweep === 'lost' && status === 'failed');
      });
      const rows = await queryRows(
        stack,
        "select distinct failure_code from trial_results where sweep = 'lost' and status <> 'succeeded'",
      );
      expect(rows).toEqual([{ failure_code: 'workflow-lost' }]);
      const rerun = await stack.elbow('rerun', 'lost');
      expect(rerun.code, rerun.stderr).toBe(0);
      expect(await metricsOf(stack, 'lost')).toEqual(undisturbed);
      expect(await logsOf(stack, 'lost')).toMatch(
        /takes over the checkpoints of attempt 1, which did not come to its end/,
      );
      expect(await logsOf(stack, 'lost')).toMatch(
        /goes on after (step \d+ of )?epoch \d, from its checkpoint/,
      );
    },
    4 * MINUTES,
  );
});

describe('the stack', () => {
  it(
    'answers a second `down` and `status` calmly',
    async () => {
      expect((await stack.elbow('down')).code).toBe(0);
      expect((await stack.elbow('down')).code).toBe(0);
      expect(pidsOf(stack, '')).toEqual([]);
      const status = await stack.elbow('status', '--json');
      expect(status.code).toBe(4);
      expect(JSON.parse(status.stdout)).toMatchObject({
        temporal: { up: false },
        database: { up: false },
        workers: [],
      });
    },
    MINUTES,
  );
});
