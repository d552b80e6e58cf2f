import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WorkflowFailedError } from '@temporalio/client';
import type { Trainers } from '../../activities/index.js';
import { ElbowError } from '../../src/errors.js';
import type { TrainJob } from '../../src/trainer/index.js';
import { TRIALS_PER_SHARD, workflowIds } from '../../workflows/messages.js';
import { noop, startEngine, succeeded } from '../support/engine.js';
import type { Engine } from '../support/engine.js';
import type { RunningWorker } from '../support/temporal.js';
import { until } from '../support/wait.js';

const MINUTES = 60_000;
let engine: Engine;
const workers: RunningWorker[] = [];
/** What the trainings of the test that runs do; each test sets its own. */
let run: Trainers['run'] = () => Promise.resolve(succeeded());

beforeAll(async () => {
  engine = await startEngine();
  workers.push(await engine.control());
  workers.push(await engine.pool({ trainers: { run: (job, hooks) => run(job, hooks) }, slots: 10 }));
}, 2 * MINUTES);

afterAll(async () => {
  for (const worker of workers) await worker.stop();
  await engine.remove();
}, MINUTES);

async function statuses(sweepId: string): Promise<string[]> {
  return (await engine.storage.trialResults(sweepId)).map((result) => result.status);
}

/** Trial workflows that match, once the server's index has seen as many as are expected. */
async function expectFound(query: string, count: number): Promise<void> {
  await until(`${count} workflows with ${query}`, async () => {
    return (await engine.temporal.client.workflow.count(query)).count === count;
  });
}

/** A training that goes on until it is cancelled. */
const endless: Trainers['run'] = (_job, { signal }) =>
  new Promise((_resolve, reject) => {
    const stop = (): void => reject(new ElbowError('trial-cancelled', 'the trial was cancelled'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
  });

const isTrialOne = (job: TrainJob): boolean => job.samplesPerClass === 20 && job.replicate === 0;

describe('a sweep', () => {
  it('runs every trial once, and can be found in Temporal by what it is about', async () => {
    run = async (job, hooks) => {
      hooks.onEnvironment({ node: 'v20', tensorflow: '2', device: 'cpu', dataDigest: 'abc' });
      for (const epoch of [1, 2]) {
        hooks.onEpoch({
          epoch,
          trainLoss: 1,
          trainAccuracy: 0.5,
          valLoss: 1,
          valAccuracy: 0.5,
          learningRate: 0.001,
          seconds: 1,
        });
      }
      hooks.onLog('elbow', `seed ${job.sweepSeed}\nreplicate ${job.replicate}`);
      return succeeded();
    };
    const { sweep, handle } = await engine.start();
    expect(await handle.result()).toEqual({
      status: 'finished',
      succeeded: 6,
      pruned: 0,
      failed: 0,
      cancelled: 0,
    });
    expect(await engine.storage.getSweep(sweep.id)).toMatchObject({ status: 'finished' });
    expect(await statuses(sweep.id)).toEqual(Array<string>(6).fill('succeeded'));
    expect(await engine.storage.epochs(sweep.id)).toHaveLength(12);
    expect((await engine.storage.logs(sweep.id, 1)).map((line) => line.text)).toEqual([
      'seed 42',
      'replicate 0',
    ]);
    const [attempt] = await engine.storage.attempts(sweep.id, 0);
    expect(attempt).toMatchObject({ lease: 1, worker: 'test:1', environment: { dataDigest: 'abc' } });

    const of = `WorkflowType="trial" AND ExecutionStatus="Completed" AND ElbowSweep="${sweep.name}"`;
    await expectFound(of, 6);
    await expectFound(`${of} AND ElbowStatus="succeeded" AND ElbowSamplesPerClass=20`, 3);
    await expectFound(`${of} AND ElbowReplicate=1 AND ElbowArm="lenet"`, 2);
    await expectFound(`${of} AND ElbowTrial=5`, 1);
    await expectFound(`WorkflowType="sweep" AND ElbowSweep="${sweep.name}" AND ElbowStatus="finished"`, 1);
  });

  it('says in the Temporal UI what each trial is and how it ended, and what came of all', async () => {
    run = () => Promise.resolve(succeeded());
    const { sweep, handle } = await engine.start();
    await handle.result();
    const trial = engine.temporal.client.workflow.getHandle(workflowIds.trial(sweep.name, 1));
    expect(await (await trial.describe()).staticSummary()).toBe('lenet · 20 per class · replicate 0');
    const metadata = await trial.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(metadata.currentDetails).toMatch(/Trial 1 succeeded.*test accuracy 0\.3750.*2 epochs/);
    const summary = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(summary.currentDetails).toMatch(/samples per class/);
  });

  it('ends finished when trials fail, and tells why they did', async () => {
    run = (job) =>
      job.samplesPerClass === 20 && job.replicate !== 1
        ? Promise.reject(
            new ElbowError('out-of-memory', 'the trial used 9 MB and may use 8 MB', { hint: 'Use less.' }),
          )
        : Promise.resolve(succeeded());
    const { sweep, handle } = await engine.start();
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 4, failed: 2 });
    const failed = (await engine.storage.trialResults(sweep.id)).filter((one) => one.status === 'failed');
    expect(failed.map((one) => [one.samplesPerClass, one.replicate])).toEqual([
      [20, 0],
      [20, 2],
    ]);
    for (const one of failed) {
      expect(one).toMatchObject({
        failureCode: 'out-of-memory',
        failureMessage: 'the trial used 9 MB and may use 8 MB. Use less.',
      });
      // A failure that no retry can help is not tried again.
      expect((await engine.storage.attempts(sweep.id, one.trial))[0]).toMatchObject({ lease: 1 });
    }
    await expectFound(
      `WorkflowType="trial" AND ExecutionStatus="Completed" AND ElbowSweep="${sweep.name}" AND ElbowStatus="failed"`,
      2,
    );
  });

  it('runs only what is queued when it is started again', async () => {
    let isBroken = true;
    run = (job) =>
      isBroken && job.samplesPerClass === 20
        ? Promise.reject(new ElbowError('data-missing', 'the file data_batch_3.bin is missing'))
        : Promise.resolve(succeeded());
    const { sweep, handle } = await engine.start();
    expect(await handle.result()).toMatchObject({ succeeded: 3, failed: 3 });
    isBroken = false;
    const failed = (await engine.storage.trialResults(sweep.id))
      .filter((one) => one.status === 'failed')
      .map((one) => one.trial);
    expect(await engine.storage.openAttempts(sweep.id, failed)).toEqual(failed);
    const again = await engine.startAgain(sweep);
    expect(await again.result()).toMatchObject({ status: 'finished', succeeded: 6, failed: 0 });
    for (const trial of [0, 1, 2, 3, 4, 5]) {
      const attempts = await engine.storage.attempts(sweep.id, trial);
      expect(attempts.map((one) => one.status)).toEqual(
        failed.includes(trial) ? ['failed', 'succeeded'] : ['succeeded'],
      );
    }
  });

  it('tries a trial again whose trainer crashed, in the same attempt', async () => {
    let crashes = 0;
    run = (job) =>
      job.replicate === 0 && job.samplesPerClass === 10 && crashes++ === 0
        ? Promise.reject(new ElbowError('trainer-crashed', 'the trainer process ended with SIGSEGV'))
        : Promise.resolve(succeeded());
    const { sweep, handle } = await engine.start();
    expect(await handle.result()).toMatchObject({ succeeded: 6, failed: 0 });
    const attempts = await engine.storage.attempts(sweep.id, 0);
    expect(attempts).toMatchObject([{ attempt: 1, status: 'succeeded', lease: 2 }]);
  });

  it('gives a trial up whose trainer crashes three times', async () => {
    run = () => Promise.reject(new ElbowError('trainer-crashed', 'the trainer process ended with SIGSEGV'));
    const { sweep, handle } = await engine.start({ replicates: 1, space: { samplesPerClass: [10] } });
    expect(await handle.result()).toMatchObject({ status: 'finished', failed: 1 });
    const attempts = await engine.storage.attempts(sweep.id, 0);
    expect(attempts).toMatchObject([{ status: 'failed', lease: 3 }]);
    expect(await engine.storage.trialResult(sweep.id, 0)).toMatchObject({ failureCode: 'trainer-crashed' });
  });

  it('runs several trials in one workflow where the spec says so', async () => {
    const { sweep, handle } = await engine.start({
      ...noop(0),
      replicates: 45,
      space: { x: [1] },
      trialsPerWorkflow: 20,
    });
    expect(await handle.result()).toMatchObject({ succeeded: 45 });
    const trials = `WorkflowType="trial" AND ElbowSweep="${sweep.name}" AND ElbowStatus="succeeded"`;
    await expectFound(trials, 3);
    await expectFound(`${trials} AND ElbowTrials="20-39"`, 1);
  });

  it('gives equal noop trials equal scores, and others others', async () => {
    const scores = async (seed: number): Promise<unknown[]> => {
      const { sweep, handle } = await engine.start({ ...noop(0), seed });
      await handle.result();
      return (await engine.storage.trialResults(sweep.id)).map((one) => one.objective);
    };
    const first = await scores(1);
    expect(await scores(1)).toEqual(first);
    expect(new Set([...first, ...(await scores(2))]).size).toBe(12);
  });
});

describe('a sweep of more trials than a shard takes', () => {
  it(
    'hands over from shard to shard and runs each trial once',
    async () => {
      const { sweep, handle } = await engine.start({ ...noop(0), replicates: 450, space: { x: [1] } });
      expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 450 });
      const results = await engine.storage.trialResults(sweep.id);
      expect(results).toHaveLength(450);
      expect(results.every((one) => one.attempt === 1 && one.status === 'succeeded')).toBe(true);
      await expectFound(`WorkflowType="shard" AND ElbowSweep="${sweep.name}"`, 3);
      const second = engine.temporal.client.workflow.getHandle(
        workflowIds.shard(sweep.name, TRIALS_PER_SHARD),
      );
      const first = engine.temporal.client.workflow.getHandle(workflowIds.shard(sweep.name, 0));
      const [begun, ended] = [(await second.describe()).startTime, (await first.describe()).closeTime];
      expect(begun.getTime()).toBeLessThan(ended!.getTime());
    },
    2 * MINUTES,
  );
});

describe('cancelling', () => {
  it('reaches the trainers, keeps what they had, and marks the rest cancelled', async () => {
    run = (job, hooks) => {
      if (job.samplesPerClass === 10 && job.replicate === 0) return Promise.resolve(succeeded());
      hooks.onEpoch({
        epoch: 1,
        trainLoss: 1,
        trainAccuracy: 0.5,
        valLoss: 1,
        valAccuracy: 0.5,
        learningRate: 0.001,
        seconds: 1,
      });
      return endless(job, hooks);
    };
    const { sweep, handle } = await engine.start({ replicates: 20 });
    await until('the slots to be taken', async () => {
      const counts = await engine.storage.countTrials(sweep.id);
      return counts.running === 10 && counts.succeeded === 1;
    });
    const ran = (await engine.storage.trialResults(sweep.id))
      .filter((one) => one.status === 'running')
      .map((one) => one.trial);
    await handle.cancel();
    await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    expect(await engine.storage.getSweep(sweep.id)).toMatchObject({ status: 'cancelled' });
    expect(await engine.storage.countTrials(sweep.id)).toMatchObject({
      succeeded: 1,
      cancelled: 39,
      running: 0,
      queued: 0,
    });
    const cancelled = (await engine.storage.trialResults(sweep.id)).filter((one) => ran.includes(one.trial));
    expect(cancelled).toHaveLength(10);
    for (const one of cancelled) {
      expect(one).toMatchObject({ status: 'cancelled', epochs: 1, failureCode: 'trial-cancelled' });
    }
    await expectFound(
      `WorkflowType="trial" AND ExecutionStatus="Canceled" AND ElbowSweep="${sweep.name}" AND ElbowStatus="cancelled"`,
      39,
    );
  });

  it('reaches trials whose workflows are just being started', async () => {
    const { sweep, handle } = await engine.start({ ...noop(3600), replicates: 200, space: { x: [1] } });
    await until('the first to run', async () => (await engine.storage.countTrials(sweep.id)).running > 0);
    await handle.cancel();
    await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    expect(await engine.storage.countTrials(sweep.id)).toMatchObject({ cancelled: 200 });
  });

  it('of one trial in the Temporal UI lets the sweep finish with the others', async () => {
    run = (job, hooks) => (isTrialOne(job) ? endless(job, hooks) : Promise.resolve(succeeded()));
    const { sweep, handle } = await engine.start();
    await until(
      'all others to end',
      async () => (await engine.storage.countTrials(sweep.id)).succeeded === 5,
    );
    await engine.temporal.client.workflow.getHandle(workflowIds.trial(sweep.name, 1)).cancel();
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 5, cancelled: 1 });
  });
});

describe('a workflow that is terminated', () => {
  it('leaves a failed trial when it was a trial’s, and the sweep goes on', async () => {
    run = (job, hooks) => (isTrialOne(job) ? endless(job, hooks) : Promise.resolve(succeeded()));
    const { sweep, handle } = await engine.start();
    await until(
      'all others to end',
      async () => (await engine.storage.countTrials(sweep.id)).succeeded === 5,
    );
    await engine.temporal.client.workflow.getHandle(workflowIds.trial(sweep.name, 1)).terminate('by hand');
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 5, failed: 1 });
    expect(await engine.storage.trialResult(sweep.id, 1)).toMatchObject({
      failureCode: 'workflow-lost',
      failureMessage: expect.stringMatching(/terminated/i) as string,
    });
  });

  it('leaves failed trials when it was a shard’s, and the sweep goes on', async () => {
    run = endless;
    const { sweep, handle } = await engine.start();
    await until('all to run', async () => (await engine.storage.countTrials(sweep.id)).running === 6);
    await engine.temporal.client.workflow.getHandle(workflowIds.shard(sweep.name, 0)).terminate('by hand');
    expect(await handle.result()).toMatchObject({ status: 'finished', failed: 6 });
    expect(await engine.storage.trialResult(sweep.id, 1)).toMatchObject({ failureCode: 'workflow-lost' });
  });

  it('leaves trials running when it was the sweep’s, and the next one takes them up', async () => {
    run = endless;
    const { sweep, handle } = await engine.start();
    await until('all to run', async () => (await engine.storage.countTrials(sweep.id)).running === 6);
    await handle.terminate('by hand');
    run = () => Promise.resolve(succeeded());
    // At once: the server ends the children of the terminated workflow a moment later.
    const again = await engine.startAgain(sweep);
    expect(await again.result()).toMatchObject({ status: 'finished', succeeded: 6 });
    expect(await engine.storage.attempts(sweep.id, 0)).toMatchObject([{ attempt: 1, lease: 2 }]);
  });
});
