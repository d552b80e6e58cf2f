import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { SweepStanding } from '../../workflows/messages.js';
import { SIGNALS, UPDATES, workflowIds } from '../../workflows/messages.js';
import { noop } from '../support/engine.js';
import { outcome, sweepSpec } from '../support/rows.js';
import { until } from '../support/wait.js';
import { endless, expectFound, useStage } from './stage.js';

const stage = useStage();

type Handle = Awaited<ReturnType<typeof stage.engine.start>>['handle'];

const pause = (handle: Handle, now = false): Promise<SweepStanding> =>
  handle.executeUpdate(UPDATES.pause, { args: [{ now }] });
const resume = (handle: Handle): Promise<SweepStanding> => handle.executeUpdate(UPDATES.resume);
const limit = (handle: Handle, concurrency: number): Promise<SweepStanding> =>
  handle.executeUpdate(UPDATES.concurrency, { args: [concurrency] });

/** Trainings that end when the test says so. */
function gated(): { open(): void; begun(): number } {
  let begun = 0;
  const waiting: (() => void)[] = [];
  let isOpen = false;
  stage.run = async (job, hooks) => {
    begun++;
    if (!isOpen) {
      await Promise.race([endless(job, hooks), new Promise<void>((resolve) => waiting.push(resolve))]);
    }
    return outcome();
  };
  return {
    open: () => {
      isOpen = true;
      for (const go of waiting.splice(0)) go();
    },
    begun: () => begun,
  };
}

/** Goes on until it is told to stop, and half a second longer: a step of a large network takes its time. */
const slowToStop: typeof stage.run = async (job, hooks) => {
  try {
    return await endless(job, hooks);
  } catch (error) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    throw error;
  }
};

const counts = (id: string) => stage.engine.storage.countTrials(id);
const statusOf = async (id: string) => (await stage.engine.storage.getSweep(id)).status;

describe('pausing', () => {
  it('answers when nothing new can start, waits for what runs, and goes on with the rest', async () => {
    const trainings = gated();
    const { sweep, handle } = await stage.engine.start({ replicates: 20 });
    await until('the slots to be taken', async () => (await counts(sweep.id)).running === 10);
    expect(await pause(handle)).toEqual({ status: 'pausing', running: 10 });
    // Again: the same answer.
    expect(await pause(handle)).toEqual({ status: 'pausing', running: 10 });
    trainings.open();
    await until('the sweep to be paused', async () => (await statusOf(sweep.id)) === 'paused');
    expect(await counts(sweep.id)).toMatchObject({ succeeded: 10, queued: 30 });
    expect(trainings.begun()).toBe(10);
    await expectFound(
      stage,
      `WorkflowType="sweep" AND ElbowSweep="${sweep.name}" AND ElbowStatus="paused"`,
      1,
    );
    expect(await resume(handle)).toEqual({ status: 'running', running: 0 });
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 40 });
    expect(trainings.begun()).toBe(40);
    await expect(pause(handle)).rejects.toThrow();
  });

  it('now stops what runs, which stays the same attempt', async () => {
    stage.run = endless;
    const { sweep, handle } = await stage.engine.start({ replicates: 20 });
    await until('the slots to be taken', async () => (await counts(sweep.id)).running === 10);
    expect(await pause(handle, true)).toMatchObject({ status: 'pausing' });
    await until('the sweep to be paused', async () => (await statusOf(sweep.id)) === 'paused');
    expect(await counts(sweep.id)).toMatchObject({ queued: 40, running: 0 });
    stage.run = () => Promise.resolve(outcome());
    await resume(handle);
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 40 });
    const attempts = await stage.engine.storage.attempts(sweep.id);
    expect(attempts).toHaveLength(40);
    expect(attempts.filter(({ lease }) => lease > 1).length).toBeGreaterThanOrEqual(10);
  });

  it('and going on before what was told to stop has ended loses nothing', async () => {
    let isSlow = true;
    stage.run = (job, hooks) => (isSlow ? slowToStop(job, hooks) : Promise.resolve(outcome()));
    const { sweep, handle } = await stage.engine.start();
    await until('all to run', async () => (await counts(sweep.id)).running === 6);
    await pause(handle, true);
    isSlow = false;
    expect(await resume(handle)).toMatchObject({ status: 'running' });
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 6 });
    const attempts = await stage.engine.storage.attempts(sweep.id);
    expect(attempts.map(({ attempt, status }) => [attempt, status])).toEqual(
      new Array(6).fill([1, 'succeeded']),
    );
  });

  it(
    'is true also where the last trial that ran was the last of its shard',
    { timeout: 120_000 },
    async () => {
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      let isLastRunning = false;
      stage.run = async (job, hooks) => {
        // Trial 199, the last of the first shard; one more is behind it.
        if (job.replicate === 99 && job.samplesPerClass === 20) {
          isLastRunning = true;
          await Promise.race([endless(job, hooks), released]);
        }
        return outcome();
      };
      const { storage } = stage.engine;
      const { sweep } = await storage.createSweep(
        sweepSpec('shard-end', { replicates: 101, trialsPerWorkflow: 20 }),
        '',
      );
      await storage.setConcurrency(sweep.id, 1);
      const handle = await stage.engine.startAgain(sweep);
      await until('the last of the first shard to run', () => isLastRunning);
      expect(await pause(handle)).toEqual({ status: 'pausing', running: 1 });
      release();
      await until('the sweep to be paused', async () => (await statusOf(sweep.id)) === 'paused');
      await resume(handle);
      expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 202 });
    },
  );

  it('asked for by a signal while the sweep is being cancelled disturbs nothing', async () => {
    stage.run = slowToStop;
    const { sweep, handle } = await stage.engine.start();
    await until('all to run', async () => (await counts(sweep.id)).running === 6);
    await stage.engine.storage.moveSweep(sweep.id, ['running'], 'cancelling');
    await handle.cancel();
    await handle.signal(SIGNALS.pause);
    await handle.signal(SIGNALS.resume);
    await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    expect(await statusOf(sweep.id)).toBe('cancelled');
    expect(await counts(sweep.id)).toMatchObject({ cancelled: 6, running: 0 });
  });

  it('works by signals, as from the Temporal UI, and again and again', async () => {
    const trainings = gated();
    const { sweep, handle } = await stage.engine.start({ replicates: 15 });
    await until('the slots to be taken', async () => (await counts(sweep.id)).running === 10);
    for (let round = 0; round < 3; round++) {
      await handle.signal(SIGNALS.pause);
      await until('it to pause', async () => (await statusOf(sweep.id)) === 'pausing');
      await handle.signal(SIGNALS.resume);
      await until('it to run', async () => (await statusOf(sweep.id)) === 'running');
    }
    trainings.open();
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 30 });
    expect(trainings.begun()).toBe(30);
  });

  it('that reaches a shard after what followed it changes nothing', async () => {
    const trainings = gated();
    const { sweep, handle } = await stage.engine.start({ replicates: 15 });
    await until('the slots to be taken', async () => (await counts(sweep.id)).running === 10);
    await pause(handle);
    await resume(handle);
    // The server hands two signals on at once, and the first may come second.
    const shard = stage.engine.temporal.client.workflow.getHandle(workflowIds.shard(sweep.name, 0));
    await shard.signal(SIGNALS.concurrency, 0, 1);
    trainings.open();
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 30 });
  });

  it('before the sweep is planned waits for that', async () => {
    const { sweep, handle } = await stage.engine.start({ ...noop(0), replicates: 30 });
    const standing = await pause(handle);
    expect(['pausing', 'paused', 'finished']).toContain(standing.status);
    await resume(handle).catch(() => undefined);
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 60 });
    expect(await statusOf(sweep.id)).toBe('finished');
  });

  it('ends with a cancellation, which keeps what was reached', async () => {
    const trainings = gated();
    const { sweep, handle } = await stage.engine.start({ replicates: 15 });
    await until('the slots to be taken', async () => (await counts(sweep.id)).running === 10);
    await pause(handle);
    trainings.open();
    await until('the sweep to be paused', async () => (await statusOf(sweep.id)) === 'paused');
    await handle.cancel();
    await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    expect(await counts(sweep.id)).toMatchObject({ succeeded: 10, cancelled: 20 });
  });

  it('survives the loss of the workflow: the next one begins paused', async () => {
    stage.run = endless;
    const { sweep, handle } = await stage.engine.start();
    await until('all to run', async () => (await counts(sweep.id)).running === 6);
    await pause(handle, true);
    await until('the sweep to be paused', async () => (await statusOf(sweep.id)) === 'paused');
    await handle.terminate('by hand');
    stage.run = () => Promise.resolve(outcome());
    const again = await stage.engine.startAgain(sweep);
    expect(await pause(again)).toEqual({ status: 'paused', running: 0 });
    expect(await counts(sweep.id)).toMatchObject({ queued: 6 });
    await resume(again);
    expect(await again.result()).toMatchObject({ status: 'finished', succeeded: 6 });
  });
});

describe('the number of trials at once', () => {
  it('sinks as trials end, and rises at once', async () => {
    const done: (() => void)[] = [];
    let running = 0;
    let most = 0;
    stage.run = async () => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => done.push(resolve));
      running--;
      return outcome();
    };
    const { sweep, handle } = await stage.engine.start({ replicates: 20 });
    await until('the slots to be taken', () => running === 10);
    expect(await limit(handle, 2)).toEqual({ status: 'running', running: 10 });
    expect((await stage.engine.storage.getSweep(sweep.id)).concurrency).toBe(2);
    for (const end of done.splice(0)) end();
    await until('two to run', () => running === 2);
    most = 0;
    for (let ended = 0; ended < 8; ended += 2) {
      for (const end of done.splice(0)) end();
      await until('the next two', () => running === 2 && done.length === 2);
    }
    expect(most).toBe(2);
    await limit(handle, 7);
    await until('seven to run', () => running === 7);
    await limit(handle, 100);
    await until('the slots to be taken', () => running === 10);
    const release = setInterval(() => {
      for (const end of done.splice(0)) end();
    }, 20);
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 40 });
    clearInterval(release);
  });

  it('holds over several shards', async () => {
    const trainings = gated();
    const { handle, sweep } = await stage.engine.start({ replicates: 150 });
    await until('the slots to be taken', async () => (await counts(sweep.id)).running === 10);
    await limit(handle, 4);
    await pause(handle);
    trainings.open();
    await until('the sweep to be paused', async () => (await statusOf(sweep.id)) === 'paused');
    await limit(handle, 9);
    await resume(handle);
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 300 });
  });

  it('is refused below 1, and nothing changes', async () => {
    stage.run = endless;
    const { sweep, handle } = await stage.engine.start();
    for (const wrong of [0, -1, 1.5]) {
      await expect(limit(handle, wrong)).rejects.toBeInstanceOf(WorkflowUpdateFailedError);
    }
    expect((await stage.engine.storage.getSweep(sweep.id)).concurrency).toBe(100);
  });
});
