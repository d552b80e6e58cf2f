import { describe, expect, it } from 'vitest';
import { layersOf, modelNames, summarizeLayers, totalOf, type Layer } from '../../src/models/index.js';
import { parseSweep, withDefaults } from '../../src/spec/index.js';
import type { OwnNetwork } from '../../src/spec/types.js';
import { writtenAs } from '../support/own-networks.js';

/** The network as a sweep file has it. */
const parsed = (layers: unknown) =>
  parseSweep(JSON.stringify({ name: 'a', networks: { mine: layers }, space: { model: 'mine' } }), 'f')
    .networks!;

/** With what may be left out: two ways to write a layer are equal then. */
const complete = (layers: readonly Layer[]): unknown[] =>
  layers.map((layer) => {
    if (layer.kind === 'residual') return { kind: layer.kind, body: complete(layer.body) };
    if (layer.kind === 'conv') {
      return { stride: 1, padding: 'valid', bias: true, activation: 'none', ...layer };
    }
    return layer.kind === 'dense' ? { bias: true, activation: 'none', ...layer } : layer;
  });

describe.each(modelNames)('%s, written in a sweep file,', (model) => {
  const networks = parsed(writtenAs(layersOf(withDefaults({ model, dropout: 0.5 }), 10)));

  it.each([
    { batchNorm: true },
    { batchNorm: false },
    { dropout: 0.3 },
    { width: 0.25 },
    { width: 2, batchNorm: false, dropout: 0.1 },
  ])('has the layers of the built-in one: %o', (change) => {
    const of = (name: string) => complete(layersOf(withDefaults({ ...change, model: name }), 10, networks));
    expect(of('mine')).toEqual(of(model));
  });
});

describe('the settings of an arm', () => {
  const network: OwnNetwork = [
    { conv: 8, size: 3 },
    'batch-norm',
    { residual: ['batch-norm', 'dropout'] },
    { conv: 'classes', size: 1, activation: 'relu' },
    'batch-norm',
    { dropout: 0.25 },
    'global-average-pool',
    'dropout',
    { dense: 3, bias: true },
    'batch-norm',
    { dense: 'classes' },
  ];
  const layers = (params: object) => layersOf(withDefaults({ model: 'x', ...params }), 4, { x: network });

  it('leave out norms, and residual layers that hold nothing else', () => {
    expect(layers({ batchNorm: false })).toEqual([
      { kind: 'conv', filters: 8, size: 3 },
      { kind: 'conv', filters: 4, size: 1, activation: 'relu' },
      { kind: 'dropout', rate: 0.25 },
      { kind: 'global-average-pool' },
      { kind: 'dense', units: 3, bias: true },
      { kind: 'dense', units: 4 },
    ]);
  });

  it('take biases away where a norm follows sums, unless they are written', () => {
    const found = layers({}).filter((layer) => layer.kind === 'conv' || layer.kind === 'dense');
    expect(found.map(({ bias }) => bias)).toEqual([false, undefined, true, undefined]);
  });

  it('fill in dropout without a figure, and leave others alone', () => {
    const rates = (dropout: number) =>
      layers({ dropout, batchNorm: false }).flatMap((layer) =>
        layer.kind === 'residual' ? layer.body : [layer],
      );
    expect(rates(0.5).filter((layer) => layer.kind === 'dropout')).toEqual(
      [0.5, 0.25, 0.5].map((rate) => ({ kind: 'dropout', rate })),
    );
    expect(rates(0).filter((layer) => layer.kind === 'dropout')).toEqual([{ kind: 'dropout', rate: 0.25 }]);
  });

  it('widen filters and units, never the classes, and keep one of each', () => {
    const counts = (width: number) =>
      layers({ width }).flatMap((layer) =>
        layer.kind === 'conv' ? [layer.filters] : layer.kind === 'dense' ? [layer.units] : [],
      );
    expect(counts(2)).toEqual([16, 4, 6, 4]);
    expect(counts(0.01)).toEqual([1, 4, 1, 4]);
  });
});

it('counts the parameters of an own network', () => {
  const networks = parsed([
    { conv: 8, size: 3, padding: 'same' },
    'batch-norm',
    { residual: [{ conv: 16, size: 3, padding: 'same', stride: 2 }] },
    { 'max-pool': 4 },
    'flatten',
    { dense: 'classes' },
  ]);
  const layers = layersOf(withDefaults({ model: 'mine' }), 10, networks);
  const summary = summarizeLayers(layers, [32, 32, 3]);
  expect(summary.map(({ output }) => output.join('×'))).toEqual([
    '32×32×8',
    '32×32×8',
    '16×16×16',
    '4×4×16',
    '256',
    '10',
  ]);
  // No bias before the norm; its scales and offsets; a convolution; dense.
  expect(totalOf(summary)).toEqual({
    trainable: 3 * 3 * 3 * 8 + 2 * 8 + (3 * 3 * 8 * 16 + 16) + (256 * 10 + 10),
    moving: 2 * 8,
  });
});

it('is told by its layers even where a later elbow has a model of that name', () => {
  const lenet: OwnNetwork = ['flatten', { dense: 'classes' }];
  expect(layersOf(withDefaults({ model: 'lenet' }), 10, { lenet })).toEqual([
    { kind: 'flatten' },
    { kind: 'dense', units: 10 },
  ]);
  expect(() => layersOf(withDefaults({ model: 'constructor' }), 10, { lenet })).toThrowError(/no model/);
});
