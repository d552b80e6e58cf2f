/**
 * How many images a second a trial trains, through the real supervisor and trainer process: the LeNet with batch norm,
 * cross-entropy, Adam. With a Python that can import TensorFlow, the same network in Keras (graph mode) takes turns
 * with it, so that a machine's moods meet both.
 *
 *   npm run bench:training -- [--threads 2] [--batch 128] [--size 500] [--epochs 5] [--rounds 3] [--python python3]
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureDataset } from '../src/data/index.js';
import { elbowHome, homeFolders, packageRoot } from '../src/paths.js';
import { withDefaults } from '../src/spec/index.js';
import { createTrainerPool, type TrainerPool } from '../src/trainer/index.js';

interface Settings {
  readonly threads: number;
  readonly batch: number;
  /** Samples per class; four fifths of them are trained on. */
  readonly size: number;
  readonly epochs: number;
  readonly rounds: number;
  readonly python: string;
}

function readSettings(): Settings {
  const { values } = parseArgs({
    options: {
      threads: { type: 'string', default: '2' },
      batch: { type: 'string', default: '128' },
      size: { type: 'string', default: '500' },
      epochs: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '3' },
      python: { type: 'string', default: 'python3' },
    },
  });
  const count = (name: 'threads' | 'batch' | 'size' | 'epochs' | 'rounds'): number => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= 1) return value;
    throw new Error(`--${name}: expected a whole number from 1, got ${values[name]}`);
  };
  return {
    threads: count('threads'),
    batch: count('batch'),
    size: count('size'),
    epochs: count('epochs'),
    rounds: count('rounds'),
    python: values.python,
  };
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Images per second of the training steps of one trial. */
async function measureElbow(pool: TrainerPool, settings: Settings): Promise<number> {
  const outcome = await pool.run(
    {
      dataset: 'cifar10',
      dataDir: homeFolders.data(elbowHome()),
      params: withDefaults({
        model: 'lenet',
        batchSize: settings.batch,
        epochs: settings.epochs,
        // Never stops early: every round trains the same number of images.
        patience: settings.epochs,
      }),
      samplesPerClass: settings.size,
      sweepSeed: 42,
      replicate: 0,
      threads: settings.threads,
      objective: 'val_accuracy',
      unfamiliar: false,
      keep: null,
    },
    {
      signal: new AbortController().signal,
      onStep: () => undefined,
      onBegin: () => undefined,
      onCheckpoint: () => undefined,
      onEpoch: () => undefined,
      onLog: () => undefined,
      onEnvironment: () => undefined,
    },
  );
  return outcome.imagesPerSecond ?? 0;
}

/** Whether this Python has TensorFlow, and which; null where it has not. */
function kerasVersion(python: string): string | null {
  const found = spawnSync(python, ['-c', 'import keras, tensorflow; print(keras.__version__)'], {
    encoding: 'utf8',
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' },
  });
  return found.status === 0 ? found.stdout.trim() : null;
}

function measureKeras(settings: Settings): number {
  const script = join(packageRoot, 'bench', 'training-keras.py');
  const images = (settings.size - Math.floor(settings.size / 5)) * 10;
  const args = [settings.threads, settings.batch, images, settings.epochs].map(String);
  const run = spawnSync(settings.python, [script, ...args], {
    encoding: 'utf8',
    // Off by default on CPUs without AVX-512: with it Keras is a third to twice as fast there.
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '', TF_ENABLE_ONEDNN_OPTS: '1' },
  });
  const rate = Number(run.stdout.trim().split('\n').at(-1));
  if (run.status === 0 && rate > 0) return rate;
  throw new Error(`${script} failed:\n${run.stderr}`);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}

const rateText = (rate: number): string => `${Math.round(rate).toLocaleString('en-US')} images/s`;

async function main(): Promise<void> {
  const settings = readSettings();
  const { threads, batch, size, epochs, rounds } = settings;
  print(
    `LeNet with batch norm, adam, batch ${batch}, ${threads} threads, ${size} per class, ${epochs} epochs`,
  );
  print(`${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)} before the start`);
  await ensureDataset('cifar10', { env: process.env, signal: new AbortController().signal, note: print });
  const version = kerasVersion(settings.python);
  if (version === null) print(`Keras is left out: ${settings.python} cannot import keras and tensorflow`);
  const pool = createTrainerPool({ slots: 1, env: process.env });
  const elbow: number[] = [];
  const keras: number[] = [];
  try {
    // Brings library, data and caches to the state that a worker is in after its first trial.
    await measureElbow(pool, { ...settings, epochs: 1 });
    for (let round = 1; round <= rounds; round++) {
      elbow.push(await measureElbow(pool, settings));
      if (version !== null) keras.push(measureKeras(settings));
      const other = version === null ? '' : `  keras ${rateText(keras.at(-1)!)}`;
      print(`round ${round}  elbow ${rateText(elbow.at(-1)!)}${other}`);
    }
  } finally {
    await pool.close();
  }
  print(`median   elbow ${rateText(median(elbow))}`);
  if (version === null) return;
  print(`median   keras ${rateText(median(keras))} (Keras ${version})`);
  print(`ratio    ${(median(elbow) / median(keras)).toFixed(2)}`);
}

await main();
