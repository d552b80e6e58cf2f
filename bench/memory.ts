/**
 * How far the forecast of a training's memory (src/models/memory.ts) is from what a training takes: each row is a
 * process of its own, with the settings of a trainer, and two epochs on random images. Measured is the largest resident
 * memory, less that before the training, when TensorFlow and the images were loaded.
 *
 *   npm run bench:memory -- [--only lenet] [--json]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findDataset, packedImages, type Dataset } from '../src/data/index.js';
import { forecastMemory, type MemoryForecast } from '../src/models/index.js';
import { withDefaults } from '../src/spec/index.js';
import type { ArmParams } from '../src/spec/types.js';
import { trainerEnvironment } from '../src/trainer/index.js';

interface Row {
  readonly params: ArmParams;
  /** Samples per class. */
  readonly size: number;
}

interface Measured {
  readonly measuredMb: number;
  readonly forecast: MemoryForecast;
}

/** Two batches an epoch at least, and a whole batch of evaluation. */
const row = (model: string, batchSize: number, more: ArmParams = {}, size?: number): Row => ({
  params: { model, batchSize, ...more },
  size: size ?? Math.ceil((Math.max(2 * batchSize, 500) / 10) * 1.25),
});

const rows: readonly Row[] = [
  row('lenet', 8),
  row('lenet', 128),
  row('lenet', 512),
  row('lenet', 2048),
  row('lenet', 2048, { batchNorm: false }),
  row('lenet', 512, { width: 0.25 }),
  row('lenet', 128, {}, 2500),
  row('mlp', 128),
  row('mlp', 2048),
  row('mlp', 128, { width: 4 }),
  row('mlp', 128, { width: 4, optimizer: 'sgd' }),
  row('resnet20', 64),
  row('resnet20', 256),
  row('resnet20', 256, { width: 0.5 }),
  row('resnet20', 128, { batchNorm: false }),
  row('vgg11', 64, { width: 0.25 }),
  row('vgg11', 256, { width: 0.25 }),
  row('vgg11', 64, { width: 0.5 }),
  row('vgg11', 256, { width: 0.5 }),
  row('vgg11', 64),
  row('vgg11', 128),
];

const TEST_IMAGES = 1000;
const WIDTHS = [9, 6, 6, 10, 9, 9, 7] as const;

/** Lines of /proc/self/status, in MB. */
function memoryMb(line: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return (Number(new RegExp(`^${line}:\\s+(\\d+) kB`, 'm').exec(status)![1]) * 1024) / 1e6;
}

function randomDataset(perClass: number): Dataset {
  const entry = findDataset('cifar10')!;
  const each = (count: number): number[] => entry.classes.map(() => count);
  const images = (count: number): Dataset['train'] =>
    packedImages(
      Uint8Array.from({ length: count * 3072 }, (_, i) => (i * 7919) & 255),
      Uint8Array.from({ length: count }, (_, i) => i % 10),
    );
  return {
    entry: { ...entry, trainPerClass: each(perClass), testPerClass: each(TEST_IMAGES / 10) },
    train: images(perClass * 10),
    test: images(TEST_IMAGES),
    digest: '',
  };
}

/** Trains in this process. */
async function measure({ params, size }: Row): Promise<Measured> {
  const dataset = randomDataset(size);
  const { tensorflowVersion, train } = await import('../src/training/index.js');
  tensorflowVersion();
  const before = memoryMb('VmRSS');
  // From here on the largest memory counts anew.
  writeFileSync('/proc/self/clear_refs', '5');
  let forecast: MemoryForecast | undefined;
  await train(
    {
      dataset,
      params: withDefaults({ epochs: 2, ...params }),
      samplesPerClass: size,
      sweepSeed: 1,
      replicate: 0,
      threads: 1,
      objective: 'val_accuracy',
      unfamiliar: false,
      keep: null,
    },
    {
      onPlan: (request) => (forecast = forecastMemory(request)),
      onStep: () => undefined,
      onBegin: () => undefined,
      onCheckpoint: () => undefined,
      onEpoch: () => undefined,
      onNote: () => undefined,
      pause: async () => undefined,
    },
  );
  return { measuredMb: memoryMb('VmHWM') - before, forecast: forecast! };
}

async function measureApart(row: Row): Promise<Measured> {
  const child = fork(fileURLToPath(import.meta.url), [], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: trainerEnvironment(process.env, 1),
  });
  child.send(row);
  const [said] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [Measured | number];
  if (typeof said === 'object') return said;
  throw new Error(`the training of ${JSON.stringify(row)} ended with ${said}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'boolean' } } });
  const chosen = rows.filter(({ params }) => !values.only || params['model'] === values.only);
  const print = (cells: readonly (string | number)[]): void => {
    if (values.json) return;
    const line = cells.map((cell, i) =>
      i === 0 ? String(cell).padEnd(9) : String(cell).padStart(WIDTHS[i]!),
    );
    process.stdout.write(`${line.join('  ')}\n`);
  };
  print(['network', 'width', 'batch', 'norm', 'measured', 'forecast', 'off']);
  const found: object[] = [];
  for (const row of chosen) {
    const { measuredMb, forecast } = await measureApart(row);
    const forecastMb = forecast.totalBytes / 1e6;
    const off = forecastMb / measuredMb - 1;
    const { model, width = 1, batchSize, batchNorm = true, optimizer = 'adam' } = row.params;
    const note = `${row.size > 2000 ? `, ${row.size} per class` : ''}${optimizer === 'adam' ? '' : `, ${optimizer}`}`;
    found.push({ ...row, measuredMb, forecastMb, off, forecast });
    print([
      String(model),
      `${width}`,
      `${batchSize}`,
      batchNorm ? 'yes' : 'no',
      `${Math.round(measuredMb)} MB`,
      `${Math.round(forecastMb)} MB`,
      `${off > 0 ? '+' : ''}${Math.round(100 * off)} %${note}`,
    ]);
  }
  if (values.json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
}

if (process.send) {
  process.once('message', (row: Row) => {
    void measure(row).then((measured) => {
      process.send!(measured);
      process.disconnect();
    });
  });
} else await main();
