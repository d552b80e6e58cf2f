import { WorkflowFailedError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { ElbowError } from '../../src/errors.js';
import { UPDATES, workflowIds } from '../../workflows/messages.js';
import { noop } from '../support/engine.js';
import { outcome } from '../support/rows.js';
import { until } from '../support/wait.js';
import { endless, expectFound, MINUTES, useStage } from './stage.js';

const stage = useStage();

/** One arm and one size: trial and replicate have the same number. */
const sixInOne = { replicates: 6, trialsPerWorkflow: 6, space: { model: ['lenet'], samplesPerClass: [10] } };
type Sweep = Awaited<ReturnType<typeof stage.engine.start>>['sweep'];

async function activitiesOf(sweep: Sweep): Promise<string[]> {
  const { workflow } = stage.engine.temporal.client;
  const { events } = await workflow.getHandle(workflowIds.trial(sweep.name, 0)).fetchHistory();
  return (events ?? []).flatMap((one) => one.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
}

/** Trainings that end at once but for one replicate, which goes on until it may end. */
function stuckAt(replicate: number): { readonly begun: number[]; readonly free: () => void } {
  const begun: number[] = [];
  let free = (): void => undefined;
  const freed = new Promise<void>((resolve) => (free = resolve));
  stage.run = async (job, hooks) => {
    begun.push(job.replicate);
    if (job.replicate === replicate) await Promise.race([endless(job, hooks), freed]);
    return outcome();
  };
  return { begun, free };
}

const counts = (id: string) => stage.engine.storage.countTrials(id);
const runs = async (id: string): Promise<boolean> => {
  const { running, succeeded } = await counts(id);
  return running === 1 && succeeded === 2;
};

describe('several trials in a workflow', () => {
  it('cost one activity, although one fails for good and one is tried again', async () => {
    const begun: number[] = [];
    stage.run = ({ replicate }) => {
      begun.push(replicate);
      if (replicate === 1) return Promise.reject(new ElbowError('data-missing', 'a file is missing'));
      if (replicate === 3 && begun.filter((one) => one === 3).length === 1)
        return Promise.reject(new ElbowError('trainer-crashed', 'it crashed'));
      return Promise.resolve(outcome());
    };
    const { sweep, handle } = await stage.engine.start(sixInOne);
    expect(await handle.result()).toMatchObject({ succeeded: 5, failed: 1 });
    expect(begun).toEqual([0, 1, 2, 3, 3, 4, 5]);
    expect(await activitiesOf(sweep)).toEqual(['train']);
    expect(await stage.engine.storage.trialResult(sweep.id, 1)).toMatchObject({
      status: 'failed',
      failureCode: 'data-missing',
    });
  });

  it('are paused at the one that runs, and go on with it', async () => {
    const { begun, free } = stuckAt(2);
    const { sweep, handle } = await stage.engine.start(sixInOne);
    await until('the third to run', () => runs(sweep.id));
    await handle.executeUpdate(UPDATES.pause, { args: [{ now: true }] });
    await until('the sweep to be paused', async () => {
      return (await stage.engine.storage.getSweep(sweep.id)).status === 'paused';
    });
    expect(await counts(sweep.id)).toMatchObject({ succeeded: 2, queued: 4, running: 0 });
    free();
    await handle.executeUpdate(UPDATES.resume);
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 6 });
    expect(begun).toEqual([0, 1, 2, 2, 3, 4, 5]);
  });

  it('keep what has ended when they are cancelled', async () => {
    const { begun } = stuckAt(2);
    const { sweep, handle } = await stage.engine.start(sixInOne);
    await until('the third to run', () => runs(sweep.id));
    await handle.cancel();
    await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    expect(await counts(sweep.id)).toMatchObject({ succeeded: 2, cancelled: 4, running: 0, queued: 0 });
    expect(begun).toEqual([0, 1, 2]);
  });
});

describe('a sweep of short trials', () => {
  it(
    'has shards of as many workflows as others, and so of more trials',
    async () => {
      const { sweep, handle } = await stage.engine.start({
        ...noop(0),
        replicates: 450,
        trialsPerWorkflow: 20,
        space: { x: [1] },
      });
      expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 450 });
      await expectFound(stage, `WorkflowType="shard" AND ElbowSweep="${sweep.name}"`, 1);
      await expectFound(stage, `WorkflowType="trial" AND ElbowSweep="${sweep.name}"`, 23);
    },
    MINUTES,
  );
});
