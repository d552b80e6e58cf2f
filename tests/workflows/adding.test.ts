import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { SweepStanding } from '../../workflows/messages.js';
import { UPDATES, workflowIds } from '../../workflows/messages.js';
import { ElbowError } from '../../src/errors.js';
import { outcome } from '../support/rows.js';
import { until } from '../support/wait.js';
import { endless, isTrialOne, useStage } from './stage.js';

const stage = useStage();

type Handle = Awaited<ReturnType<typeof stage.engine.start>>['handle'];
const runMore = (handle: Handle): Promise<SweepStanding> => handle.executeUpdate(UPDATES.more);
const counts = (id: string) => stage.engine.storage.countTrials(id);

/** Fails every training but that of trial 1, which lasts until it is let go. */
function failAllButOne(): { release(): void } {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  stage.run = async (job, hooks) => {
    if (!isTrialOne(job)) throw new ElbowError('out-of-memory', 'the trial used too much memory');
    await Promise.race([endless(job, hooks), released]);
    return outcome();
  };
  return { release: () => release() };
}

describe('attempts that are added to a running sweep', () => {
  it('run at once, while others of it still run', async () => {
    const held = failAllButOne();
    const { sweep, handle } = await stage.engine.start();
    await until('the others to fail', async () => (await counts(sweep.id)).failed === 5);
    stage.run = () => Promise.resolve(outcome());
    const opened = await stage.engine.storage.openAttempts(sweep.id, [0, 1, 2, 3, 4, 5]);
    expect(opened).toEqual([0, 2, 3, 4, 5]);
    expect(await runMore(handle)).toMatchObject({ status: 'running' });
    // Told twice: nothing is run twice.
    await runMore(handle);
    await until('them to succeed', async () => (await counts(sweep.id)).succeeded === 5);
    expect(await counts(sweep.id)).toMatchObject({ running: 1 });
    held.release();
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 6, failed: 0 });
    const attempts = await stage.engine.storage.attempts(sweep.id);
    expect(attempts).toHaveLength(11);
    expect(attempts.every(({ lease }) => lease === 1)).toBe(true);
    expect(
      (
        await stage.engine.temporal.client.workflow
          .getHandle(workflowIds.laterTrial(sweep.name, 0, 2))
          .describe()
      ).status.name,
    ).toBe('COMPLETED');
  });

  it('do not suffer from what becomes of the workflow of an earlier attempt', async () => {
    const held = failAllButOne();
    stage.run = (job, hooks) =>
      isTrialOne(job) || job.replicate === 1
        ? endless(job, hooks)
        : Promise.reject(new ElbowError('out-of-memory', 'the trial used too much memory'));
    // Trials 0 to 2 in one workflow: 0 fails, 1 runs, 2 waits for it.
    const { sweep, handle } = await stage.engine.start({ trialsPerWorkflow: 3 });
    await until('trial 0 to fail', async () => (await counts(sweep.id)).failed >= 1);
    await stage.engine.storage.openAttempts(sweep.id, [0]);
    stage.run = endless;
    await runMore(handle);
    await until('its further attempt to run', async () => {
      const result = await stage.engine.storage.trialResult(sweep.id, 0);
      return result?.attempt === 2 && result.status === 'running';
    });
    await stage.engine.temporal.client.workflow
      .getHandle(workflowIds.trial(sweep.name, 0))
      .terminate('by hand');
    await until('the others of that workflow to be lost', async () => {
      const results = await stage.engine.storage.trialResults(sweep.id);
      return [1, 2].every((number) => results[number]!.failureCode === 'workflow-lost');
    });
    expect(await stage.engine.storage.trialResult(sweep.id, 0)).toMatchObject({
      attempt: 2,
      status: 'running',
    });
    expect((await handle.describe()).status.name).toBe('RUNNING');
    held.release();
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
  });

  it('run also where nobody has told the workflow', async () => {
    const held = failAllButOne();
    const { sweep, handle } = await stage.engine.start();
    await until('the others to fail', async () => (await counts(sweep.id)).failed === 5);
    stage.run = () => Promise.resolve(outcome());
    await stage.engine.storage.openAttempts(sweep.id, [0, 2]);
    held.release();
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 3, failed: 3 });
  });

  it('keep to the number of trials at once, and wait while the sweep is paused', async () => {
    const held = failAllButOne();
    const { sweep, handle } = await stage.engine.start();
    await until('the others to fail', async () => (await counts(sweep.id)).failed === 5);
    await handle.executeUpdate(UPDATES.concurrency, { args: [2] });
    await handle.executeUpdate(UPDATES.pause, { args: [{ now: false }] });
    let running = 0;
    let most = 0;
    stage.run = async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return outcome();
    };
    await stage.engine.storage.openAttempts(sweep.id, [0, 2, 3, 4, 5]);
    await runMore(handle);
    expect(await counts(sweep.id)).toMatchObject({ queued: 5, running: 1 });
    await handle.executeUpdate(UPDATES.resume);
    held.release();
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 6 });
    expect(most).toBeLessThanOrEqual(2);
  });

  it('are refused once the sweep has ended', async () => {
    stage.run = () => Promise.resolve(outcome());
    const { handle } = await stage.engine.start();
    // Until it has ended, there is always time for more.
    const asking = async (): Promise<never> => {
      for (;;) await runMore(handle);
    };
    const refused = asking().catch((error: unknown) => error);
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 6 });
    const error = await refused;
    expect(error instanceof WorkflowUpdateFailedError || error instanceof WorkflowNotFoundError).toBe(true);
  });
});
