import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { cpuFeatures } from '../../src/cpu.js';
import { compiled } from '../../src/paths.js';
import type { EpochMetrics, Outcome } from '../../src/storage/storage.js';
import { isGpu } from '../../src/training/index.js';
import { readVersions } from '../../src/versions.js';
import { linkDataset } from '../support/dataset.js';
import { until } from '../support/wait.js';
import { jobOf, poolOf, start, usePools } from './pools.js';

usePools();

/** Trains for hours unless something ends it. */
const ENDLESS = { samplesPerClass: 200, epochs: 1_000, patience: 1_000 };

/** Trainer processes that are children of a process, by default of this one. */
function trainerPids(parent = process.pid): number[] {
  const path = `/proc/${parent}/task/${parent}/children`;
  return readFileSync(path, 'utf8')
    .split(' ')
    .filter((word) => word !== '')
    .map(Number)
    .filter((pid) => commandOf(pid).includes('trainer/process.js'));
}
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
const isGone = (pid: number): boolean => commandOf(pid) === '';

/** Everything but the times. */
const bitsOf = (outcome: Outcome, epochs: readonly EpochMetrics[]): unknown => ({
  outcome: { ...outcome, seconds: 0, imagesPerSecond: 0 },
  epochs: epochs.map((metrics) => ({ ...metrics, seconds: 0 })),
});

describe('a trainer', () => {
  it.skipIf(isGpu())(
    'trains, tells where it ran, and gives the same bits fresh, warm and beside another',
    async () => {
      const pool = poolOf({ slots: 2 });
      const fresh = start(pool, jobOf());
      const first = bitsOf(await fresh.outcome, fresh.epochs);
      expect(fresh.environments).toEqual([
        {
          node: process.version,
          tensorflow: expect.stringMatching(/^\d+\.\d+\.\d+/),
          device: 'cpu',
          threads: 1,
          cpuFeatures: cpuFeatures().join(' '),
          dataDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
          trainingVersion: readVersions().training,
        },
      ]);
      expect(fresh.logs).toEqual([
        expect.stringMatching(
          /^elbow: memory: about 1\d\d MB at a batch of 32 \(.*\), beside \d{3} MB of library and data$/,
        ),
        'elbow: 80 training and 20 validation images',
      ]);
      const [pid] = trainerPids();

      const warm = start(pool, jobOf());
      const other = start(pool, jobOf({ sweepSeed: 7 }));
      expect(bitsOf(await warm.outcome, warm.epochs)).toEqual(first);
      expect(bitsOf(await other.outcome, other.epochs)).not.toEqual(first);
      expect(trainerPids()).toContain(pid);
      expect(trainerPids()).toHaveLength(2);

      // The second trainer is a fresh one that has trained something else before.
      const [a, b] = [start(pool, jobOf()), start(pool, jobOf())];
      expect(bitsOf(await a.outcome, a.epochs)).toEqual(first);
      expect(bitsOf(await b.outcome, b.epochs)).toEqual(first);
      await pool.close();
      expect(trainerPids()).toEqual([]);
    },
  );

  it('is replaced by one with other threads when the slot needs it', async () => {
    const pool = poolOf();
    await start(pool, jobOf({ epochs: 1 })).outcome;
    const [one] = trainerPids();
    await start(pool, jobOf({ epochs: 1, threads: 2 })).outcome;
    await until('the first trainer to end', () => isGone(one!));
    expect(trainerPids()).toHaveLength(1);
  });

  it('ends a trial between two steps when it is cancelled', async () => {
    const pool = poolOf();
    const trial = start(pool, jobOf(ENDLESS));
    await until('the second epoch', () => trial.epochs.length >= 2);
    expect(trial.steps).toBeGreaterThan(0);
    trial.abort();
    await expect(trial.outcome).rejects.toMatchObject({ code: 'trial-cancelled' });
    expect(trainerPids()).toEqual([]);
    // The pool goes on.
    expect((await start(pool, jobOf({ epochs: 1 })).outcome).status).toBe('succeeded');
  });

  it('does not start a trial that is cancelled before, and ends one that is only loading', async () => {
    const pool = poolOf();
    const trial = start(pool, jobOf(ENDLESS));
    trial.abort();
    await expect(trial.outcome).rejects.toMatchObject({ code: 'trial-cancelled' });
    expect(trial.epochs).toEqual([]);
    expect(trainerPids()).toEqual([]);
  });

  it('is told from a crash when the system kills it', async () => {
    const pool = poolOf();
    const trial = start(pool, jobOf(ENDLESS));
    await until('the first epoch', () => trial.epochs.length >= 1);
    process.kill(trainerPids()[0]!, 'SIGKILL');
    await expect(trial.outcome).rejects.toMatchObject({
      code: 'trainer-killed',
      message: expect.stringContaining('SIGKILL'),
      hint: expect.stringContaining('--slots'),
      isRetryable: true,
    });
    expect((await start(pool, jobOf({ epochs: 1 })).outcome).status).toBe('succeeded');
  });

  it('tells the signal it crashed with', async () => {
    const trial = start(poolOf(), jobOf(ENDLESS));
    await until('the first epoch', () => trial.epochs.length >= 1);
    process.kill(trainerPids()[0]!, 'SIGSEGV');
    await expect(trial.outcome).rejects.toMatchObject({
      code: 'trainer-crashed',
      message: expect.stringContaining('ended with SIGSEGV in the middle of a trial'),
    });
  });

  it('is ended when it says nothing any more', async () => {
    const trial = start(poolOf({ silenceLimitMs: 8_000 }), jobOf(ENDLESS));
    await until('the first epoch', () => trial.epochs.length >= 1);
    process.kill(trainerPids()[0]!, 'SIGSTOP');
    await expect(trial.outcome).rejects.toMatchObject({
      code: 'trainer-hung',
      message: 'the trainer said nothing for 8 s and was ended',
      isRetryable: true,
    });
    expect(trainerPids()).toEqual([]);
  });

  it('is ended when it takes more memory than it may', async () => {
    const trial = start(poolOf({ memoryLimitMb: 300 }), jobOf(ENDLESS));
    await expect(trial.outcome).rejects.toMatchObject({
      code: 'out-of-memory',
      message: expect.stringMatching(/^the trial used [\d,]+ MB of memory and may use 300 MB$/),
    });
    expect(trainerPids()).toEqual([]);
  });

  it('tells its last lines when it does not start', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'elbow-trainer-'));
    try {
      writeFileSync(join(scratch, 'broken.cjs'), "throw new Error('no such library');");
      const trial = start(
        poolOf({ env: { NODE_OPTIONS: `--require ${join(scratch, 'broken.cjs')}` } }),
        jobOf(),
      );
      await expect(trial.outcome).rejects.toMatchObject({
        code: 'trainer-start',
        message: expect.stringContaining('no such library'),
        hint: expect.stringContaining('elbow doctor'),
      });
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });
});

describe('a trainer that waits before there is a job', () => {
  const spare = async (): Promise<number> => {
    await until('a trainer that waits', () => trainerPids().length > 0);
    return trainerPids()[0]!;
  };

  it('takes the first one that wants its threads', async () => {
    const pool = poolOf({ spareThreads: 1 });
    const waiting = await spare();
    expect((await start(pool, jobOf({ epochs: 1 })).outcome).status).toBe('succeeded');
    expect(trainerPids()).toEqual([waiting]);
    expect((await start(pool, jobOf({ epochs: 1, threads: 2 })).outcome).status).toBe('succeeded');
    expect(trainerPids()).not.toContain(waiting);
  });

  it('is followed by another when it had to be ended', async () => {
    const pool = poolOf({ spareThreads: 1 });
    const trial = start(pool, jobOf(ENDLESS));
    await until('a step', () => trial.steps > 0);
    const [first] = trainerPids();
    trial.abort();
    await expect(trial.outcome).rejects.toMatchObject({ code: 'trial-cancelled' });
    expect(await spare()).not.toBe(first);
  });

  it('leaves it to a job to tell why it cannot start', async () => {
    const pool = poolOf({ spareThreads: 1, env: { NODE_OPTIONS: '--require /nothing/there.cjs' } });
    await expect(start(pool, jobOf()).outcome).rejects.toMatchObject({ code: 'trainer-start' });
  });

  it('goes with its pool while it starts', async () => {
    const pool = poolOf({ spareThreads: 1 });
    const waiting = await spare();
    await pool.close();
    expect(isGone(waiting)).toBe(true);
  });
});

it('ends with its worker, even when that is killed', async () => {
  const script = `
    const { createTrainerPool } = await import(${JSON.stringify(pathToFileURL(compiled('src/trainer/index.js')).href)});
    const hooks = { signal: new AbortController().signal, onBegin() {}, onStep() {}, onCheckpoint() {}, onLog() {}, onEnvironment() {} };
    const pool = createTrainerPool({ slots: 1, env: process.env });
    await pool.run(${JSON.stringify(jobOf(ENDLESS))}, { ...hooks, onEpoch: () => process.stdout.write('epoch') });`;
  const worker = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = await Promise.race([once(worker.stdout, 'data'), once(worker, 'exit')]);
  expect(String(said[0])).toBe('epoch');
  const pids = trainerPids(worker.pid);
  expect(pids).toHaveLength(1);
  worker.kill('SIGKILL');
  await until('the trainer to end', () => isGone(pids[0]!));
});

describe('a trial that cannot be trained', () => {
  it('fails with the file that is missing, and succeeds when it is back', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'elbow-trainer-'));
    const pool = poolOf();
    try {
      const folder = await linkDataset('cifar10', scratch);
      rmSync(join(folder, 'data_batch_2.bin'));
      const trial = start(pool, jobOf({ dataDir: scratch }));
      await expect(trial.outcome).rejects.toMatchObject({
        code: 'data-missing',
        message: expect.stringContaining(join(folder, 'data_batch_2.bin')),
        hint: expect.stringContaining('Remove the folder'),
      });
      rmSync(folder, { recursive: true });
      await linkDataset('cifar10', scratch);
      expect((await start(pool, jobOf({ dataDir: scratch, epochs: 1 })).outcome).status).toBe('succeeded');
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });

  it('fails with the largest size', async () => {
    await expect(start(poolOf(), jobOf({ samplesPerClass: 5_001 })).outcome).rejects.toMatchObject({
      code: 'data-too-small',
      message: expect.stringContaining('at most 5,000 samples per class, got 5,001'),
    });
  });
});
