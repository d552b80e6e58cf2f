import { afterEach, describe, expect, it } from 'vitest';
import type { Trainers } from '../../activities/index.js';
import { ElbowError } from '../../src/errors.js';
import type { ErrorCode } from '../../src/errors.js';
import { statuses, useStage } from './stage.js';
import { outcome } from '../support/rows.js';
import type { RunningWorker } from '../support/temporal.js';

const stage = useStage();
const started: RunningWorker[] = [];
let pools = 0;

/** A grid of one trial. */
const ONE = { model: ['lenet'], samplesPerClass: [10] };

afterEach(async () => {
  for (const worker of started.splice(0)) await worker.stop();
  for (const { id } of await stage.engine.storage.workers(600_000))
    await stage.engine.storage.removeWorker(id);
});

const succeed: Trainers['run'] = () => Promise.resolve(outcome());
const failWith =
  (code: ErrorCode): Trainers['run'] =>
  () =>
    Promise.reject(new ElbowError(code, 'what went wrong'));

/** Machines of a pool of its own, each with one slot; tells its name, and where each training began. */
async function machines(
  runs: Readonly<Record<string, Trainers['run']>>,
): Promise<{ pool: string; begun: string[] }> {
  const pool = `pool-${++pools}`;
  const begun: string[] = [];
  // All are known before the first takes a trial.
  for (const host of Object.keys(runs)) {
    const row = { id: `${host}:1`, host, pid: 1, pool, slots: 1, version: '0.1.0', device: 'cpu' };
    await stage.engine.storage.seeWorker(row);
  }
  for (const [host, run] of Object.entries(runs)) {
    const trainers: Trainers = {
      run: (job, hooks) => {
        begun.push(host);
        return run(job, hooks);
      },
    };
    started.push(await stage.engine.pool({ trainers, slots: 1, pool, id: `${host}:1` }));
  }
  return { pool, begun };
}

describe('a trial that fails on a machine', () => {
  it('goes on on another, and its failure is kept', async () => {
    let failed = 0;
    // The first machine to have it fails it, whichever that is.
    const once: Trainers['run'] = (job, hooks) =>
      (failed++ === 0 ? failWith('trainer-crashed') : succeed)(job, hooks);
    const { pool, begun } = await machines({ a: once, b: once });
    const { sweep, handle } = await stage.engine.start({ pool, replicates: 1, space: ONE });
    expect(await handle.result()).toMatchObject({ succeeded: 1, failed: 0 });
    expect([...begun].sort()).toEqual(['a', 'b']);
    expect(await stage.engine.storage.failures(sweep.id, 0)).toMatchObject([
      { attempt: 1, code: 'trainer-crashed', host: begun[0], message: 'what went wrong' },
    ]);
  });

  it('has failed for good on the third, although a fourth is there', async () => {
    const crash = failWith('trainer-start');
    const { pool, begun } = await machines({ a: crash, b: crash, c: crash, d: crash });
    const { sweep, handle } = await stage.engine.start({ pool, replicates: 1, space: ONE });
    expect(await handle.result()).toMatchObject({ succeeded: 0, failed: 1 });
    expect(new Set(begun).size).toBe(3);
    const result = await stage.engine.storage.trialResult(sweep.id, 0);
    expect(result).toMatchObject({ failureCode: 'trainer-start' });
    expect(result!.failureMessage).toMatch(/^what went wrong\. It failed 3 times in a row on 3 machines \(/);
  });

  it('for want of memory is tried where there may be more, and fails at once where there is no other', async () => {
    const { pool, begun } = await machines({ small: failWith('out-of-memory'), large: succeed });
    const { handle } = await stage.engine.start({ pool, replicates: 2 });
    expect(await handle.result()).toMatchObject({ succeeded: 4, failed: 0 });
    expect(begun.filter((host) => host === 'large')).toHaveLength(4);
    const alone = await machines({ small: failWith('out-of-memory') });
    const second = await stage.engine.start({ pool: alone.pool, replicates: 1 });
    expect(await second.handle.result()).toMatchObject({ succeeded: 0, failed: 2 });
    expect(alone.begun).toHaveLength(2);
  });
});

describe('a machine on which all trials fail', () => {
  it('is put aside after three, and the others run them all', async () => {
    const { pool, begun } = await machines({ bad: failWith('trainer-crashed'), good: succeed });
    const { sweep, handle } = await stage.engine.start({ pool, replicates: 10 });
    expect(await handle.result()).toMatchObject({ succeeded: 20, failed: 0 });
    expect(await statuses(stage, sweep.id)).toEqual(Array<string>(20).fill('succeeded'));
    expect(begun.filter((host) => host === 'bad')).toHaveLength(3);
    const [bad, good] = await stage.engine.storage.workers(60_000);
    expect(bad).toMatchObject({
      host: 'bad',
      aside: { reason: expect.stringMatching(/^3 different trials/) },
    });
    expect(good).toMatchObject({ host: 'good', aside: null });
  });

  it('is not when it is the only one: each trial has its tries, and the sweep ends', async () => {
    const { pool, begun } = await machines({ only: failWith('trainer-crashed') });
    const { handle } = await stage.engine.start({ pool, replicates: 2 });
    expect(await handle.result()).toMatchObject({ succeeded: 0, failed: 4 });
    expect(begun).toHaveLength(12);
  });
});
