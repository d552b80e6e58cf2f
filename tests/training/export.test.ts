import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/data/index.js';
import type { ArmParams, OwnNetworks } from '../../src/spec/types.js';
import type { Layer } from '../../src/models/index.js';
import { parseSweep } from '../../src/spec/index.js';
import { writtenAs } from '../support/own-networks.js';
import { madeModel } from '../support/model.js';
import {
  answersOf,
  ask,
  exported,
  IMAGES,
  largestDifference,
  pixelFile,
  smallCifar,
  trained,
  type PeerAnswers,
} from './exported.js';

/** A Python with Keras: bench/export-keras.py says how to get one. Without it Keras is not asked. */
const python = process.env['ELBOW_KERAS_PYTHON'];

const peers = {
  tfjs: (folder: string, values: string) =>
    ask(process.execPath, [join(import.meta.dirname, 'peers', 'plain-tfjs.mjs'), folder, values]),
  keras: (file: string, values: string) =>
    ask(python!, [join(import.meta.dirname, '..', '..', 'bench', 'export-keras.py'), file, values]),
};

/** The JavaScript backend takes seconds for a convolution, and Python a minute to load Keras on a busy machine. */
const LIMIT_MS = 300_000;

/** Of probabilities: float32 sums in other orders. */
const TOLERANCE = 1e-4;

/** What the built-in ones do not have: even kernels, strides of 2 and 3, windows of 3, a block within a block. */
const odd: readonly Layer[] = [
  { kind: 'conv', size: 4, filters: 6, padding: 'same', activation: 'relu' },
  { kind: 'batch-norm' },
  {
    kind: 'residual',
    body: [
      { kind: 'residual', body: [{ kind: 'conv', size: 2, filters: 8, padding: 'same', stride: 2 }] },
      { kind: 'activation', activation: 'relu' },
      { kind: 'conv', size: 3, filters: 10, padding: 'same' },
    ],
  },
  { kind: 'max-pool', size: 3 },
  { kind: 'conv', size: 5, filters: 8, padding: 'same', stride: 3, bias: false },
  { kind: 'batch-norm' },
  { kind: 'flatten' },
  { kind: 'dense', units: 10 },
];

interface Case {
  readonly name: string;
  readonly params: ArmParams;
  /** Of a network of a sweep file. */
  readonly layers?: readonly Layer[];
}

const networks: readonly Case[] = [
  { name: 'lenet with batch norm', params: { model: 'lenet' } },
  { name: 'lenet without', params: { model: 'lenet', batchNorm: false, dropout: 0.5 } },
  { name: 'mlp', params: { model: 'mlp', width: 0.25, dropout: 0.5 } },
  { name: 'vgg11', params: { model: 'vgg11', width: 0.1 } },
  { name: 'resnet20', params: { model: 'resnet20', width: 0.25 } },
  { name: 'one of a sweep file', params: { model: 'mine' }, layers: odd },
];

const ownNetworks = (networks: Readonly<Record<string, unknown>>): OwnNetworks =>
  parseSweep(JSON.stringify({ name: 'a', networks, space: { model: 'mine' } }), 'f').networks!;

let dataset: Dataset;
beforeAll(async () => {
  dataset = await smallCifar();
});

describe.each(networks)(
  '$name, exported, gives the same probabilities',
  { timeout: LIMIT_MS },
  ({ name, params, layers }) => {
    let home: string;
    let pixels: string;
    let own: number[][];
    let made: Awaited<ReturnType<typeof trained>>;

    beforeAll(async () => {
      home = mkdtempSync(join(tmpdir(), 'elbow-export-'));
      pixels = pixelFile(dataset, join(home, 'pixels'));
      made = await trained(dataset, params, home, layers && ownNetworks({ mine: writtenAs(layers) }));
      own = answersOf(made.model, dataset);
    });
    afterAll(() => rmSync(home, { recursive: true, force: true }));

    function compare(program: string, { version, backend, answers }: PeerAnswers): void {
      expect(answers).toHaveLength(IMAGES);
      const difference = largestDifference(own, answers);
      console.log(`${name}: ${program} ${version} (${backend}) differs by ${difference.toExponential(1)}`);
      expect(difference).toBeLessThan(TOLERANCE);
      // Images must not all get one answer, or any network would pass.
      expect(
        largestDifference(
          own,
          own.map(() => own[0]!),
        ),
      ).toBeGreaterThan(100 * TOLERANCE);
    }

    it('in plain TensorFlow.js', async () => {
      const answer = await peers.tfjs(await exported('tfjs', made, home), pixels);
      compare('TensorFlow.js', answer);
      expect(answer).toMatchObject({ backend: 'cpu', classes: dataset.entry.classes });
    });

    it.skipIf(python === undefined)('in Keras', async () => {
      compare('Keras', await peers.keras(await exported('keras', made, home), pixels));
    });
  },
);

describe('a network for a table, exported, standardises rows as they are', { timeout: LIMIT_MS }, () => {
  const model = madeModel([{ kind: 'flatten' }, { kind: 'dense', units: 3 }], [1, 1, 4]);
  const place = { folder: '', digest: '', sweep: 'made', trial: 0, host: null };
  const rows = [
    [0, 1, 2, 3],
    [3, 0, 0, 1],
  ];
  let home: string;
  let values: string;
  let expected: number[][];

  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'elbow-export-'));
    values = join(home, 'values');
    writeFileSync(values, Uint8Array.from(rows.flat()));
    const { mean, std } = model.description;
    const kernel = model.tensors.get('1.dense.kernel')!.values;
    const bias = model.tensors.get('1.dense.bias')!.values;
    expected = rows.map((row) => {
      const exps = Array.from(bias, (offset, unit) =>
        Math.exp(row.reduce((sum, x, i) => sum + ((x - mean[i]!) / std[i]!) * kernel[i * 3 + unit]!, offset)),
      );
      const sum = exps.reduce((total, one) => total + one, 0);
      return exps.map((one) => one / sum);
    });
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('in plain TensorFlow.js', async () => {
    const { answers } = await peers.tfjs(await exported('tfjs', { model, place }, home), values);
    expect(largestDifference(expected, answers)).toBeLessThan(TOLERANCE);
  });

  it.skipIf(python === undefined)('in Keras', async () => {
    const { answers } = await peers.keras(await exported('keras', { model, place }, home), values);
    expect(largestDifference(expected, answers)).toBeLessThan(TOLERANCE);
  });
});
