import { describe, expect, it } from 'vitest';
import { createControlActivities } from '../../activities/index.js';
import { parseSweep, planTrials } from '../../src/spec/index.js';
import type { SweepStatus } from '../../src/storage/index.js';
import { CONTROL_QUEUE, workflowIds } from '../../workflows/messages.js';
import { startWorkers } from '../support/temporal.js';
import { until } from '../support/wait.js';
import {
  elbow,
  endTrial,
  ended,
  seed,
  sql,
  storage,
  success,
  temporal,
  useServers,
  workflowStatus,
} from './servers.js';

useServers();

/** While a worker runs that plans and answers, and trains nothing. */
async function withControl<T>(work: () => Promise<T>): Promise<T> {
  const worker = await startWorkers(temporal, {
    [CONTROL_QUEUE]: {
      activities: createControlActivities({
        storage,
        timeouts: { heartbeatMs: 5_000, startToCloseMs: 60_000 },
      }),
    },
  });
  try {
    return await work();
  } finally {
    await worker.stop();
  }
}

/** A sweep whose workflow runs; all of its four trials wait for a worker of their pool. */
async function underWay(name: string) {
  const sweep = await seed(name);
  const started = await elbow('rerun', name, '--detach');
  expect(started.code, started.stderr).toBe(0);
  return sweep;
}

const terminate = (name: string) => temporal.client.workflow.getHandle(workflowIds.sweep(name)).terminate();

describe('pause and resume', () => {
  it('return when it is true, say what to do next, and may be repeated', async () => {
    await withControl(async () => {
      const sweep = await underWay('held');
      const paused = await elbow('pause', 'held');
      expect(paused, paused.stderr).toMatchObject({
        code: 0,
        stdout: 'The sweep held is paused: 4 queued\n',
        stderr: 'Go on: `elbow resume held`.\n',
      });
      expect((await storage.getSweep(sweep.id)).status).toBe('paused');
      const again = await elbow('pause', 'held', '--now', '--json');
      expect(JSON.parse(again.stdout)).toMatchObject({ sweep: 'held', status: 'paused', trials: 4 });
      const resumed = await elbow('resume', 'held', '--detach');
      expect(resumed, resumed.stderr).toMatchObject({
        code: 0,
        stdout: 'The sweep held runs. Follow it: `elbow watch held`.\n',
      });
      expect((await storage.getSweep(sweep.id)).status).toBe('running');
      const idle = await elbow('resume', 'held');
      expect(idle).toMatchObject({
        code: 0,
        stdout: 'Nothing to do: the sweep held is running, and not paused.\n',
      });
      await terminate('held');
    });
  });

  it('tell how many trials still run, and wait for them where they are told to', async () => {
    await withControl(async () => {
      const sweep = await underWay('busy');
      const [first] = await storage.queuedTrials(sweep.id, -1, 1);
      await until(
        'the sweep to be planned',
        async () => (await elbow('concurrency', 'busy', '9')).code === 0,
      );
      const task = await storage.takeLease(first!.attemptId, { id: 'lab:1', host: 'lab' });
      if (typeof task === 'string') throw new Error(task);
      const paused = await elbow('pause', 'busy');
      expect(paused.stdout).toBe('The sweep busy is pausing: 1 trial still runs, and nothing new starts.\n');
      expect(paused.stderr).toContain('`elbow pause busy --now`');
      let hasReturned = false;
      const waiting = elbow('pause', 'busy', '--wait').then((ran) => {
        hasReturned = true;
        return ran;
      });
      await storage.releaseLease(first!.attemptId, task.lease);
      expect(hasReturned).toBe(false);
      // What the workflow of the trial would bring about.
      await storage.settlePause(sweep.id);
      expect((await waiting).stdout).toBe('The sweep busy is paused: 4 queued\n');
      await terminate('busy');
    });
  });

  it('go on with a sweep whose workflow was lost while it was paused', async () => {
    const sweep = await seed('gone');
    const refused = await elbow('pause', 'gone');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/the workflow of the sweep gone is gone.*`elbow rerun gone`/s);
    await storage.moveSweep(sweep.id, ['running'], 'paused');
    expect((await elbow('resume', 'gone', '--detach')).code).toBe(0);
    expect((await storage.getSweep(sweep.id)).status).toBe('running');
    await terminate('gone');
  });

  it('say so where no worker answers', { timeout: 180_000 }, async () => {
    await underWay('alone');
    const ran = await elbow('pause', 'alone');
    expect(ran.code).toBe(4);
    expect((await elbow('pause', 'alone', '--json')).stdout).toContain('no-worker');
    expect(ran.stderr).toMatch(/no worker has taken the request to the sweep alone.*`elbow up` starts one/s);
    await terminate('alone');
  });
});

describe('concurrency', () => {
  it('shows and sets how many run at once', async () => {
    await withControl(async () => {
      const sweep = await underWay('wide');
      expect((await elbow('concurrency', 'wide')).stdout).toBe(
        '100 trials of the sweep wide may run at once.\n',
      );
      expect((await elbow('concurrency', 'wide', '1')).stdout).toBe(
        '1 trial of the sweep wide may run at once.\n',
      );
      expect((await storage.getSweep(sweep.id)).concurrency).toBe(1);
      const ran = await elbow('concurrency', 'wide', '3', '--json');
      expect(JSON.parse(ran.stdout)).toMatchObject({ sweep: 'wide', concurrency: 3 });
      for (const wrong of ['0', '-1', 'many', '1.5']) {
        const refused = await elbow('concurrency', 'wide', '--', wrong);
        expect(refused.code, wrong).toBe(2);
        expect(refused.stderr).toContain(`got "${wrong}"`);
      }
      await terminate('wide');
    });
  });
});

describe('a sweep whose workflow is gone', () => {
  /** As if nobody had been at it for a minute. */
  const leaveAlone = (id: string): Promise<void> =>
    sql(`update sweeps set changed_at = now() - interval '1 minute' where id = '${id}'`);

  it.each([['list'], ['show', 'SWEEP'], ['watch', 'SWEEP', '--json'], ['rerun', 'SWEEP', '--detach']])(
    'is noticed by %s, and rerun goes on from there',
    { timeout: 60_000 },
    async (...args) => {
      const name = `gone-${args[0]}`;
      const sweep = await underWay(name);
      await endTrial(sweep, 0, success);
      await terminate(name);
      // It might be just being started again.
      await elbow('list');
      expect((await storage.getSweep(sweep.id)).status).toBe('running');
      await leaveAlone(sweep.id);
      const noticed = await elbow(...args.map((arg) => (arg === 'SWEEP' ? name : arg)));
      expect(noticed.stderr).toContain(
        `The workflow of the sweep ${name} has ended there (terminated): 3 trials had not ended. \`elbow rerun ${name}\` runs them again.`,
      );
      if (args[0] !== 'rerun') {
        expect(await storage.getSweep(sweep.id)).toMatchObject({ status: 'failed' });
        expect(await storage.countTrials(sweep.id)).toMatchObject({
          succeeded: 1,
          failed: 3,
          running: 0,
          queued: 0,
        });
        expect(await storage.trialResult(sweep.id, 1)).toMatchObject({ failureCode: 'workflow-lost' });
        expect((await elbow('rerun', name, '--detach')).code).toBe(0);
      }
      expect(await workflowStatus(name)).toBe('RUNNING');
      expect(await storage.countTrials(sweep.id)).toMatchObject({ succeeded: 1, queued: 3 });
      await terminate(name);
    },
  );

  it('is not looked for on another server than its own', async () => {
    const sweep = await underWay('elsewhere');
    await terminate('elsewhere');
    await leaveAlone(sweep.id);
    await storage.setServer(sweep.id, 'temporal.example:7233/elbow');
    await elbow('list');
    expect((await storage.getSweep(sweep.id)).status).toBe('running');
  });

  it('is cancelled where that was asked for', async () => {
    const sweep = await underWay('gone-cancelling');
    await storage.moveSweep(sweep.id, ['running'], 'cancelling');
    await terminate('gone-cancelling');
    await leaveAlone(sweep.id);
    await elbow('list');
    expect(await storage.getSweep(sweep.id)).toMatchObject({ status: 'cancelled' });
    expect(await storage.countTrials(sweep.id)).toMatchObject({ cancelled: 4 });
  });
});

describe('each command in each state', () => {
  // What docs/lifecycle.md says: under way, ended, or about to be.
  const states: readonly SweepStatus[] = ['cancelling', 'finished', 'cancelled', 'failed'];
  it.each(states)(
    'refuses to pause, resume or limit a sweep that is %s, and changes nothing',
    async (status) => {
      const sweep = await ended(`in-${status}`);
      await storage.moveSweep(sweep.id, ['finished'], status);
      for (const args of [['pause'], ['resume'], ['concurrency', '2']]) {
        const [verb, ...rest] = args;
        const ran = await elbow(verb!, sweep.name, ...rest);
        expect(ran.code, `${verb} ${status}`).toBe(2);
        expect(ran.stderr).toMatch(
          status === 'cancelling' ? /is being cancelled/ : new RegExp(`has ended \\(${status}\\)`),
        );
        expect(ran.stderr).toContain(`\`elbow rerun ${sweep.name}\``);
      }
      expect(await storage.getSweep(sweep.id)).toMatchObject({ status, concurrency: 100 });
    },
  );
});

describe('rerun of a sweep that owes a look', () => {
  it('lets it look, and has nothing to do after that', async () => {
    const source =
      'name: owing\nreplicates: 5\nspace: { samplesPerClass: [10, 20] }\nuntil: width(score@20) < 0.1\n';
    const spec = parseSweep(source, 'owing.yaml');
    const { sweep } = await storage.createSweep(spec, source);
    await storage.addTrials(sweep.id, planTrials(spec));
    await storage.moveSweep(sweep.id, ['planning'], 'running');
    for (let number = 0; number < 10; number++) await endTrial(sweep, number, success);
    await storage.moveSweep(sweep.id, ['running'], 'cancelled');
    await withControl(async () => {
      const rerun = await elbow('rerun', 'owing');
      expect(rerun.code, rerun.stderr).toBe(0);
      expect(rerun.stderr).toContain('it looks whether `until` asks for more replicates');
      expect(rerun.stdout).toContain('look 1: width(score@20) < 0.1: so it is for 1 arm with 5 replicates.');
      expect(await storage.decisions(sweep.id)).toMatchObject([{ look: 1, decision: 'met' }]);
      expect((await elbow('rerun', 'owing')).stdout).toMatch(/^Nothing to do: /);
      expect(await storage.decisions(sweep.id)).toHaveLength(1);
    });
  });
});
