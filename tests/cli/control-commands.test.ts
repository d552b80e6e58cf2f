import { existsSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { workflowIds } from '../../workflows/messages.js';
import { takeLease } from '../support/lease.js';
import { until } from '../support/wait.js';
import {
  elbow,
  endTrial,
  ended,
  env,
  seed,
  sql,
  storage,
  success,
  temporal,
  workflowStatus,
  useServers,
} from './servers.js';

useServers();

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
    const refused = await elbow('rm', 'again', '--yes');
    expect(refused.code, refused.stderr).toBe(2);
    expect(refused.stderr).toMatch(/again is running/);
    const idle = await elbow('rerun', 'again');
    expect(idle, idle.stderr).toMatchObject({ code: 0 });
    expect(idle.stdout).toMatch(/^Nothing to do: /);
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

  it('takes trials by a condition on the view, and only of its own sweep', async () => {
    const sweep = await ended('picked');
    await ended('other');
    const wrong = await elbow('rerun', 'picked', '--where', 'no_such_column > 1');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/--where was refused: .*no_such_column.*trial_results/s);
    expect((await elbow('rerun', 'picked', '--where', "x'; drop table trials")).code).toBe(2);
    expect((await elbow('rerun', 'picked', '--where', 'true', '--failed')).stderr).toMatch(
      /expected one of .*got --where and --failed/,
    );
    const none = await elbow('rerun', 'picked', '--where', "sweep = 'other') or (sweep = 'other'");
    expect(none).toMatchObject({ code: 0 });
    expect(none.stdout).toMatch(/^Nothing to do: /);
    const ran = await elbow('rerun', 'picked', '--where', "optimizer = 'sgd' -- mine", '--detach');
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stderr).toMatch(/Running 2 trials again: /);
    const again = (await storage.attempts(sweep.id)).filter(({ attempt }) => attempt === 2);
    const chosen = (await storage.trialResults(sweep.id)).filter(
      ({ params }) => params['optimizer'] === 'sgd',
    );
    expect(again.map(({ trial }) => trial)).toEqual(chosen.map(({ trial }) => trial));
    await temporal.client.workflow.getHandle(workflowIds.sweep('picked')).terminate();
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

describe('workers', () => {
  it('are listed with the GPUs that they use', async () => {
    const gpu = (index: number, name: string) => ({ index, uuid: `GPU-${index}`, name, memoryMb: 8_000 });
    const common = { host: 'rack', pool: 'gpu', version: '0.1.0', device: 'gpu' };
    const devices = [gpu(0, 'A2'), gpu(2, 'A2'), gpu(1, 'H100')];
    await storage.seeWorker({ ...common, id: 'rack:1', pid: 1, slots: 6, devices });
    await storage.seeWorker({ ...common, id: 'rack:2', pid: 2, slots: 1, devices: [gpu(3, 'A2')] });
    const { stdout } = await elbow('workers');
    expect(stdout).toMatch(/^rack:1 +gpu +0 of 6 +2 × A2 \(0, 2\), H100 \(1\) +0\.1\.0 +now/m);
    expect(stdout).toMatch(/^rack:2 +gpu +0 of 1 +A2 \(3\) +0\.1\.0 +now/m);
    expect(JSON.parse((await elbow('workers', '--json')).stdout)).toMatchObject([{ devices }, {}]);
    for (const id of ['rack:1', 'rack:2']) await storage.removeWorker(id);
  });

  it('are listed with what each runs, and when it was last seen', async () => {
    expect((await elbow('workers')).stderr).toMatch(/There are no workers.*`elbow up` starts one/);
    const sweep = await seed('worked');
    const common = { host: 'lab', pool: 'gpu', slots: 2, version: '0.1.0', device: 'gpu' };
    await storage.seeWorker({ ...common, id: 'lab:1', pid: 1 });
    await storage.seeWorker({ ...common, id: 'lab:2', pid: 2, device: null });
    for (const { attemptId } of await storage.queuedTrials(sweep.id, -1, 2)) {
      await takeLease(storage, attemptId, { id: 'lab:1', host: 'lab' });
    }
    await sql("update workers set last_seen_at = now() - interval '90 seconds' where id = 'lab:2'");
    expect((await elbow('workers')).stdout).toMatch(
      new RegExp(
        [
          '^worker  pool   slots  device  elbow  seen +runs',
          'lab:1   gpu   2 of 2  gpu     0.1.0  now +worked 0, worked 1',
          'lab:2   gpu   0 of 2          0.1.0  silent for 1 m 3\\d s\n$',
        ].join('\n'),
      ),
    );
    expect(JSON.parse((await elbow('workers', '--json')).stdout)).toMatchObject([
      {
        id: 'lab:1',
        busy: 2,
        runs: [
          { sweep: 'worked', trial: 0 },
          { sweep: 'worked', trial: 1 },
        ],
        alive: true,
      },
      { id: 'lab:2', busy: 0, runs: [], alive: false },
    ]);
    const aside = await elbow('workers', '--aside', 'lab:1');
    expect(aside.stdout).toMatch(/lab:1 +gpu +2 of 2 +gpu +0\.1\.0 +aside +worked 0, worked 1/);
    expect(aside.stderr).toMatch(
      /lab:1 is put aside: put aside by hand\. `elbow workers --release lab:1` ends that/,
    );
    expect((await elbow('workers', '--release', 'lab:1')).stdout).toMatch(/lab:1 .* now /);
    const unknown = await elbow('workers', '--release', 'lab:3');
    expect(unknown).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no worker "lab:3"[^]*lab:1, lab:2/),
    });
    expect((await elbow('workers', '--release', 'lab:1', '--aside', 'lab:1')).code).toBe(2);
    await sql("update workers set last_seen_at = now() - interval '1 hour'");
    expect((await elbow('workers')).stdout).toBe('');
    for (const id of ['lab:1', 'lab:2']) await storage.removeWorker(id);
  });
});

describe('gc', () => {
  const folder = (name: string): string => join(env['ELBOW_HOME']!, name);
  /** Files as old as two hours. */
  function leave(path: string, bytes: number): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.alloc(bytes));
    const then = new Date(Date.now() - 2 * 3_600_000);
    for (const one of [path, dirname(path)]) utimesSync(one, then, then);
  }
  const digest = (letter: string): string => letter.repeat(64);

  it('says and deletes what no sweep needs, and nothing else', async () => {
    const sweep = await seed('littered');
    await endTrial(sweep, 0, { ...success, weights: digest('a') });
    const [open, lost] = await storage.queuedTrials(sweep.id, 0, 2);
    await storage.closeAttempt(lost!.attemptId, 'failed', { code: 'workflow-lost', message: 'gone' });
    const kept = [
      // A rerun goes on from there, also while it waits for its turn.
      `checkpoints/${lost!.attemptId}/000001.safetensors`,
      `models/${digest('a')}.safetensors`,
      `models/${digest('a')}.calibration.json`,
      'models/README',
      `checkpoints/${open!.attemptId}/000001.safetensors`,
    ];
    const gone = [
      `models/${digest('b')}.safetensors`,
      `models/${digest('b')}.safetensors.4711`,
      'checkpoints/11111111-2222-4333-8444-555555555555/000001.safetensors',
    ];
    for (const path of [...kept, ...gone]) leave(folder(path), 1_000_000);
    // A program may put links into its folder, to nowhere and to what is above it.
    const ofProgram = folder('checkpoints/22222222-2222-4333-8444-555555555555');
    mkdirSync(ofProgram);
    symlinkSync('nowhere', join(ofProgram, 'broken'));
    symlinkSync('..', join(ofProgram, 'up'));
    const then = new Date(Date.now() - 24 * 3_600_000);
    utimesSync(ofProgram, then, then);
    // The training that is about to refer to it has not stored that yet.
    const young = folder(`models/${digest('c')}.safetensors`);
    writeFileSync(young, '');
    const what =
      '1 file of weights that no trial refers to, checkpoints of 2 attempts that need none, 1 file whose writing was broken off, 3.0 MB';
    expect((await elbow('gc', '--dry-run')).stdout).toBe(`This would delete ${what}.\n`);
    const asked = await elbow('gc');
    expect(asked.code).toBe(2);
    expect(asked.stderr).toMatch(/This deletes 1 file of weights.*`elbow gc --yes`/s);
    expect(existsSync(folder(gone[0]!))).toBe(true);
    expect((await elbow('gc', '--yes')).stdout).toBe(`Deleted ${what}.\n`);
    for (const path of gone) expect(existsSync(folder(path)), path).toBe(false);
    for (const path of kept) expect(existsSync(folder(path)), path).toBe(true);
    expect(existsSync(young)).toBe(true);
    expect((await elbow('gc')).stdout).toBe('Nothing to do: sweeps need all that is here.\n');
    // With its sweep the rest goes.
    await elbow('cancel', 'littered');
    expect((await elbow('rm', 'littered', '--yes')).code).toBe(0);
    for (const path of kept.filter((name) => !name.endsWith('README')))
      expect(existsSync(folder(path)), path).toBe(false);
  });
});

describe('extend', () => {
  it('adds trials to an ended sweep, and starts its workflow again', async () => {
    const sweep = await ended('more');
    const before = await storage.trialResults(sweep.id);
    const planned = await elbow('extend', 'more', '--set', 'samplesPerClass=[50]', '--dry-run', '--json');
    expect(JSON.parse(planned.stdout)).toEqual({ sweep: 'more', added: [4, 5], trials: 6 });
    const dry = await elbow('extend', 'more', '--set', 'samplesPerClass=[50]', '--dry-run');
    expect(dry.stdout).toBe('This would add 2 trials to the 4 of the sweep more: 4–5\n');
    expect(await storage.trialResults(sweep.id)).toHaveLength(4);
    const ran = await elbow(
      'extend',
      'more',
      '--set',
      'samplesPerClass=[50]',
      '--replicates',
      '2',
      '--detach',
    );
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).toContain('The sweep more is running, with 12 trials.');
    expect(ran.stderr).toContain('Added 8 trials to the 4 of the sweep more: 4–11');
    const after = await storage.trialResults(sweep.id);
    expect(after.slice(0, 4)).toEqual(before);
    expect(after.slice(4).every(({ status }) => status === 'queued')).toBe(true);
    expect(await workflowStatus('more')).toBe('RUNNING');
    expect((await storage.getSweep(sweep.id)).spec).toMatchObject({
      replicates: 2,
      space: { samplesPerClass: [10, 20, 50] },
    });
    await temporal.client.workflow.getHandle(workflowIds.sweep('more')).terminate();
  });

  it('has nothing to do where all is there, and refuses what would change it', async () => {
    const sweep = await ended('same');
    for (const args of [
      ['--set', 'optimizer=[sgd]'],
      ['--replicates', '1'],
    ]) {
      const ran = await elbow('extend', 'same', ...args);
      expect(ran).toMatchObject({
        code: 0,
        stdout: 'Nothing to do: the sweep same has all of these trials.\n',
      });
    }
    const idle = await elbow('extend', 'same', '--replicates', '1', '--json');
    expect(JSON.parse(idle.stdout)).toEqual({ sweep: 'same', added: [], trials: 4 });
    const changed = await elbow('extend', 'same', '--set', 'report.target=0.7');
    expect(changed.stdout).toBe(
      'The sweep same is finished, with 4 trials. Look at it: `elbow show same`.\n',
    );
    expect((await storage.getSweep(sweep.id)).spec.report.target).toBe(0.7);
    const wrong: readonly (readonly [string[], RegExp])[] = [
      [[], /expected --set, --replicates, --until or --confirm/],
      [['--set', 'seed=7'], /seed of the sweep same cannot be changed.*under another --name/s],
      [['--replicates', 'many'], /replicates/],
      [['--set', 'optimizer=[adamm]'], /Did you mean `adam`/],
    ];
    for (const [args, message] of wrong) {
      const ran = await elbow('extend', 'same', ...args);
      expect(ran.code, ran.stderr).toBe(2);
      expect(ran.stderr).toMatch(message);
    }
    await storage.moveSweep(sweep.id, ['finished'], 'cancelling');
    expect((await elbow('extend', 'same', '--replicates', '2')).stderr).toMatch(/is being cancelled/);
    expect(await storage.trialResults(sweep.id)).toHaveLength(4);
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
