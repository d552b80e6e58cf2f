import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Trainers } from '../../activities/index.js';
import { ElbowError } from '../../src/errors.js';
import type { TrainJob } from '../../src/trainer/index.js';
import { epoch, outcome } from '../support/rows.js';
import type { RunningWorker } from '../support/temporal.js';
import { useStage } from './stage.js';

const stage = useStage();
const folder = mkdtempSync(join(tmpdir(), 'elbow-taken-over-'));
const POOL = 'frozen';
let worker: RunningWorker;
let run: Trainers['run'];

beforeAll(async () => {
  const trainers: Trainers = { run: (job, hooks) => run(job, hooks) };
  worker = await stage.engine.pool({ trainers, slots: 1, pool: POOL, checkpoints: folder });
});

afterAll(async () => {
  await worker.stop();
  rmSync(folder, { recursive: true });
});

const start = () =>
  stage.engine.start({ pool: POOL, replicates: 1, space: { model: ['lenet'], samplesPerClass: [10] } });

const keep = (job: TrainJob, name: string): void => {
  mkdirSync(job.keep!.checkpoints, { recursive: true });
  writeFileSync(join(job.keep!.checkpoints, name), '');
};

/** Another worker takes the attempt over; tells its lease. */
async function takeOver(attemptId: string): Promise<number> {
  const task = await stage.engine.storage.takeLease(attemptId, { id: 'other:1', host: 'other' });
  if (typeof task === 'string') throw new Error(`expected a lease, got ${task}`);
  return task.lease;
}

/** A trainer that nobody has told yet: it goes on, is refused, and keeps what it has when it is stopped. */
const goOn: Trainers['run'] = async (job, { signal, onEpoch }) => {
  const stopped = new Promise((resolve) => signal.addEventListener('abort', resolve));
  onEpoch(epoch(1));
  await stopped;
  keep(job, 'kept when it was stopped');
  throw new ElbowError('trial-cancelled', 'the trial was cancelled');
};

describe('an execution that was taken for lost', () => {
  it('leaves nothing behind where its successor has brought the attempt to its end', async () => {
    let path = '';
    run = async (job, hooks) => {
      path = job.keep!.checkpoints;
      const lease = await takeOver(basename(path));
      await stage.engine.storage.finishAttempt(basename(path), lease, outcome());
      return goOn(job, hooks);
    };
    const { handle } = await start();
    expect(await handle.result()).toMatchObject({ succeeded: 1 });
    expect(path).not.toBe('');
    expect(existsSync(path)).toBe(false);
  });

  it('leaves the checkpoints where its successor may need them', async () => {
    let executions = 0;
    let isKept = false;
    run = async (job, hooks) => {
      if (++executions === 1) {
        await takeOver(basename(job.keep!.checkpoints));
        return goOn(job, hooks);
      }
      isKept = existsSync(join(job.keep!.checkpoints, 'kept when it was stopped'));
      return outcome();
    };
    const { handle } = await start();
    expect(await handle.result()).toMatchObject({ succeeded: 1 });
    expect(executions).toBe(2);
    expect(isKept).toBe(true);
  });
});
