import { describe, expect, it } from 'vitest';
import { ElbowError } from '../../src/errors.js';
import { WORKFLOWS_PER_SHARD, workflowIds } from '../../workflows/messages.js';
import { noop } from '../support/engine.js';
import { epoch, outcome } from '../support/rows.js';
import { MINUTES, expectFound, statuses, useStage } from './stage.js';

const stage = useStage();

describe('a sweep', () => {
  it('runs every trial once, and can be found in Temporal by what it is about', async () => {
    stage.run = async (job, hooks) => {
      hooks.onEnvironment({
        node: 'v20',
        tensorflow: '2',
        device: 'cpu',
        dataDigest: 'abc',
        threads: 1,
        cpuFeatures: 'avx',
      });
      for (const number of [1, 2]) {
        hooks.onEpoch(epoch(number));
      }
      hooks.onLog('elbow', `seed ${job.sweepSeed}\nreplicate ${job.replicate}`);
      return outcome();
    };
    const { sweep, handle } = await stage.engine.start();
    expect(await handle.result()).toEqual({
      status: 'finished',
      succeeded: 6,
      pruned: 0,
      failed: 0,
      cancelled: 0,
    });
    expect(await stage.engine.storage.getSweep(sweep.id)).toMatchObject({ status: 'finished' });
    expect(await statuses(stage, sweep.id)).toEqual(Array<string>(6).fill('succeeded'));
    expect(await stage.engine.storage.epochs(sweep.id)).toHaveLength(12);
    expect((await stage.engine.storage.logs(sweep.id, 1)).map((line) => line.text)).toEqual([
      'seed 42',
      'replicate 0',
    ]);
    const [attempt] = await stage.engine.storage.attempts(sweep.id, 0);
    expect(attempt).toMatchObject({ lease: 1, worker: 'test:1', environment: { dataDigest: 'abc' } });

    const of = `WorkflowType="trial" AND ExecutionStatus="Completed" AND ElbowSweep="${sweep.name}"`;
    await expectFound(stage, of, 6);
    await expectFound(stage, `${of} AND ElbowStatus="succeeded" AND ElbowSamplesPerClass=20`, 3);
    await expectFound(stage, `${of} AND ElbowReplicate=1 AND ElbowArm="lenet"`, 2);
    await expectFound(stage, `${of} AND ElbowTrial=5`, 1);
    await expectFound(
      stage,
      `WorkflowType="sweep" AND ElbowSweep="${sweep.name}" AND ElbowStatus="finished"`,
      1,
    );
  });

  it('says in the Temporal UI what each trial is and how it ended, and what came of all', async () => {
    stage.run = () => Promise.resolve(outcome());
    const { sweep, handle } = await stage.engine.start();
    await handle.result();
    const trial = stage.engine.temporal.client.workflow.getHandle(workflowIds.trial(sweep.name, 1));
    expect(await (await trial.describe()).staticSummary()).toBe('lenet · 20 per class · replicate 0');
    const metadata = await trial.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(metadata.currentDetails).toMatch(/Trial 1 succeeded.*test accuracy 0\.3750.*2 epochs/);
    const summary = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(summary.currentDetails).toMatch(/samples per class/);
  });

  it('ends finished when trials fail, and tells why they did', async () => {
    stage.run = (job) =>
      job.samplesPerClass === 20 && job.replicate !== 1
        ? Promise.reject(
            new ElbowError('out-of-memory', 'the trial used 9 MB and may use 8 MB', { hint: 'Use less.' }),
          )
        : Promise.resolve(outcome());
    const { sweep, handle } = await stage.engine.start();
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 4, failed: 2 });
    const failed = (await stage.engine.storage.trialResults(sweep.id)).filter(
      (one) => one.status === 'failed',
    );
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
      expect((await stage.engine.storage.attempts(sweep.id, one.trial))[0]).toMatchObject({ lease: 1 });
    }
    await expectFound(
      stage,
      `WorkflowType="trial" AND ExecutionStatus="Completed" AND ElbowSweep="${sweep.name}" AND ElbowStatus="failed"`,
      2,
    );
  });

  it('runs only what is queued when it is started again', async () => {
    let isBroken = true;
    stage.run = (job) =>
      isBroken && job.samplesPerClass === 20
        ? Promise.reject(new ElbowError('data-missing', 'the file data_batch_3.bin is missing'))
        : Promise.resolve(outcome());
    const { sweep, handle } = await stage.engine.start();
    expect(await handle.result()).toMatchObject({ succeeded: 3, failed: 3 });
    isBroken = false;
    const failed = (await stage.engine.storage.trialResults(sweep.id))
      .filter((one) => one.status === 'failed')
      .map((one) => one.trial);
    expect(await stage.engine.storage.openAttempts(sweep.id, failed)).toEqual(failed);
    const again = await stage.engine.startAgain(sweep);
    expect(await again.result()).toMatchObject({ status: 'finished', succeeded: 6, failed: 0 });
    for (const trial of [0, 1, 2, 3, 4, 5]) {
      const attempts = await stage.engine.storage.attempts(sweep.id, trial);
      expect(attempts.map((one) => one.status)).toEqual(
        failed.includes(trial) ? ['failed', 'succeeded'] : ['succeeded'],
      );
    }
  });

  it('tries a trial again whose trainer crashed, in the same attempt', async () => {
    let crashes = 0;
    stage.run = (job) =>
      job.replicate === 0 && job.samplesPerClass === 10 && crashes++ === 0
        ? Promise.reject(new ElbowError('trainer-crashed', 'the trainer process ended with SIGSEGV'))
        : Promise.resolve(outcome());
    const { sweep, handle } = await stage.engine.start();
    expect(await handle.result()).toMatchObject({ succeeded: 6, failed: 0 });
    const attempts = await stage.engine.storage.attempts(sweep.id, 0);
    expect(attempts).toMatchObject([{ attempt: 1, status: 'succeeded', lease: 2 }]);
  });

  it('gives a trial up whose trainer crashes three times', async () => {
    stage.run = () =>
      Promise.reject(new ElbowError('trainer-crashed', 'the trainer process ended with SIGSEGV'));
    const { sweep, handle } = await stage.engine.start({ replicates: 1, space: { samplesPerClass: [10] } });
    expect(await handle.result()).toMatchObject({ status: 'finished', failed: 1 });
    const attempts = await stage.engine.storage.attempts(sweep.id, 0);
    expect(attempts).toMatchObject([{ status: 'failed', lease: 3 }]);
    expect(await stage.engine.storage.trialResult(sweep.id, 0)).toMatchObject({
      failureCode: 'trainer-crashed',
    });
  });

  it('runs several trials in one workflow where the spec says so', async () => {
    const { sweep, handle } = await stage.engine.start({
      ...noop(0),
      replicates: 45,
      space: { x: [1] },
      trialsPerWorkflow: 20,
    });
    expect(await handle.result()).toMatchObject({ succeeded: 45 });
    const trials = `WorkflowType="trial" AND ElbowSweep="${sweep.name}" AND ElbowStatus="succeeded"`;
    await expectFound(stage, trials, 3);
    await expectFound(stage, `${trials} AND ElbowTrials="20-39"`, 1);
  });

  it('gives equal noop trials equal scores, and others others', async () => {
    const scores = async (seed: number): Promise<unknown[]> => {
      const { sweep, handle } = await stage.engine.start({ ...noop(0), seed });
      await handle.result();
      return (await stage.engine.storage.trialResults(sweep.id)).map((one) => one.objective);
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
      const { sweep, handle } = await stage.engine.start({ ...noop(0), replicates: 450, space: { x: [1] } });
      expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 450 });
      const results = await stage.engine.storage.trialResults(sweep.id);
      expect(results).toHaveLength(450);
      expect(results.every((one) => one.attempt === 1 && one.status === 'succeeded')).toBe(true);
      await expectFound(stage, `WorkflowType="shard" AND ElbowSweep="${sweep.name}"`, 3);
      const second = stage.engine.temporal.client.workflow.getHandle(
        workflowIds.shard(sweep.name, WORKFLOWS_PER_SHARD),
      );
      const first = stage.engine.temporal.client.workflow.getHandle(workflowIds.shard(sweep.name, 0));
      const [begun, ended] = [(await second.describe()).startTime, (await first.describe()).closeTime];
      expect(begun.getTime()).toBeLessThan(ended!.getTime());
    },
    2 * MINUTES,
  );
});
