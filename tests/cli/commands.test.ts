import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSweep, planTrials } from '../../src/spec/index.js';
import { connectStorage } from '../../src/storage/index.js';
import type { Outcome, Storage, SweepRow } from '../../src/storage/index.js';
import { startTestPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';
import { startTestTemporal } from '../support/temporal.js';
import { until } from '../support/wait.js';
import { workflowIds } from '../../workflows/messages.js';
import { run } from './support.js';
import type { Ran } from './support.js';

/** The commands against a real Postgres and a real Temporal, without workers: the test ends the trials itself. */
let postgres: TestPostgres;
let temporal: TestWorkflowEnvironment;
let storage: Storage;
let env: NodeJS.ProcessEnv;
let home: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'elbow-commands-'));
  [postgres, temporal] = await Promise.all([startTestPostgres(), startTestTemporal()]);
  const { url, readerUrl } = await postgres.database();
  storage = await connectStorage({ url });
  env = {
    ELBOW_HOME: home,
    HOME: home,
    DATABASE_URL: url,
    ELBOW_READER_URL: readerUrl,
    TEMPORAL_ADDRESS: temporal.address,
  };
});

afterAll(async () => {
  await storage?.close();
  await Promise.all([postgres?.remove(), temporal?.teardown()]);
  rmSync(home, { recursive: true, force: true });
});

const elbow = (...args: readonly string[]): Promise<Ran> => run(args, { env });

const text = (name: string): string =>
  `name: ${name}\nspace: { samplesPerClass: [10, 20], optimizer: [adam, sgd], epochs: 3 }\n`;

/** A sweep of four trials in the state `running`, all of them queued. */
async function seed(name: string): Promise<SweepRow> {
  const source = text(name);
  const spec = parseSweep(source, `${name}.yaml`);
  const { sweep } = await storage.createSweep(spec, source);
  await storage.addTrials(sweep.id, planTrials(spec));
  await storage.moveSweep(sweep.id, ['planning'], 'running');
  return storage.getSweep(sweep.id);
}

const success: Outcome = {
  status: 'succeeded',
  epochs: 2,
  bestEpoch: 1,
  trainLoss: 1.25,
  valLoss: 1.5,
  testLoss: 1.75,
  trainAccuracy: 0.75,
  valAccuracy: 0.5,
  testAccuracy: 0.4375,
  objective: 0.5,
  metrics: {},
  seconds: 12.5,
  imagesPerSecond: 3000,
  diagnosis: null,
  failure: null,
};

const failure: Outcome = {
  ...success,
  status: 'failed',
  epochs: 0,
  bestEpoch: null,
  testAccuracy: null,
  failure: { code: 'out-of-memory', message: 'the trial used more than 1,300 MB' },
};

async function endTrial(sweep: SweepRow, number: number, outcome: Outcome): Promise<void> {
  const { attemptId } = (await storage.queuedTrials(sweep.id, number - 1, 1))[0]!;
  const task = await storage.takeLease(attemptId, { id: 'lab:1', host: 'lab' });
  const { lease } = task!;
  await storage.recordLogs(attemptId, lease, [
    {
      lease,
      index: 0,
      at: new Date(Date.UTC(2026, 10, 24, 12)),
      stream: 'elbow',
      text: `hello from ${number}`,
    },
  ]);
  if (outcome.epochs > 0) {
    await storage.recordEpochs(
      attemptId,
      lease,
      [1, 2].map((epoch) => ({
        epoch,
        trainLoss: 2 / epoch,
        trainAccuracy: 0.25 * epoch,
        valLoss: 2.5 / epoch,
        valAccuracy: 0.125 * epoch,
        learningRate: 0.001,
        seconds: 1.5,
      })),
    );
  }
  await storage.finishAttempt(attemptId, lease, outcome);
}

/** All four ended, the last one failed. */
async function ended(name: string): Promise<SweepRow> {
  const sweep = await seed(name);
  for (const number of [0, 1, 2]) await endTrial(sweep, number, success);
  await endTrial(sweep, 3, failure);
  await storage.moveSweep(sweep.id, ['running'], 'finished');
  return storage.getSweep(sweep.id);
}

const workflowStatus = async (name: string): Promise<string> =>
  (await temporal.client.workflow.getHandle(workflowIds.sweep(name)).describe()).status.name;

describe('results', () => {
  beforeAll(() => ended('seen'));

  it('are listed and shown, with failures by code and what to do', async () => {
    const list = await elbow('list');
    expect(list.code).toBe(0);
    expect(list.stdout).toMatch(/^sweep\s+status/);
    expect(list.stdout).toMatch(/^seen +finished +4 +1 /m);
    const show = await elbow('show', 'seen');
    expect(show.code).toBe(0);
    expect(show.stdout).toMatch(/^seen finished: 3 succeeded, 1 failed/);
    expect(show.stdout).toMatch(/^optimizer=adam +10 +1 \/ 1 +0\.438/m);
    expect(show.stdout).toMatch(/out-of-memory: 1 trial failed \(3\)\n {2}the trial used more than 1,300 MB/);
    expect(show.stderr).toMatch(/`elbow rerun seen`/);
  });

  it('are one JSON document each', async () => {
    const expected = {
      sweep: 'seen',
      status: 'finished',
      trials: 4,
      counts: { queued: 0, running: 0, succeeded: 3, pruned: 0, failed: 1, cancelled: 0 },
    };
    const show = JSON.parse((await elbow('show', 'seen', '--json')).stdout) as Record<string, unknown>;
    expect(show).toMatchObject(expected);
    expect(show['seconds']).toBeTypeOf('number');
    expect(JSON.parse((await elbow('list', '--json')).stdout)).toMatchObject([expected]);
    const watch = await elbow('watch', 'seen', '--json');
    expect(watch.code).toBe(3);
    expect(Object.keys(JSON.parse(watch.stdout) as object)).toEqual([
      'sweep',
      'status',
      'counts',
      'trials',
      'seconds',
    ]);
  });

  it('of one trial have settings, figures and epochs', async () => {
    const trial = await elbow('trial', 'seen', '2');
    expect(trial.code).toBe(0);
    expect(trial.stdout).toMatch(/^seen 2 succeeded: optimizer=adam · 20 per class · replicate 0/);
    expect(trial.stdout).toMatch(/accuracy 0\.438, loss 1\.750/);
    expect(trial.stdout).toMatch(/^ +1 +2 +0\.250 .* best$/m);
    const failed = await elbow('trial', 'seen', '3');
    expect(failed.stdout).toMatch(/failure +out-of-memory: the trial used/);
    const json = JSON.parse((await elbow('trial', 'seen', '2', '--json')).stdout) as Record<string, unknown>;
    expect(json).toMatchObject({ trial: 2, status: 'succeeded', attempts: [{ attempt: 1 }] });
    expect(json['epochMetrics']).toHaveLength(2);
  });

  it('have what the trial printed', async () => {
    expect(await elbow('logs', 'seen', '1')).toMatchObject({
      code: 0,
      stdout: '12:00:00.000  hello from 1\n',
    });
    expect((await elbow('logs', 'seen', '1', '--follow')).stdout).toMatch(/hello from 1/);
    const json = JSON.parse((await elbow('logs', 'seen', '1', '--json')).stdout) as unknown;
    expect(json).toMatchObject([{ text: 'hello from 1', stream: 'elbow' }]);
    expect(await elbow('logs', 'seen', '1', '--attempt', '2')).toMatchObject({ code: 2 });
  });

  it('are asked in SQL: a table, JSON or CSV on stdout, and nothing can be written', async () => {
    const sql = 'select trial, test_accuracy from trial_results order by trial limit 2';
    expect(await elbow('query', sql)).toEqual({
      code: 0,
      stdout: 'trial  test_accuracy\n    0         0.4375\n    1         0.4375\n',
      stderr: '2 rows\n',
    });
    expect(JSON.parse((await elbow('query', sql, '--json')).stdout)).toEqual([
      { trial: 0, test_accuracy: 0.4375 },
      { trial: 1, test_accuracy: 0.4375 },
    ]);
    expect((await elbow('query', sql, '--csv')).stdout).toBe('trial,test_accuracy\n0,0.4375\n1,0.4375\n');
    const write = await elbow('query', 'delete from sweeps');
    expect(write).toMatchObject({ code: 2, stdout: '' });
    const wrong = await elbow('query', 'select nope\nfrom trial_results');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/^line 1:8: /);
  });

  it('that are not there are told by the nearest name or number', async () => {
    const sweep = await elbow('show', 'sen');
    expect(sweep.code).toBe(2);
    expect(sweep.stderr).toMatch(/Did you mean `seen`\? `elbow list`/);
    const trial = await elbow('trial', 'seen', '4');
    expect(trial.code).toBe(2);
    expect(trial.stderr).toMatch(/numbered 0 to 3/);
  });
});

describe('following', () => {
  it('tells each trial as it ends, and the curve at the end', async () => {
    const sweep = await seed('followed');
    const watching = elbow('watch', 'followed');
    for (const number of [0, 1, 2, 3]) await endTrial(sweep, number, success);
    await storage.moveSweep(sweep.id, ['running'], 'finished');
    const { code, stdout, stderr } = await watching;
    expect(code).toBe(0);
    expect(stdout).toMatch(/test accuracy by samples per class/);
    expect(stdout).toMatch(/^followed finished in .*: 4 succeeded$/m);
    expect(stderr).toMatch(/`elbow report followed`/);
    expect(stdout).not.toMatch(/\[/);
  });

  it('ends with 130 on Ctrl-C, says how to go on, and leaves the sweep as it is', async () => {
    const sweep = await seed('left');
    const stop = new AbortController();
    const watching = run(['watch', 'left'], { env, signal: stop.signal });
    stop.abort();
    const { code, stderr, stdout } = await watching;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toMatch(/goes on.*`elbow watch left`.*`elbow cancel left`/s);
    expect((await storage.getSweep(sweep.id)).status).toBe('running');
  });
});

describe('rerun', () => {
  it('opens new attempts for what failed alone, and starts the workflow again', async () => {
    const sweep = await ended('again');
    const before = await storage.trialResult(sweep.id, 0);
    const ran = await elbow('rerun', 'again', '--detach');
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stderr).toMatch(/Running 1 trial again: 3/);
    expect((await storage.attempts(sweep.id, 3)).map((one) => one.status)).toEqual(['failed', 'queued']);
    expect(await storage.trialResult(sweep.id, 0)).toEqual(before);
    expect((await storage.getSweep(sweep.id)).status).toBe('running');
    expect(await workflowStatus('again')).toBe('RUNNING');
    // It runs now, and everything that must not happen meanwhile is refused.
    for (const args of [
      ['rerun', 'again'],
      ['rm', 'again', '--yes'],
    ]) {
      const refused = await elbow(...args);
      expect(refused.code, refused.stderr).toBe(2);
      expect(refused.stderr).toMatch(/again is running/);
    }
    await temporal.client.workflow.getHandle(workflowIds.sweep('again')).terminate();
  });

  it('takes trials by number, and refuses those there are not', async () => {
    const sweep = await ended('numbered');
    const wrong = await elbow('rerun', 'numbered', '--trial', '1,9');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/no trial 9/);
    expect((await storage.attempts(sweep.id, 1)).length).toBe(1);
    const ran = await elbow('rerun', 'numbered', '--trial', '1', '2', '--detach', '--json');
    expect(ran.code, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ status: 'running', counts: { queued: 2, failed: 1 } });
    await temporal.client.workflow.getHandle(workflowIds.sweep('numbered')).terminate();
  });

  it('has nothing to do where nothing failed', async () => {
    const sweep = await seed('whole');
    for (const number of [0, 1, 2, 3]) await endTrial(sweep, number, success);
    await storage.moveSweep(sweep.id, ['running'], 'finished');
    const ran = await elbow('rerun', 'whole');
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toMatch(/Nothing to do/);
    expect((await storage.getSweep(sweep.id)).status).toBe('finished');
  });

  it('starts a sweep again whose workflow was terminated', async () => {
    const sweep = await seed('lost');
    const ran = await elbow('rerun', 'lost', '--detach');
    expect(ran.code, ran.stderr).toBe(0);
    expect(await workflowStatus('lost')).toBe('RUNNING');
    expect(await storage.countTrials(sweep.id)).toMatchObject({ queued: 4, failed: 0 });
    await temporal.client.workflow.getHandle(workflowIds.sweep('lost')).terminate();
  });
});

describe('cancel', () => {
  it('ends a sweep that has no workflow by itself, and may be repeated', async () => {
    const sweep = await seed('stopped');
    await endTrial(sweep, 0, success);
    const ran = await elbow('cancel', 'stopped', '--json');
    expect(ran.code, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      status: 'cancelled',
      counts: { succeeded: 1, cancelled: 3, queued: 0, running: 0 },
    });
    expect((await elbow('cancel', 'stopped')).code).toBe(0);
    expect((await elbow('watch', 'stopped')).code).toBe(3);
  });

  it('waits until the workflow has cancelled all trials', async () => {
    const sweep = await seed('waiting');
    await elbow('rerun', 'waiting', '--detach');
    let hasReturned = false;
    const cancelling = elbow('cancel', 'waiting').then((ran) => {
      hasReturned = true;
      return ran;
    });
    await until('the request', async () => (await storage.getSweep(sweep.id)).status === 'cancelling');
    expect(hasReturned).toBe(false);
    // What a worker would do.
    const why = { code: 'trial-cancelled', message: 'the sweep was cancelled' };
    await storage.closeTrials(sweep.id, { first: 0, last: null }, 'cancelled', why);
    await storage.moveSweep(sweep.id, ['cancelling'], 'cancelled');
    expect((await cancelling).stdout).toBe('The sweep waiting is cancelled: 4 cancelled\n');
    await temporal.client.workflow.getHandle(workflowIds.sweep('waiting')).terminate();
  });

  it('refuses a finished sweep', async () => {
    await ended('over');
    const ran = await elbow('cancel', 'over');
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(/has ended \(finished\)/);
  });
});

describe('rm', () => {
  it('says what it would delete, and does not without being told to', async () => {
    const sweep = await ended('old');
    const asked = await elbow('rm', 'old');
    expect(asked.code).toBe(2);
    expect(asked.stderr).toMatch(/deletes the sweep old: 4 trials .*6 epochs.*--yes/s);
    expect(await storage.findSweep('old')).not.toBeNull();
    expect((await elbow('rm', 'old', '--yes')).stdout).toMatch(/^Deleted the sweep old/);
    expect(await storage.findSweep('old')).toBeNull();
    expect(await storage.trialResults(sweep.id)).toEqual([]);
  });
});

describe('own servers', () => {
  it('are prepared by init, which changes nothing the second time', async () => {
    const own = { ...env, TEMPORAL_NAMESPACE: 'own' };
    const first = await run(['init', '--json'], { env: own });
    expect(first.code, first.stderr).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({ namespace: 'own', isNew: true, migrations: [] });
    expect((JSON.parse(first.stdout) as { added: string[] }).added).toContain('ElbowSweep');
    const second = await run(['init', '--json'], { env: own });
    expect(JSON.parse(second.stdout)).toEqual({ namespace: 'own', isNew: false, added: [], migrations: [] });
  });

  it('that lack the namespace are told so, and nothing is half done', async () => {
    const sweep = await ended('nowhere');
    const ran = await run(['rerun', 'nowhere'], { env: { ...env, TEMPORAL_NAMESPACE: 'nowhere' } });
    expect(ran.code).toBe(4);
    expect(ran.stderr).toMatch(/no namespace nowhere.*`elbow init`/s);
    expect((await storage.getSweep(sweep.id)).status).toBe('finished');
    expect(await storage.attempts(sweep.id, 3)).toHaveLength(1);
  });

  it('out of reach are named, with exit 4', async () => {
    await ended('far');
    const ran = await run(['rerun', 'far'], { env: { ...env, TEMPORAL_ADDRESS: '127.0.0.1:9' } });
    expect(ran.code).toBe(4);
    expect(ran.stderr).toMatch(/127\.0\.0\.1:9.*TEMPORAL_ADDRESS/s);
  });

  it('have their newest schema already', async () => {
    expect((await elbow('migrate')).stdout).toMatch(/newest schema already/);
  });
});
