import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDataset, prepareDataset } from '../../src/data/index.js';
import { uniforms } from '../../src/random.js';
import type { AskedDataset, AskedFolder, AskedTable } from '../../src/spec/types.js';
import { createTrainerPool, deafHooks, type TrainerPool, type TrainJob } from '../../src/trainer/index.js';
import { train } from '../../src/training/index.js';
import { streamImages, trainingImages } from '../../src/training/images.js';
import { pictureFolder, put } from '../support/pictures.js';
import { trainHooks, trainRequest } from '../support/training.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'elbow-own-train-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const options = () => ({
  dataDir: join(root, 'data'),
  signal: new AbortController().signal,
  note: () => undefined,
});
const folder = (change: Partial<AskedFolder> = {}): AskedFolder => ({
  ...{ kind: 'folder', name: 'colours', path: join(root, 'colours'), size: 32, channels: 3 },
  ...{ test: 0.2, balance: 'smallest', unreadable: 'refuse', ...change },
});
const table: () => AskedTable = () => ({
  ...{ kind: 'csv', name: 'rings', path: join(root, 'rings.csv'), label: null, header: null },
  ...{ test: 0.2, balance: 'smallest' },
});
const opened = async (asked: AskedDataset) =>
  openDataset((await prepareDataset(asked, options())).dataset, options());

/** Three classes by their distance from (500, −3): no line parts them, and the axes differ a thousandfold. */
function rings(perClass: number): string {
  const noise = uniforms(6 * perClass, 7);
  const rows = Array.from({ length: 3 * perClass }, (_, i) => {
    const radius = (i % 3) + 0.3 * noise[2 * i]!;
    const angle = 2 * Math.PI * noise[2 * i + 1]!;
    return `${500 + 100 * radius * Math.cos(angle)},${-3 + 0.1 * radius * Math.sin(angle)},ring ${i % 3}`;
  });
  return `x,y,ring\n${rows.join('\n')}\n`;
}

describe('a folder of images', () => {
  it('teaches a LeNet its classes', async () => {
    await pictureFolder(join(root, 'colours'), { red: 20, blue: 24 });
    const { outcome } = await play(await opened(folder()), { model: 'lenet', epochs: 6 });
    expect(outcome.status).toBe('succeeded');
    expect(outcome.testAccuracy).toBe(1);
  });

  it('of grey images, and of all there are of unequal classes', async () => {
    await pictureFolder(join(root, 'colours'), { red: 10, blue: 25 });
    const grey = await opened(folder({ channels: 1, size: 8, balance: 'none' }));
    expect(grey.entry).toMatchObject({ channels: 1, balance: 'none' });
    const { notes } = await play(grey, { model: 'mlp', epochs: 1 });
    const all = grey.train.labels.length;
    const validation = grey.entry.trainPerClass.reduce((sum, n) => sum + Math.floor(n / 5), 0);
    expect(notes[0]).toBe(`${all - validation} training and ${validation} validation images`);
  });
});

describe('a table', () => {
  it('is standardised as it is read, from memory and from the data set', async () => {
    put(root, 'rings.csv', rings(20));
    const { entry, train: rows } = await opened(table());
    const before = tf.memory().numTensors;
    const positions = Uint32Array.from([3, 0, 7]);
    const resident = trainingImages(entry, rows, positions);
    for (const source of [resident, streamImages(entry, rows, positions)]) {
      const { images, labels } = source.read(0, 3);
      expect(images.shape).toEqual([3, 1, 1, 2]);
      expect([...images.dataSync()]).toEqual(
        [3, 0, 7].flatMap((at) =>
          [0, 1].map((k) => Math.fround((rows.rows![2 * at + k]! - entry.mean[k]!) / entry.std[k]!)),
        ),
      );
      expect([...labels.dataSync()]).toEqual([3, 0, 7].map((at) => rows.labels[at]));
      tf.dispose([images, labels]);
    }
    resident.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('teaches an MLP its classes, which no line parts', async () => {
    put(root, 'rings.csv', rings(150));
    const { outcome } = await play(await opened(table()), { model: 'mlp', epochs: 15, patience: 15 });
    expect(outcome.testAccuracy).toBeGreaterThan(0.9);
  });
});

async function play(dataset: Awaited<ReturnType<typeof opened>>, params: Parameters<typeof trainRequest>[0]) {
  const notes: string[] = [];
  const outcome = await train(
    trainRequest(params, { dataset, samplesPerClass: null }),
    trainHooks({ onNote: (text) => notes.push(text) }),
  );
  return { outcome, notes };
}

describe('a trainer process', () => {
  let pool: TrainerPool;
  beforeAll(() => {
    pool = createTrainerPool({ slots: 1, env: process.env });
  });
  afterAll(() => pool.close());

  it('decodes what only its path has, trains on it, and says where it looked when nothing is there', async () => {
    await pictureFolder(join(root, 'colours'), { red: 10, blue: 10 });
    const { dataset } = await prepareDataset(folder({ size: 8 }), {
      ...options(),
      dataDir: join(root, 'started-here'),
    });
    const job: TrainJob = {
      ...trainRequest({ model: 'mlp', epochs: 3 }, { samplesPerClass: 5 }),
      dataset,
      dataDir: options().dataDir,
      keep: null,
    };
    const digests: (string | null)[] = [];
    const hooks = {
      signal: new AbortController().signal,
      ...deafHooks,
      onEnvironment: ({ dataDigest }: { dataDigest: string | null }) => void digests.push(dataDigest),
    };
    const outcome = await pool.run(job, hooks);
    expect(outcome.testAccuracy).toBe(1);
    const here = await openDataset(dataset, options());
    expect(digests.at(-1)).toBe(here.digest);
    rmSync(join(root, 'colours'), { recursive: true });
    await expect(pool.run({ ...job, dataDir: join(root, 'nowhere') }, hooks)).rejects.toMatchObject({
      code: 'data-missing',
      message: expect.stringContaining(join(root, 'colours')),
      hint: expect.stringContaining('elbow rerun'),
    });
  });
});
