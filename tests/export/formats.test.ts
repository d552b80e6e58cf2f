import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import h5wasm, { Dataset } from 'h5wasm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportFormats, type ExportFormat } from '../../src/export/index.js';
import { readModel, type Layer, type TrainedModel } from '../../src/models/index.js';
import { decodeTensors } from '../../src/safetensors.js';
import { keepModel, madeModel } from '../support/model.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'elbow-formats-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function contentOf(format: ExportFormat, made: TrainedModel) {
  const place = { folder, digest: keepModel(made, folder), sweep: 'seen', trial: 3, host: null };
  return exportFormats[format].content(readModel(place), place);
}

const filesOf = async (made: TrainedModel): Promise<ReadonlyMap<string, Uint8Array | string>> => {
  const content = await contentOf('tfjs', made);
  if (content instanceof Uint8Array) throw new Error('a folder was expected');
  return content;
};

const small: Layer[] = [
  { kind: 'conv', size: 3, filters: 2 },
  { kind: 'batch-norm' },
  { kind: 'conv', size: 1, filters: 3, bias: false },
  { kind: 'flatten' },
  { kind: 'dense', units: 2 },
];

interface Manifest {
  readonly paths: readonly string[];
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

describe('the layers model of TensorFlow.js', () => {
  it('names its weights, and holds their values in that order', async () => {
    const made = madeModel(small, [5, 5, 1]);
    const files = await filesOf(made);
    expect([...files.keys()]).toEqual(['model.json', 'group1-shard1of1.bin', 'labels.json', 'README.txt']);
    const model = JSON.parse(files.get('model.json') as string) as { weightsManifest: Manifest[] };
    expect(model.weightsManifest[0]!.weights.map(({ name, shape }) => `${name} ${shape.join('×')}`)).toEqual([
      'conv_0/kernel 3×3×1×2',
      'conv_0/bias 2',
      'batch_norm_1/gamma 2',
      'batch_norm_1/beta 2',
      'batch_norm_1/moving_mean 2',
      'batch_norm_1/moving_variance 2',
      'conv_2/kernel 1×1×2×3',
      'dense_4/kernel 27×2',
      'dense_4/bias 2',
    ]);
    const shard = Buffer.from(files.get('group1-shard1of1.bin') as Uint8Array);
    const last = made.tensors.get('4.dense.bias')!.values;
    expect(shard.readFloatLE(shard.length - 4)).toBe(last[1]);
    expect(shard.readFloatLE(0)).toBe(made.tensors.get('0.conv.kernel')!.values[0]);
  });

  it('is cut into files of 4 MiB', async () => {
    const made = madeModel([{ kind: 'dense', units: 1100 }], [1000]);
    const files = await filesOf(made);
    const shards = [...files].filter(([name]) => name.endsWith('.bin'));
    expect(shards.map(([name, content]) => [name, content.length])).toEqual([
      ['group1-shard1of2.bin', 4 * 1024 * 1024],
      ['group1-shard2of2.bin', 4 * (1000 * 1100 + 1100) - 4 * 1024 * 1024],
    ]);
    const { weightsManifest } = JSON.parse(files.get('model.json') as string) as {
      weightsManifest: Manifest[];
    };
    expect(weightsManifest[0]!.paths).toEqual(shards.map(([name]) => name));
  });

  it('comes with its classes and a text that says what it takes', async () => {
    const made = madeModel(small, [5, 5, 1], { classes: ['0', '1'], dataset: 'mnist' });
    const files = await filesOf(made);
    expect(JSON.parse(files.get('labels.json') as string)).toEqual(['0', '1']);
    const readme = files.get('README.txt') as string;
    expect(readme).toMatch(/^This is trial 3 of the sweep seen/);
    expect(readme).toMatch(/tf\.browser\.fromPixels\(canvas, 1\), \[5, 5\]/);
    expect(readme).toMatch(/batch × 5 × 5 × 1.*0 to 255.*mnist got 2 rows and columns of zeros/);
    const table = (await filesOf(madeModel([{ kind: 'dense', units: 2 }], [4]))).get('README.txt') as string;
    expect(table).toMatch(/tf\.tensor\(\[row\], \[1,4\]\)/);
    expect(table).toMatch(/batch × 4, float32\. The numbers of a row as they are/);
  });
});

describe('the file of Keras', () => {
  it('is a zip of three files, with weights by class and number', async () => {
    const made = madeModel(small, [5, 5, 1]);
    const zip = unzipSync((await contentOf('keras', made)) as Uint8Array);
    // With more, Keras would look for assets.
    expect(Object.keys(zip)).toEqual(['metadata.json', 'config.json', 'model.weights.h5']);
    expect(JSON.parse(strFromU8(zip['metadata.json']!))).toMatchObject({
      keras_version: '3.15.1',
      elbow: { sweep: 'seen', trial: 3, classes: ['class 0', 'class 1'] },
    });
    const { FS } = await h5wasm.ready;
    FS.writeFile('read.h5', zip['model.weights.h5']!);
    const file = new h5wasm.File('read.h5', 'r');
    const values = (path: string): unknown => {
      const found = file.get(path);
      return found instanceof Dataset ? { shape: found.shape, values: found.value } : null;
    };
    expect(values('layers/conv2d/vars/1')).toEqual(made.tensors.get('0.conv.bias'));
    expect(values('layers/batch_normalization/vars/3')).toEqual(made.tensors.get('1.batch-norm.variance'));
    expect(values('layers/conv2d_1/vars/0')).toEqual(made.tensors.get('2.conv.kernel'));
    expect(values('layers/dense/vars/0')).toEqual(made.tensors.get('4.dense.kernel'));
    expect(values('layers/conv2d_1/vars/1')).toBeNull();
    file.close();
  });
});

it('gives the kept safetensors file to the byte', async () => {
  const made = madeModel(small, [5, 5, 1]);
  const content = (await contentOf('safetensors', made)) as Buffer;
  expect(content).toEqual(readFileSync(join(folder, `${keepModel(made, folder)}.safetensors`)));
  expect([...decodeTensors(content, 'x').tensors]).toEqual([...made.tensors]);
});
