/** Real trainers of tests, and what is heard of their jobs. */
import { afterEach, beforeAll } from 'vitest';
import { withDefaults } from '../../src/spec/index.js';
import type { EpochMetrics, Outcome } from '../../src/storage/storage.js';
import { createTrainerPool, deafHooks, type TrainerPool, type TrainJob } from '../../src/trainer/index.js';
import type { TrainerPoolOptions } from '../../src/trainer/pool.js';
import { realDataDir } from '../support/dataset.js';

let dataDir: string;
const pools: TrainerPool[] = [];

/** Ends the pools of each test of a file. */
export function usePools(): void {
  beforeAll(async () => {
    dataDir = await realDataDir();
  });
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.close()));
  });
}

export function poolOf(options: Partial<TrainerPoolOptions> = {}) {
  const pool = createTrainerPool({ slots: 1, ...options, env: { ...process.env, ...options.env } });
  pools.push(pool);
  return pool;
}

interface JobChange {
  readonly samplesPerClass?: number | null;
  readonly epochs?: number;
  readonly patience?: number;
  readonly batchSize?: number;
  readonly dataDir?: string;
  readonly threads?: number;
  readonly sweepSeed?: number;
}
export const jobOf = ({ epochs = 2, patience = 3, batchSize = 32, ...change }: JobChange = {}): TrainJob => ({
  dataset: 'cifar10',
  dataDir,
  params: withDefaults({ model: 'lenet', dropout: 0.2, batchSize, epochs, patience }),
  samplesPerClass: 10,
  sweepSeed: 42,
  replicate: 0,
  threads: 1,
  objective: 'val_accuracy',
  unfamiliar: false,
  keep: null,
  ...change,
});

export interface Heard {
  readonly outcome: Promise<Outcome>;
  readonly epochs: EpochMetrics[];
  readonly logs: string[];
  readonly environments: unknown[];
  steps: number;
  abort(): void;
}

export function start(pool: TrainerPool, job: TrainJob): Heard {
  const controller = new AbortController();
  const heard = {
    epochs: [] as EpochMetrics[],
    logs: [] as string[],
    environments: [] as unknown[],
    steps: 0,
    abort: () => controller.abort(),
  };
  const outcome = pool.run(job, {
    ...deafHooks,
    signal: controller.signal,
    onEpoch: (metrics) => heard.epochs.push(metrics),
    onStep: () => heard.steps++,
    onLog: (stream, text) => heard.logs.push(`${stream}: ${text}`),
    onEnvironment: (environment) => heard.environments.push(environment),
  });
  // Awaited by every test; before that it must not count as unhandled.
  outcome.catch(() => undefined);
  return Object.assign(heard, { outcome });
}
