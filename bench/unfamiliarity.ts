/**
 * Which score of unfamiliarity tells pictures of something else from those a network knows: the table of docs/predict.md.
 * LeNets are trained on CIFAR-10, each score is calibrated on their validation images to a rate of false alarms, and then
 * meets CIFAR-10's test images (known) and pictures of something else (unknown).
 *
 *   node scripts/build.mjs && node dist/bench/unfamiliarity.js [--size 500] [--replicates 3] [--rate 0.05]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  ensureDataset,
  loadDataset,
  packedImages,
  splitOf,
  type Dataset,
  type Images,
} from '../src/data/index.js';
import { elbowHome, homeFolders } from '../src/paths.js';
import { readModel } from '../src/models/index.js';
import { normals, uniforms } from '../src/random.js';
import { withDefaults } from '../src/spec/index.js';
import { loadModel, streamImages, train, type LoadedModel, type Response } from '../src/training/index.js';
import { SCORES, type Known } from './unfamiliarity-scores.js';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '500' },
    replicates: { type: 'string', default: '3' },
    rate: { type: 'string', default: '0.05' },
    model: { type: 'string', default: 'lenet' },
    epochs: { type: 'string', default: '50' },
  },
});
const size = Number(values.size);
const rate = Number(values.rate);

const PLANE = 32 * 32;
const count = 1_000;
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** Images without a class that counts. @param paint gives the bytes of one image, shape [3 × 32 × 32] */
function imagesOf(total: number, paint: (index: number) => ArrayLike<number>): Images {
  const pixels = new Uint8Array(total * 3 * PLANE);
  for (let i = 0; i < total; i++) pixels.set(Uint8Array.from(paint(i)), i * 3 * PLANE);
  return packedImages(pixels, new Uint8Array(total));
}

const bytes = (numbers: Float64Array): Uint8Array => Uint8Array.from(numbers, (u) => Math.floor(u * 256));

/** Noise of 4×4 values, enlarged by linear interpolation: smooth patches of colour. */
function smooth(seed: number): Uint8Array {
  const coarse = uniforms(3 * 16, seed);
  return Uint8Array.from({ length: 3 * PLANE }, (_, i) => {
    const [channel, y, x] = [Math.floor(i / PLANE), Math.floor((i % PLANE) / 32), i % 32];
    const [v, u] = [(y / 31) * 3, (x / 31) * 3];
    const [top, left] = [Math.min(2, Math.floor(v)), Math.min(2, Math.floor(u))];
    const at = (row: number, column: number): number => coarse[channel * 16 + row * 4 + column]!;
    const [dy, dx] = [v - top, u - left];
    const above = at(top, left) * (1 - dx) + at(top, left + 1) * dx;
    const below = at(top + 1, left) * (1 - dx) + at(top + 1, left + 1) * dx;
    return Math.floor((above * (1 - dy) + below * dy) * 255.99);
  });
}

function unknowns(mnist: Dataset): Record<string, Images> {
  return {
    "MNIST's digits": imagesOf(count, (i) => {
      const digit = mnist.test.planes(i);
      return [...digit, ...digit, ...digit];
    }),
    'uniform noise': imagesOf(count, (i) => bytes(uniforms(3 * PLANE, 1 + i))),
    'grey noise': imagesOf(count, (i) =>
      Uint8Array.from(normals(3 * PLANE, 5_000 + i), (z) => Math.min(255, Math.max(0, 128 + 20 * z))),
    ),
    'smooth patches': imagesOf(count, (i) => smooth(10_000 + i)),
    'one colour': imagesOf(count, (i) => {
      const color = bytes(uniforms(3, 20_000 + i));
      return Uint8Array.from({ length: 3 * PLANE }, (_, at) => color[Math.floor(at / PLANE)]!);
    }),
  };
}

/** A data set without the images of some classes, which are handed out from its test images. */
function without(dataset: Dataset, names: readonly string[]): { rest: Dataset; left: Images } {
  const { entry } = dataset;
  const kept = entry.classes.flatMap((name, label) => (names.includes(name) ? [] : [label]));
  const pick = (images: Images, isKept: boolean): Images => {
    const at = [...images.labels].flatMap((label, i) => (kept.includes(label) === isKept ? [i] : []));
    return {
      ...images,
      planes: (position) => images.planes(at[position]!),
      labels: Uint8Array.from(at, (i) => Math.max(0, kept.indexOf(images.labels[i]!))),
    };
  };
  const each = (perClass: readonly number[]): number[] => kept.map((label) => perClass[label]!);
  return {
    left: pick(dataset.test, false),
    rest: {
      ...dataset,
      entry: {
        ...entry,
        classes: kept.map((label) => entry.classes[label]!),
        trainPerClass: each(entry.trainPerClass),
        testPerClass: each(entry.testPerClass),
      },
      train: pick(dataset.train, true),
      test: pick(dataset.test, true),
    },
  };
}

/** Probability that an unknown picture scores higher than a known one, ties counting half. */
function auroc(known: Float64Array, unknown: Float64Array): number {
  const all = [...known].map((score) => ({ score, isKnown: true }));
  all.push(...[...unknown].map((score) => ({ score, isKnown: false })));
  all.sort((a, b) => a.score - b.score);
  let below = 0;
  let wins = 0;
  for (let from = 0; from < all.length;) {
    let to = from;
    while (to < all.length && all[to]!.score === all[from]!.score) to++;
    const tied = all.slice(from, to);
    const knowns = tied.filter(({ isKnown }) => isKnown).length;
    wins += (tied.length - knowns) * (below + knowns / 2);
    below += knowns;
    from = to;
  }
  return wins / (known.length * unknown.length);
}

interface Figure {
  readonly auroc: number;
  readonly detected: number;
}

const pause = async (): Promise<void> => undefined;
const respond = (model: LoadedModel, images: Images, at?: Uint32Array): Promise<Response> =>
  model.respond(
    streamImages(model.standard, images, at ?? Uint32Array.from(images.labels, (_, i) => i)),
    pause,
  );

/** Trains one network and tries all scores. @returns by score, `false alarms` and each kind of unknown pictures */
async function measure(
  dataset: Dataset,
  unknown: Readonly<Record<string, Images>>,
  replicate: number,
): Promise<Map<string, Record<string, Figure>>> {
  const folder = mkdtempSync(join(tmpdir(), 'elbow-unfamiliar-'));
  try {
    const classes = dataset.entry.classes.length;
    const request = { samplesPerClass: size, sweepSeed: 42, replicate };
    const outcome = await train(
      {
        ...request,
        dataset,
        params: withDefaults({ model: values.model, epochs: Number(values.epochs) }),
        threads: 1,
        unfamiliar: false,
        objective: 'val_accuracy',
        keep: { models: folder, checkpoints: join(folder, 'checkpoints'), checkpointSeconds: 1e9 },
      },
      {
        onStep: () => undefined,
        onBegin: () => undefined,
        onEpoch: () => undefined,
        onCheckpoint: () => undefined,
        onNote: () => undefined,
        pause,
      },
    );
    console.error(`trained: test accuracy ${outcome.testAccuracy} after ${outcome.epochs} epochs`);
    const model = loadModel(readModel({ folder, digest: outcome.weights!, sweep: '', trial: 0, host: null }));
    const split = splitOf(dataset, request);
    const training = await respond(model, dataset.train, split.train);
    const known: Known = {
      ...training,
      labels: Uint8Array.from(split.train, (i) => dataset.train.labels[i]!),
      classes,
    };
    const validation = await respond(model, dataset.train, split.validation);
    const test = await respond(model, dataset.test);
    const figures = new Map<string, Record<string, Figure>>();
    const responses = new Map<string, Response>();
    for (const [kind, images] of Object.entries(unknown)) responses.set(kind, await respond(model, images));
    for (const [name, fit] of Object.entries(SCORES)) {
      const score = fit(known);
      const sorted = score(validation).sort();
      const threshold = sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length + 1) * (1 - rate)) - 1)]!;
      const known5 = score(test);
      const share = (scores: Float64Array): number =>
        scores.reduce((n, one) => n + (one > threshold ? 1 : 0), 0) / scores.length;
      const row: Record<string, Figure> = { 'false alarms': { auroc: NaN, detected: share(known5) } };
      for (const [kind, response] of responses) {
        const scores = score(response);
        row[kind] = { auroc: auroc(known5, scores), detected: share(scores) };
      }
      figures.set(name, row);
    }
    model.dispose();
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function print(title: string, runs: readonly Map<string, Record<string, Figure>>[]): void {
  const [first] = runs;
  if (!first) return;
  const kinds = Object.keys([...first.values()][0]!);
  console.log(`\n${title}\n\n| score | ${kinds.join(' | ')} |\n|${'---|'.repeat(kinds.length + 1)}`);
  for (const name of first.keys()) {
    const cells = kinds.map((kind) => {
      const figures = runs.map((run) => run.get(name)![kind]!);
      const mean = (key: keyof Figure): number => sum(figures.map((figure) => figure[key])) / figures.length;
      const detected = `${(100 * mean('detected')).toFixed(1)} %`;
      return kind === 'false alarms' ? detected : `${mean('auroc').toFixed(3)} · ${detected}`;
    });
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
}

const options = {
  env: process.env,
  signal: new AbortController().signal,
  note: (text: string) => console.error(text),
};
await ensureDataset('cifar10', options);
await ensureDataset('mnist', options);
const dataDir = homeFolders.data(elbowHome());
const cifar10 = loadDataset('cifar10', dataDir);
const others = unknowns(loadDataset('mnist', dataDir));
const { rest, left } = without(cifar10, ['cat', 'ship']);
const whole: Map<string, Record<string, Figure>>[] = [];
const partial: Map<string, Record<string, Figure>>[] = [];
for (let replicate = 0; replicate < Number(values.replicates); replicate++) {
  whole.push(await measure(cifar10, others, replicate));
  partial.push(await measure(rest, { 'cats and ships': left }, replicate));
}
print(
  `${size} per class, ${values.replicates} replicates: AUROC · detected at ${100 * rate} % false alarms`,
  whole,
);
print('trained without cats and ships', partial);
