/** Measures how many trials a second a machine trains with so many slots of so many threads, in real trainers. */
import { withDefaults } from '../spec/index.js';
import { createTrainerPool } from './pool.js';
import type { TrainJob } from './protocol.js';
import type { Layout, MeasuredLayout } from './slots.js';
import { deafHooks } from './hooks.js';

/** A trial of a sweep with few samples: this many per class, one fifth of them for validation. */
export const MEASURED_SIZE = 100;
export const MEASURED_EPOCHS = 5;

export interface MeasureOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Folder of the data sets; CIFAR-10 is in it. */
  readonly dataDir: string;
  /** How long trials are started; the last ones are waited for. */
  readonly milliseconds: number;
}

/**
 * Every slot trains one short trial, which loads library and data, then one after the other until the time is up.
 * @returns the sum of what the slots did in a second
 * @throws ElbowError what a trial fails with; `trial-cancelled` when the signal is aborted
 */
export async function measureLayout(layout: Layout, options: MeasureOptions): Promise<MeasuredLayout> {
  const { env, signal, dataDir, milliseconds } = options;
  const pool = createTrainerPool({ slots: layout.slots, env });
  const trial = (replicate: number, samplesPerClass: number, epochs: number): TrainJob => ({
    dataset: 'cifar10',
    dataDir,
    // Never stops early: all trials are equally long.
    params: withDefaults({ model: 'lenet', epochs, patience: epochs }),
    samplesPerClass,
    sweepSeed: 42,
    replicate,
    threads: layout.threads,
    objective: 'val_accuracy',
    unfamiliar: false,
    keep: null,
  });
  const ended = new AbortController();
  const hooks = {
    signal: AbortSignal.any([signal, ended.signal]),
    ...deafHooks,
  };
  const onAll = <T>(work: (slot: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: layout.slots }, (_, slot) => work(slot)));
  try {
    await onAll((slot) => pool.run(trial(slot, 10, 1), hooks));
    const rates = await onAll(async (slot) => {
      const begin = performance.now();
      let trials = 0;
      do {
        await pool.run(trial(slot, MEASURED_SIZE, MEASURED_EPOCHS), hooks);
        trials++;
      } while (performance.now() - begin < milliseconds);
      return (1000 * trials) / (performance.now() - begin);
    });
    return { ...layout, trialsPerSecond: rates.reduce((sum, rate) => sum + rate, 0) };
  } finally {
    // Where one slot has failed, the others are still at work.
    ended.abort();
    await pool.close();
  }
}
