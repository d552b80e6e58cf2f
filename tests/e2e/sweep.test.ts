import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { createHome, queryRows, type Ended, type TestHome } from '../support/elbow.js';

const MINUTES = 60_000;
let stack: TestHome;
let run: Ended;

beforeAll(async () => {
  stack = createHome({ data: true });
  copyFileSync(join(packageRoot, 'examples', 'batch-norm.yaml'), join(stack.scratch, 'batch-norm.yaml'));
  run = await stack.elbow('run', 'batch-norm.yaml', '--json');
}, 10 * MINUTES);

afterAll(async () => {
  await stack.remove();
}, MINUTES);

describe('a sweep of 4 arms × 2 sizes × 2 replicates', () => {
  it('ends finished with exit 0 and says so in one JSON document', () => {
    expect(run.code, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({
      sweep: 'batch-norm',
      status: 'finished',
      trials: 16,
      counts: { succeeded: 16, failed: 0, queued: 0, running: 0, pruned: 0, cancelled: 0 },
    });
  });

  it('has its 16 trials in the views, with every figure in its range', async () => {
    const rows = await queryRows(
      stack,
      "select * from trial_results where sweep = 'batch-norm' order by trial",
    );
    expect(rows.map((row) => row['trial'])).toEqual(Array.from({ length: 16 }, (_, i) => i));
    expect(new Set(rows.map((row) => row['arm'])).size).toBe(4);
    for (const row of rows) {
      expect(row).toMatchObject({
        status: 'succeeded',
        model: 'lenet',
        loss: 'cross-entropy',
        seed: 42,
        attempt: 1,
      });
      expect(row['test_accuracy']).toBeGreaterThanOrEqual(0);
      expect(row['test_accuracy']).toBeLessThanOrEqual(1);
      expect(row['images_per_second']).toBeGreaterThan(0);
    }
    const curve = await queryRows(stack, "select * from learning_curve where sweep = 'batch-norm'");
    expect(curve).toHaveLength(8);
    expect(curve.every((row) => row['replicates'] === 2)).toBe(true);
    const epochs = await queryRows(
      stack,
      `select t.trial, t.epochs::int as epochs, count(e.epoch)::int as written
       from trial_results t left join epoch_metrics e using (sweep, trial) where sweep = 'batch-norm' group by 1, 2`,
    );
    for (const row of epochs) expect(row['written']).toBe(row['epochs']);
  });

  it('shares the replicate’s seeds between arms, so that equal settings but one compare in pairs', async () => {
    const rows = await queryRows(
      stack,
      `select replicate, samples_per_class, count(distinct data_digest) as digests
       from trial_results join attempts using (sweep, trial, attempt) where sweep = 'batch-norm' group by 1, 2`,
    );
    expect(rows).toHaveLength(4);
    expect(rows.every((row) => row['digests'] === 1)).toBe(true);
  });

  it('has 16 completed trial workflows in the Temporal UI’s namespace, found by search attribute', async () => {
    const status = await stack.elbow('status', '--json');
    expect(status.code, status.stderr).toBe(0);
    const { temporal } = JSON.parse(status.stdout) as { temporal: { address: string; namespace: string } };
    expect(temporal.namespace).toBe('elbow');
    const connection = await Connection.connect({ address: temporal.address });
    try {
      const client = new Client({ connection, namespace: temporal.namespace });
      const count = async (query: string): Promise<number> => (await client.workflow.count(query)).count;
      expect(
        await count('WorkflowType="trial" AND ExecutionStatus="Completed" AND ElbowSweep="batch-norm"'),
      ).toBe(16);
      expect(
        await count(
          'WorkflowType="trial" AND ElbowStatus="succeeded" AND ElbowSamplesPerClass=50 AND ElbowReplicate=1',
        ),
      ).toBe(4);
    } finally {
      await connection.close();
    }
  });

  it('is reported as one self-contained page, data and pictures', async () => {
    const ended = await stack.elbow('report', 'batch-norm', '--out', 'report');
    expect(ended.code, ended.stderr).toBe(0);
    const folder = join(stack.scratch, 'report');
    for (const name of ['report.html', 'report.json', 'trials.csv', 'curves.csv']) {
      expect(existsSync(join(folder, name)), name).toBe(true);
    }
    const page = readFileSync(join(folder, 'report.html'), 'utf8');
    expect(page).not.toMatch(/(src|href)="https?:/);
    expect(readFileSync(join(folder, 'trials.csv'), 'utf8').trim().split('\n')).toHaveLength(17);
  });

  it('is listed, shown, and a single trial looked at', async () => {
    const list = await stack.elbow('list');
    expect(list.code).toBe(0);
    expect(list.stdout).toMatch(/batch-norm\s.*finished/);
    const show = await stack.elbow('show', 'batch-norm', '--json');
    expect(JSON.parse(show.stdout)).toMatchObject({ sweep: 'batch-norm', status: 'finished', trials: 16 });
    const trial = await stack.elbow('trial', 'batch-norm', '3');
    expect(trial.code, trial.stderr).toBe(0);
    expect(trial.stdout).toMatch(/succeeded/);
    const logs = await stack.elbow('logs', 'batch-norm', '3');
    expect(logs.code, logs.stderr).toBe(0);
  });

  it('is only reported when it is run again, and nothing new is trained', async () => {
    const again = await stack.elbow('run', 'batch-norm.yaml', '--json');
    expect(again.code, again.stderr).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ counts: { succeeded: 16 } });
    expect(await queryRows(stack, "select 1 from attempts where sweep = 'batch-norm'")).toHaveLength(16);
  });

  it('refuses another spec under its name, and says which value differs', async () => {
    const other = await stack.elbow('run', 'batch-norm.yaml', '--set', 'seed=7');
    expect(other.code).toBe(2);
    expect(other.stderr).toMatch(/seed/);
    expect(other.stderr).toMatch(/--name/);
  });

  it('refuses SQL that writes, and leaves everything as it was', async () => {
    for (const sql of [
      'delete from trial_results',
      'create table mine (n int)',
      "do $$ begin execute 'create table mine (n int)'; end $$",
    ]) {
      const ended = await stack.elbow('query', sql);
      expect(ended.code, sql).toBe(2);
      expect(ended.stdout).toBe('');
    }
    expect(await queryRows(stack, "select 1 from trial_results where sweep = 'batch-norm'")).toHaveLength(16);
  });

  it(
    'repeats to the last bit with the same seed, and differs with another',
    async () => {
      const settings = [
        '--set',
        'samplesPerClass=[20]',
        '--set',
        'optimizer=adam',
        '--set',
        'epochs=4',
        '--replicates',
        '1',
      ];
      for (const [name, seed] of [
        ['bits-a', '42'],
        ['bits-b', '42'],
        ['bits-c', '43'],
      ] as const) {
        const ended = await stack.elbow(
          'run',
          'batch-norm.yaml',
          ...settings,
          '--name',
          name,
          '--set',
          `seed=${seed}`,
        );
        expect(ended.code, ended.stderr).toBe(0);
      }
      const metrics = async (name: string): Promise<unknown> =>
        queryRows(
          stack,
          `select trial, epoch, train_loss, train_accuracy, val_loss, val_accuracy
         from epoch_metrics where sweep = '${name}' order by trial, epoch`,
        );
      const first = await metrics('bits-a');
      expect(first).not.toEqual([]);
      expect(await metrics('bits-b')).toEqual(first);
      expect(await metrics('bits-c')).not.toEqual(first);
    },
    5 * MINUTES,
  );

  it(
    'runs once when two start it at the same moment',
    async () => {
      const args = [
        'run',
        'batch-norm.yaml',
        '--name',
        'twice',
        '--set',
        'samplesPerClass=10',
        '--set',
        'epochs=2',
        '--json',
      ];
      const [one, two] = await Promise.all([stack.elbow(...args), stack.elbow(...args)]);
      expect(one.code, one.stderr).toBe(0);
      expect(two.code, two.stderr).toBe(0);
      expect(await queryRows(stack, "select 1 from attempts where sweep = 'twice'")).toHaveLength(8);
    },
    3 * MINUTES,
  );
});
