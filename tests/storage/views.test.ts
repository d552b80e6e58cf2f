import quantile from '@stdlib/stats-base-dists-t-quantile';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectReader, connectStorage, type Storage } from '../../src/storage/index.js';
import { epoch, outcome, plan, sweepSpec } from '../support/rows.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { until } from '../support/wait.js';
import { takeLease } from '../support/lease.js';

let server: TestPostgres;
let place: { url: string; readerUrl: string };
let storage: Storage;
const worker = { id: 'host:1', host: 'host' };
const scores = [0.31, 0.35, 0.3];
/** Right, wrong, right, of two classes with one and two images. */
const answers = {
  classes: ['cat', 'dog'],
  confusion: [
    [1, 0],
    [1, 1],
  ],
  correct: Buffer.from([0b101]).toString('base64'),
};

beforeAll(async () => {
  server = await startTestPostgres();
  place = await server.database();
  storage = await connectStorage({ url: place.url });
  const { sweep } = await storage.createSweep(sweepSpec('one'), '');
  await storage.addTrials(sweep.id, plan(5));
  for (const trial of await storage.queuedTrials(sweep.id, -1, 10)) {
    const task = await takeLease(storage, trial.attemptId, worker);
    await storage.recordEpochs(trial.attemptId, task.lease, [epoch(1), epoch(2)]);
    const score = scores[trial.number];
    const end =
      score === undefined
        ? outcome({ status: 'failed', testAccuracy: 0.99, failure: { code: 'bug', message: 'x' } })
        : outcome({ testAccuracy: score, answers, weights: 'ab12', metrics: { epochs_to_90_percent: 2 } });
    // The last trial stays running.
    if (trial.number < 4) await storage.finishAttempt(trial.attemptId, task.lease, end);
  }
});
afterAll(async () => {
  await storage.close();
  await server.remove();
});

async function read(sql: string): Promise<readonly Record<string, unknown>[]> {
  const reader = await connectReader(place);
  try {
    return (await reader.query(sql)).rows;
  } finally {
    await reader.close();
  }
}

describe('the views', () => {
  it('add up the seconds to nine tenths of the best validation accuracy', async () => {
    expect(
      await read('select seconds_to_90_percent as s from trial_results where trial in (2, 3) order by trial'),
    ).toEqual([{ s: 1 }, { s: null }]);
  });

  it('count right answers by class, and let every test image be looked up', async () => {
    expect(await read('select * from class_accuracy where trial = 1 order by label')).toEqual([
      expect.objectContaining({
        sweep: 'one',
        trial: 1,
        label: 0,
        class: 'cat',
        images: 1,
        correct: 1,
        accuracy: 1,
      }),
      expect.objectContaining({ trial: 1, label: 1, class: 'dog', images: 2, correct: 1, accuracy: 0.5 }),
    ]);
    expect(
      await read(
        `select weights, get_bit(test_correct, 0) as a, get_bit(test_correct, 1) as b, get_bit(test_correct, 2) as c
         from trial_results where trial = 2`,
      ),
    ).toEqual([{ weights: 'ab12', a: 1, b: 0, c: 1 }]);
    // Bytes have no place in JSON: they are shown as Postgres writes them.
    expect(await read('select test_correct from trial_results where trial = 2')).toEqual([
      { test_correct: '\\x05' },
    ]);
  });

  it('stand for trainables whose parameters and metrics are called like built-in ones and are something else', async () => {
    const { sweep } = await storage.createSweep(sweepSpec('own'), '');
    const [first, second] = plan(2);
    await storage.addTrials(sweep.id, [
      { ...first!, arm: { hash: 'a', label: 'a', params: { batchNorm: 'maybe', model: 3 } } },
      { ...second!, arm: { hash: 'b', label: 'b', params: { batchNorm: false } } },
    ]);
    for (const trial of await storage.queuedTrials(sweep.id, -1, 2)) {
      const task = await takeLease(storage, trial.attemptId, worker);
      await storage.recordEpochs(trial.attemptId, task.lease, [epoch(1), epoch(2)]);
      await storage.finishAttempt(
        trial.attemptId,
        task.lease,
        outcome({ metrics: { epochs_to_90_percent: 1.5 } }),
      );
    }
    expect(
      await read(
        "select batch_norm, model, seconds_to_90_percent as s from trial_results where sweep = 'own' order by trial",
      ),
    ).toEqual([
      { batch_norm: null, model: '3', s: 0.5 },
      { batch_norm: false, model: null, s: 0.5 },
    ]);
    await storage.moveSweep(sweep.id, ['planning'], 'finished');
    await storage.deleteSweep(sweep.id);
  });

  it('have their documented columns, in order', async () => {
    const columns = async (view: string): Promise<string[]> =>
      (
        await read(
          `select column_name from information_schema.columns where table_name = '${view}' order by ordinal_position`,
        )
      ).map((row) => row['column_name'] as string);
    expect((await columns('trial_results')).slice(0, 33)).toEqual(
      `sweep trial arm replicate attempt status samples_per_class model optimizer loss batch_norm params seed epochs
       best_epoch train_loss val_loss test_loss train_accuracy val_accuracy test_accuracy seconds images_per_second
       device worker failure_code failure_message diagnosis objective metrics started_at finished_at arm_hash`.split(
        /\s+/,
      ),
    );
    expect((await columns('learning_curve')).slice(0, 9)).toEqual(
      'sweep arm params samples_per_class replicates mean std ci_low ci_high'.split(' '),
    );
    expect(await columns('epoch_metrics')).toEqual(
      'sweep trial attempt epoch train_loss train_accuracy val_loss val_accuracy learning_rate seconds'.split(
        ' ',
      ),
    );
    expect(await columns('attempts')).toEqual(
      expect.arrayContaining(['elbow_version', 'git_commit', 'data_digest', 'checkpoint']),
    );
  });

  it('give Student’s t interval over the replicates that succeeded', async () => {
    const mean = (0.31 + 0.35 + 0.3) / 3;
    const std = Math.sqrt(scores.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 2);
    const half = (quantile(0.975, 2) * std) / Math.sqrt(3);
    const [row] = await read("select * from learning_curve where sweep = 'one'");
    expect(row).toMatchObject({ arm: 'lenet', samples_per_class: 10, replicates: 3 });
    expect(row!['mean']).toBeCloseTo(mean, 12);
    expect(row!['std']).toBeCloseTo(std, 12);
    expect(row!['ci_low']).toBeCloseTo(mean - half, 12);
    expect(row!['ci_high']).toBeCloseTo(mean + half, 12);
  });

  it('know Student’s quantile at every number of degrees of freedom', async () => {
    const rows = await read(
      'select n, elbow_t_quantile_975(n) as q from generate_series(1, 200) n union all select 100000, elbow_t_quantile_975(100000)',
    );
    for (const { n, q } of rows) {
      expect(Math.abs((q as number) - quantile(0.975, n as number)), `n = ${String(n)}`).toBeLessThan(1e-7);
    }
    expect(await read('select elbow_t_quantile_975(0) as q')).toEqual([{ q: null }]);
  });

  it('count the epochs of a trial that runs', async () => {
    expect(await read('select status, epochs from trial_results where trial = 4')).toEqual([
      { status: 'running', epochs: 2 },
    ]);
  });
});

describe('the reading role', () => {
  const writes = [
    'delete from sweeps',
    'insert into workers values (1)',
    'create table mine (n int)',
    'create temp table mine (n int)',
    "do $$ begin execute 'delete from sweeps'; end $$",
    'with gone as (delete from sweeps returning 1) select * from gone',
    "select set_config('transaction_read_only', 'off', false)",
    'select 1; delete from sweeps',
    'alter role elbow_reader superuser',
    "copy (select 1) to program 'true'",
    'select * from pg_authid',
  ];
  it.each(writes)('is refused: %s', async (sql) => {
    await expect(read(sql)).rejects.toMatchObject({ code: 'query-failed' });
    expect((await storage.listSweeps()).map((row) => row.name)).toEqual(['one']);
  });

  it.each(writes)('is refused without a password of its own, too: %s', async (sql) => {
    const reader = await connectReader({ url: place.url, readerUrl: null });
    try {
      await expect(reader.query(sql)).rejects.toMatchObject({ code: 'query-failed' });
    } finally {
      await reader.close();
    }
    expect((await storage.listSweeps()).map((row) => row.name)).toEqual(['one']);
  });

  it('says where a statement is wrong, and gives numbers as numbers', async () => {
    await expect(read('select 1,\n  nothing from trial_results')).rejects.toMatchObject({
      where: { line: 2, column: 3 },
    });
    expect(
      await read("select count(*) as n, 1.5::numeric as d, 'NaN'::float8 as x, now() as t from sweeps"),
    ).toEqual([{ n: 1, d: 1.5, x: null, t: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string }]);
  });
});

describe('a server that is killed', () => {
  it('is waited for, and every write stands once when it is back', async () => {
    const patient = await connectStorage({ url: place.url, retryForMs: 60_000 });
    try {
      const { sweep } = await patient.createSweep(sweepSpec('patient'), '');
      await patient.addTrials(sweep.id, plan(1));
      const [trial] = await patient.queuedTrials(sweep.id, -1, 1);
      const task = await takeLease(patient, trial!.attemptId, worker);
      process.kill(server.server.pid, 'SIGKILL');
      await until('Postgres to be gone', async () => {
        const client = new pg.Client({ connectionString: place.url });
        client.on('error', () => undefined);
        return client.connect().then(
          () => client.end().then(() => false),
          () => true,
        );
      });
      const write = patient.recordEpochs(trial!.attemptId, task.lease, [epoch(1)]);
      const end = write.then(() => patient.finishAttempt(trial!.attemptId, task.lease, outcome()));
      await server.restart();
      await end;
      expect(await patient.trialResult(sweep.id, 0)).toMatchObject({
        status: 'succeeded',
        testAccuracy: 0.375,
      });
      expect(await patient.epochs(sweep.id)).toHaveLength(1);
    } finally {
      await patient.close();
    }
  });
});
