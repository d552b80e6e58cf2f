/**
 * Where the time of a trial goes, in a warm trainer, through its supervisor, with weights and checkpoints written: the start
 * (job, data, network), the steps, recalibration and validation after each epoch, and the end (test and training images,
 * weights). Medians of the rounds.
 *
 *   npm run bench:trial -- [--sizes 10,100,500,5000] [--threads 1] [--rounds 5] [--json]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureDataset } from '../src/data/index.js';
import { elbowHome, homeFolders } from '../src/paths.js';
import { withDefaults } from '../src/spec/index.js';
import { createTrainerPool, deafHooks, type TrainerPool } from '../src/trainer/index.js';
import { median } from './median.js';

interface Times {
  /** All in seconds. */
  readonly total: number;
  readonly start: number;
  readonly steps: number;
  readonly validation: number;
  readonly end: number;
  readonly epochs: number;
}

interface Options {
  readonly size: number;
  readonly threads: number;
  readonly seed: number;
  /** For weights and checkpoints. */
  readonly folder: string;
}

async function timesOf(pool: TrainerPool, { size, threads, seed, folder }: Options): Promise<Times> {
  const begin = performance.now();
  let started = 0;
  let lastEpoch = 0;
  let inEpochs = 0;
  const outcome = await pool.run(
    {
      dataset: 'cifar10',
      dataDir: homeFolders.data(elbowHome()),
      params: withDefaults({ model: 'lenet' }),
      samplesPerClass: size,
      sweepSeed: seed,
      replicate: 0,
      threads,
      objective: 'val_accuracy',
      unfamiliar: false,
      keep: {
        models: join(folder, 'models'),
        checkpoints: join(folder, `${size}-${seed}`),
        checkpointSeconds: 5,
      },
    },
    {
      signal: new AbortController().signal,
      ...deafHooks,
      onBegin: () => (started ||= performance.now()),
      onEpoch: ({ seconds }) => {
        inEpochs += seconds;
        lastEpoch = performance.now();
      },
    },
  );
  const now = performance.now();
  const steps = (outcome.epochs * 10 * (size - Math.floor(size / 5))) / (outcome.imagesPerSecond ?? Infinity);
  return {
    total: (now - begin) / 1000,
    start: (started - begin) / 1000,
    steps,
    validation: inEpochs - steps,
    end: (now - lastEpoch) / 1000,
    epochs: outcome.epochs,
  };
}

const TITLES = [
  'per class',
  'epochs',
  'total',
  'start',
  'steps',
  'validation',
  'end',
  'rest',
  'evaluation',
] as const;

/** A row of the table; `rest` are checkpoints and messages between epochs. */
function cellsOf(size: number, { total, start, steps, validation, end, epochs }: Times): string[] {
  const seconds = (value: number): string => `${value.toFixed(2)} s`;
  return [
    String(size),
    String(epochs),
    ...[total, start, steps, validation, end, total - start - steps - validation - end].map(seconds),
    `${Math.round((100 * (validation + end)) / total)} %`,
  ];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      sizes: { type: 'string', default: '10,100,500,5000' },
      threads: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
    },
  });
  const [sizes, threads, rounds] = [
    values.sizes.split(',').map(Number),
    Number(values.threads),
    Number(values.rounds),
  ];
  if (![...sizes, threads, rounds].every((count) => Number.isInteger(count) && count >= 1)) {
    throw new Error('--sizes, --threads, --rounds: expected whole numbers from 1');
  }
  const note = (line: string): void => void process.stderr.write(`${line}\n`);
  note(`${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)} before the start`);
  await ensureDataset('cifar10', { env: process.env, signal: new AbortController().signal, note });
  const folder = mkdtempSync(join(tmpdir(), 'elbow-bench-'));
  const pool = createTrainerPool({ slots: 1, env: process.env });
  try {
    await timesOf(pool, { size: 10, threads, seed: 0, folder });
    const table: { size: number; times: Times }[] = [];
    for (const size of sizes) {
      const all: Times[] = [];
      for (let seed = 1; seed <= rounds; seed++)
        all.push(await timesOf(pool, { size, threads, seed, folder }));
      const middle = (key: keyof Times): number => median(all.map((times) => times[key]));
      table.push({
        size,
        times: {
          total: middle('total'),
          start: middle('start'),
          steps: middle('steps'),
          validation: middle('validation'),
          end: middle('end'),
          epochs: middle('epochs'),
        },
      });
    }
    if (values.json) process.stdout.write(`${JSON.stringify({ threads, rounds, table }, null, 2)}\n`);
    else {
      const rows = [TITLES, ...table.map(({ size, times }) => cellsOf(size, times))];
      for (const row of rows) process.stdout.write(`${row.map((cell) => cell.padStart(10)).join('  ')}\n`);
    }
  } finally {
    await pool.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
