import { describe, expect, it } from 'vitest';
import { forecastMemory, forecastText } from '../../src/models/index.js';
import { hasOperations } from '../../src/native-operations.js';
import { withDefaults } from '../../src/spec/index.js';
import { needOf, requestOf } from '../../src/trainer/forecast.js';
import { isGpu } from '../../src/training/index.js';
import { jobOf, poolOf, start, usePools } from './pools.js';

usePools();

const CPU = { isOnDevice: false, trainerMemoryMb: null };

describe('what is known of a trial before a trainer has it', () => {
  it.skipIf(isGpu())('is what its trainer forecasts', async () => {
    const jobs = [
      jobOf({ epochs: 1, batchSize: 2_000, samplesPerClass: 500 }),
      {
        ...jobOf({ epochs: 1 }),
        params: withDefaults({
          model: 'mlp',
          optimizer: 'adamw',
          emaDecay: 0.9,
          clipNorm: 1,
          l2: 0.001,
          epochs: 1,
          patience: 1,
        }),
      },
    ];
    const pool = poolOf();
    for (const job of jobs) {
      const trial = start(pool, job);
      await trial.outcome;
      const text = forecastText(forecastMemory(requestOf(job, false)!));
      expect(trial.logs[0]).toMatch(/^elbow: memory: about/);
      expect(trial.logs[0]).toContain(text);
    }
  });

  it('counts of a GPU what the process takes beside it, and of the machine what a trainer may use at most', () => {
    const job = jobOf({ batchSize: 2_000, samplesPerClass: 500 });
    const request = requestOf(job, true)!;
    expect(request).toMatchObject({ hasOwnOperations: false, keepsValues: true, trainingImages: 4_000 });
    const forecastMb = forecastMemory(request).totalBytes / 1e6;
    const { hostMb, deviceMb } = needOf(job, request, { isOnDevice: true, trainerMemoryMb: null });
    expect(hostMb).toBe(0);
    expect(deviceMb).toBeCloseTo(1_000 + 2 * forecastMb);
    const onCpu = requestOf(job, false)!;
    expect(onCpu.hasOwnOperations).toBe(hasOperations());
    const free = needOf(job, onCpu, CPU);
    expect(free.deviceMb).toBe(0);
    expect(free.hostMb).toBeGreaterThan(400 + forecastMemory(onCpu).totalBytes / 1e6 - 1);
    expect(needOf(job, onCpu, { ...CPU, trainerMemoryMb: 300 }).hostMb).toBe(300);
  });

  it('is nothing for a data set or a network that its trainer will refuse', () => {
    expect(requestOf({ ...jobOf(), dataset: 'nobody' }, false)).toBeNull();
    expect(requestOf({ ...jobOf(), params: withDefaults({ model: 'nobody' }) }, false)).toBeNull();
  });

  it('takes all images of a data set of one’s own where that is asked for', () => {
    const own = {
      kind: 'csv',
      name: 'rows',
      path: '/rows.csv',
      test: 0.2,
      balance: 'none',
      label: null,
      header: null,
      digest: '0',
      classes: ['a', 'b'],
      image: [1, 1, 4],
      trainPerClass: [10, 23],
      testPerClass: [2, 5],
    } as const;
    const job = { ...jobOf({ samplesPerClass: null }), dataset: own, params: withDefaults({ model: 'mlp' }) };
    expect(requestOf(job, false)).toMatchObject({
      trainingImages: 8 + 19,
      validationImages: 2 + 4,
      keepsValues: true,
    });
    expect(requestOf({ ...job, dataset: { ...own, balance: 'smallest' } }, false)).toMatchObject({
      trainingImages: 16,
    });
  });
});
