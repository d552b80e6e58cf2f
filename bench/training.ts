/**
 * How many images a second elbow trains or evaluates, beside Keras and PyTorch with the same network, data, batch, threads
 * and optimizer. elbow's figure is that of a real trial, through the supervisor and a warm trainer process. All take turns,
 * so that a machine's moods meet each of them; medians and their ratios count.
 *
 *   npm run bench:training -- [--model lenet|vgg16] [--inference] [--threads 2] [--batch 128] [--size 500] [--epochs 5]
 *     [--rounds 5] [--gpu] [--python python3] [--without jit,compile] [--json]
 *
 * bench/README.md says how to install the peers; those that are not there are left out, as are the variants of `--without`.
 */
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureDataset } from '../src/data/index.js';
import { elbowHome, homeFolders } from '../src/paths.js';
import { withDefaults } from '../src/spec/index.js';
import { createTrainerPool, deafHooks, type TrainerPool } from '../src/trainer/index.js';
import { median } from './median.js';
import { NO_GPU, fastestVariant, findPeers, measurePeer, type Peer, type Task } from './peers.js';

interface Settings extends Task {
  /** Variants of peers that are not tried: some take minutes to be compiled. */
  readonly without: readonly string[];
  readonly rounds: number;
  readonly json: boolean;
}

/** Images of elbow's forward passes of evaluation; the peers take the same. */
const EVALUATION_BATCH = 500;
const TEST_IMAGES = 10_000;

function readSettings(): Settings {
  const { values } = parseArgs({
    options: {
      model: { type: 'string', default: 'lenet' },
      inference: { type: 'boolean', default: false },
      threads: { type: 'string', default: '2' },
      batch: { type: 'string', default: '128' },
      size: { type: 'string', default: '500' },
      epochs: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '5' },
      gpu: { type: 'boolean', default: false },
      python: { type: 'string', default: 'python3' },
      without: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
    },
  });
  const count = (name: 'threads' | 'batch' | 'size' | 'epochs' | 'rounds'): number => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= 1) return value;
    throw new Error(`--${name}: expected a whole number from 1, got ${values[name]}`);
  };
  const { model, inference, gpu, python, without, json } = values;
  if (model !== 'lenet' && model !== 'vgg16') {
    throw new Error(`--model: expected lenet or vgg16, got ${model}`);
  }
  return {
    model,
    mode: inference ? 'inference' : 'training',
    threads: count('threads'),
    batch: inference ? EVALUATION_BATCH : count('batch'),
    size: count('size'),
    epochs: count('epochs'),
    rounds: count('rounds'),
    gpu,
    data: join(homeFolders.data(elbowHome()), 'cifar10'),
    python,
    without: without.split(','),
    json,
  };
}

/**
 * Images per second of one trial: of its training steps; or of the evaluation at its end, which takes all test and training
 * images, standardises the former and counts loss, accuracy and calibration.
 */
async function measureElbow(pool: TrainerPool, settings: Task): Promise<number> {
  const { model, mode, size, threads } = settings;
  const epochs = mode === 'training' ? settings.epochs : 1;
  let lastEpoch = 0;
  const outcome = await pool.run(
    {
      dataset: 'cifar10',
      dataDir: homeFolders.data(elbowHome()),
      // Never stops early: every round trains the same number of images.
      params: withDefaults({ model, batchSize: settings.batch, epochs, patience: epochs }),
      samplesPerClass: size,
      sweepSeed: 42,
      replicate: 0,
      threads,
      objective: 'val_accuracy',
      unfamiliar: false,
      keep: null,
    },
    {
      signal: new AbortController().signal,
      ...deafHooks,
      onEpoch: () => (lastEpoch = performance.now()),
    },
  );
  if (mode === 'training') return outcome.imagesPerSecond ?? 0;
  const images = TEST_IMAGES + 10 * (size - Math.floor(size / 5));
  return images / ((performance.now() - lastEpoch) / 1000);
}

const rateText = (rate: number): string => Math.round(rate).toLocaleString('en-US');

interface Competitor {
  readonly name: string;
  readonly rates: number[];
  measure(): Promise<number>;
}

async function main(): Promise<void> {
  const settings = readSettings();
  const { model, mode, threads, batch, size, epochs, rounds, json } = settings;
  const note = (line: string): void => void (json ? process.stderr : process.stdout).write(`${line}\n`);
  note(
    `${model} with batch norm, ${mode}, adam, batch ${batch}, ${settings.gpu ? 'GPU, ' : ''}${threads} threads, ${size} per class` +
      (mode === 'training' ? `, ${epochs} epochs` : ''),
  );
  const load = loadavg()[0]!;
  note(`${availableParallelism()} cores, load ${load.toFixed(1)} before the start`);
  await ensureDataset('cifar10', { env: process.env, signal: new AbortController().signal, note });
  const pool = createTrainerPool({
    slots: 1,
    env: settings.gpu ? process.env : { ...process.env, ...NO_GPU },
  });
  const without = (peer: Peer): Peer => ({
    ...peer,
    variants: peer.variants.filter((name) => !settings.without.includes(name)),
  });
  const competitors: Competitor[] = [
    { name: 'elbow', rates: [], measure: () => measureElbow(pool, settings) },
  ];
  try {
    // Brings library, data and caches to the state that a worker is in after its first trial.
    await measureElbow(pool, { ...settings, epochs: 1 });
    for (const peer of findPeers(settings.python, note)) {
      const variant = fastestVariant(without(peer), { ...settings, epochs: 1 }, note);
      if (variant === null) continue;
      const name = `${peer.name} ${peer.version} ${variant}`;
      competitors.push({ name, rates: [], measure: async () => measurePeer(peer, variant, settings) });
    }
    for (let round = 1; round <= rounds; round++) {
      for (const { rates, measure } of competitors) rates.push(await measure());
      note(`round ${round}  ${competitors.map(({ rates }) => rateText(rates.at(-1)!)).join('  ')}`);
    }
  } finally {
    await pool.close();
  }
  const table = competitors.map(({ name, rates }) => ({
    name,
    rates,
    median: median(rates),
    ratio: median(competitors[0]!.rates) / median(rates),
  }));
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...settings, load, table }, null, 2)}\n`);
    return;
  }
  const width = Math.max(...table.map(({ name }) => name.length));
  note('');
  note(`${''.padEnd(width)}  images/s, median of ${rounds}  elbow is so many times as fast`);
  for (const { name, median: rate, ratio } of table) {
    note(`${name.padEnd(width)}  ${rateText(rate).padStart(21)}  ${ratio.toFixed(2)}`);
  }
}

await main();
