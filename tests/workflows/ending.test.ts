import { WorkflowFailedError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { finish } from '../../activities/record.js';
import { workflowIds } from '../../workflows/messages.js';
import { noop } from '../support/engine.js';
import { epoch, outcome } from '../support/rows.js';
import { until } from '../support/wait.js';
import { endless, expectFound, isTrialOne, useStage } from './stage.js';

const stage = useStage();

describe('cancelling', () => {
  it('reaches the trainers, keeps what they had, and marks the rest cancelled', async () => {
    let trainings = 0;
    stage.run = (job, hooks) => {
      // Which trial comes first is up to the server.
      if (trainings++ === 0) return Promise.resolve(outcome());
      hooks.onEpoch(epoch(1));
      return endless(job, hooks);
    };
    const { sweep, handle } = await stage.engine.start({ replicates: 20 });
    await until('the slots to be taken', async () => {
      const counts = await stage.engine.storage.countTrials(sweep.id);
      return counts.running === 10 && counts.succeeded === 1;
    });
    const ran = (await stage.engine.storage.trialResults(sweep.id))
      .filter((one) => one.status === 'running')
      .map((one) => one.trial);
    await handle.cancel();
    await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    expect(await stage.engine.storage.getSweep(sweep.id)).toMatchObject({ status: 'cancelled' });
    expect(await stage.engine.storage.countTrials(sweep.id)).toMatchObject({
      succeeded: 1,
      cancelled: 39,
      running: 0,
      queued: 0,
    });
    const cancelled = (await stage.engine.storage.trialResults(sweep.id)).filter((one) =>
      ran.includes(one.trial),
    );
    expect(cancelled).toHaveLength(10);
    for (const one of cancelled) {
      expect(one).toMatchObject({ status: 'cancelled', epochs: 1, failureCode: 'trial-cancelled' });
    }
    await expectFound(
      stage,
      `WorkflowType="trial" AND ExecutionStatus="Canceled" AND ElbowSweep="${sweep.name}" AND ElbowStatus="cancelled"`,
      39,
    );
  });

  it('reaches trials whose workflows are just being started', async () => {
    const { sweep, handle } = await stage.engine.start({ ...noop(3600), replicates: 200, space: { x: [1] } });
    await until(
      'the first to run',
      async () => (await stage.engine.storage.countTrials(sweep.id)).running > 0,
    );
    await handle.cancel();
    await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    expect(await stage.engine.storage.countTrials(sweep.id)).toMatchObject({ cancelled: 200 });
  });

  it('of one trial in the Temporal UI lets the sweep finish with the others', async () => {
    stage.run = (job, hooks) => (isTrialOne(job) ? endless(job, hooks) : Promise.resolve(outcome()));
    const { sweep, handle } = await stage.engine.start();
    await until(
      'all others to end',
      async () => (await stage.engine.storage.countTrials(sweep.id)).succeeded === 5,
    );
    await stage.engine.temporal.client.workflow.getHandle(workflowIds.trial(sweep.name, 1)).cancel();
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 5, cancelled: 1 });
  });
});

describe('a sweep that is cancelled in its last moment', () => {
  it('has finished where nothing of it was cancelled', async () => {
    const { storage } = stage.engine;
    stage.run = () => Promise.resolve(outcome());
    const { sweep, handle } = await stage.engine.start();
    await handle.result();
    // As `elbow cancel` finds it when the last trial has just ended.
    await storage.moveSweep(sweep.id, ['finished'], 'cancelling');
    expect(await finish(storage, sweep.id, 'cancelled')).toMatchObject({ status: 'finished', succeeded: 6 });
    expect(await storage.getSweep(sweep.id)).toMatchObject({ status: 'finished' });
  });
});

describe('a workflow that is terminated', () => {
  it('leaves a failed trial when it was a trial’s, and the sweep goes on', async () => {
    stage.run = (job, hooks) => (isTrialOne(job) ? endless(job, hooks) : Promise.resolve(outcome()));
    const { sweep, handle } = await stage.engine.start();
    await until(
      'all others to end',
      async () => (await stage.engine.storage.countTrials(sweep.id)).succeeded === 5,
    );
    await stage.engine.temporal.client.workflow
      .getHandle(workflowIds.trial(sweep.name, 1))
      .terminate('by hand');
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 5, failed: 1 });
    expect(await stage.engine.storage.trialResult(sweep.id, 1)).toMatchObject({
      failureCode: 'workflow-lost',
      failureMessage: expect.stringMatching(/terminated/i) as string,
    });
  });

  it('leaves failed trials when it was a shard’s, and the sweep goes on', async () => {
    stage.run = endless;
    const { sweep, handle } = await stage.engine.start();
    await until('all to run', async () => (await stage.engine.storage.countTrials(sweep.id)).running === 6);
    await stage.engine.temporal.client.workflow
      .getHandle(workflowIds.shard(sweep.name, 0))
      .terminate('by hand');
    expect(await handle.result()).toMatchObject({ status: 'finished', failed: 6 });
    expect(await stage.engine.storage.trialResult(sweep.id, 1)).toMatchObject({
      failureCode: 'workflow-lost',
    });
  });

  it('leaves trials running when it was the sweep’s, and the next one takes them up', async () => {
    stage.run = endless;
    const { sweep, handle } = await stage.engine.start();
    await until('all to run', async () => (await stage.engine.storage.countTrials(sweep.id)).running === 6);
    await handle.terminate('by hand');
    stage.run = () => Promise.resolve(outcome());
    // At once: the server ends the children of the terminated workflow a moment later.
    const again = await stage.engine.startAgain(sweep);
    expect(await again.result()).toMatchObject({ status: 'finished', succeeded: 6 });
    expect(await stage.engine.storage.attempts(sweep.id, 0)).toMatchObject([{ attempt: 1, lease: 3 }]);
  });
});
