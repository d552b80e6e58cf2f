import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { GpuDevice } from '../../src/stack/index.js';
import { createSlotDesk } from '../../src/trainer/desk.js';
import { dealSlots } from '../../src/trainer/dealing.js';
import { allowedCores } from '../../src/trainer/pinning.js';
import type { Trainer } from '../../src/trainer/trainer.js';
import { isGpu } from '../../src/training/index.js';
import { until } from '../support/wait.js';
import { jobOf, poolOf, start, usePools } from './pools.js';

usePools();

/** No GPU is here: the trainers of these tests are told of one, do not find it, and train on the CPU. */
const gpu = (memoryMb: number | null): GpuDevice => ({ index: 0, uuid: 'GPU-0', name: 'GPU', memoryMb });
const poolOn = (devices: readonly GpuDevice[], cores: readonly number[] | null = null) =>
  poolOf({ slots: createSlotDesk<Trainer>(dealSlots(2, devices, cores)) });

interface Seen {
  readonly cores: string | undefined;
  readonly devices: string | undefined;
  readonly growth: string | undefined;
}

/** What the trainers of this process have of the machine. */
function trainers(): Seen[] {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')
    .trim()
    .split(' ');
  return children
    .filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('trainer/process.js'))
    .map((pid) => {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      const valueOf = (name: string): string | undefined =>
        environment.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
      return {
        cores: /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1],
        devices: valueOf('CUDA_VISIBLE_DEVICES'),
        growth: valueOf('TF_FORCE_GPU_ALLOW_GROWTH'),
      };
    });
}

describe.skipIf(isGpu())('trainers of slots', () => {
  it('have the GPU and the cores of their slot, and the bits that they have anywhere', async () => {
    const anywhere = await start(poolOf(), jobOf()).outcome;
    const cores = allowedCores();
    const pool = poolOn([gpu(null), { ...gpu(null), uuid: 'GPU-1' }], cores);
    const both = [start(pool, jobOf()), start(pool, jobOf())];
    for (const { outcome } of both) {
      expect({ ...(await outcome), seconds: 0, imagesPerSecond: 0 }).toEqual({
        ...anywhere,
        seconds: 0,
        imagesPerSecond: 0,
      });
    }
    const seen = trainers().filter(({ devices }) => devices !== process.env['CUDA_VISIBLE_DEVICES']);
    expect(seen.map(({ devices }) => devices).sort()).toEqual(['GPU-0', 'GPU-1']);
    expect(seen.every(({ growth }) => growth === 'true')).toBe(true);
    if (cores.length < 2) return;
    expect(new Set(seen.map((one) => one.cores)).size).toBe(2);
    // With more threads than the slot has cores it may run on all.
    const threads = Math.ceil(cores.length / 2) + 1;
    await start(pool, jobOf({ epochs: 1, threads })).outcome;
    expect(trainers().map((one) => one.cores)).toContain(
      /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1],
    );
  });

  it('wait until the memory of a shared GPU is left by others, and say so', async () => {
    // A LeNet counts as 1,000 MB for its process and twice its forecast of more than 100 MB.
    const pool = poolOn([gpu(2_000)]);
    const first = start(pool, jobOf({ epochs: 1_000, patience: 1_000, samplesPerClass: 200 }));
    await until('the first epoch', () => first.epochs.length > 0);
    const second = start(pool, jobOf({ epochs: 1 }));
    await until('a line of the log', () => second.logs.length > 0);
    expect(second.logs).toEqual([
      expect.stringMatching(/^elbow: waits: it needs about 1,\d{3} MB of a GPU, which others have now$/),
    ]);
    expect(trainers()).toHaveLength(1);
    first.abort();
    await expect(first.outcome).rejects.toMatchObject({ code: 'trial-cancelled' });
    expect((await second.outcome).status).toBe('succeeded');
  });

  it('refuse a trial that no GPU of the worker has the memory for, with the batch that would fit', async () => {
    const pool = poolOn([gpu(800), { ...gpu(700), uuid: 'GPU-1' }]);
    const trial = start(pool, jobOf({ samplesPerClass: 500, batchSize: 4_000 }));
    await expect(trial.outcome).rejects.toMatchObject({
      code: 'out-of-memory',
      message: expect.stringMatching(/ may use 800 MB \(the largest GPU of this worker\)$/),
      hint: expect.stringMatching(/^The largest `batchSize` expected to fit is \d+\.$/),
      largestMb: 800,
    });
    expect(trainers()).toEqual([]);
  });
});
