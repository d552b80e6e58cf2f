import { describe, expect, it } from 'vitest';
import {
  layersOf,
  modelNames,
  modelTitle,
  summarizeLayers,
  totalOf,
  type LayerSummary,
} from '../../src/models/index.js';
import { withDefaults } from '../../src/spec/index.js';
import type { Scalar } from '../../src/spec/types.js';

const summary = (model: string, params: Readonly<Record<string, Scalar>> = {}): readonly LayerSummary[] =>
  summarizeLayers(layersOf(withDefaults({ model, ...params }), 10), [32, 32, 3]);
const plain = { batchNorm: false };
const convolutions = (layers: readonly LayerSummary[]): readonly LayerSummary[] =>
  layers.filter(({ layer }) => layer.startsWith('conv'));

describe('VGG', () => {
  // Torchvision's `features` of vgg11 … vgg19, which are configurations A, B, D and E of the paper.
  it.each([
    ['vgg11', 9_220_480],
    ['vgg13', 9_404_992],
    ['vgg16', 14_714_688],
    ['vgg19', 20_024_384],
  ])('%s has %d parameters in its convolutions', (model, count) => {
    expect(totalOf(convolutions(summary(model, plain))).trainable).toBe(count);
    // 512 → 512 → 512 → 10 in place of the paper's 4096-4096-1000.
    expect(totalOf(summary(model, plain)).trainable - count).toBe(2 * (512 * 512 + 512) + 512 * 10 + 10);
  });

  it('has as many layers with weights as its name says', () => {
    for (const layers of [11, 13, 16, 19]) {
      expect(summary(`vgg${layers}`, plain).filter(({ trainable }) => trainable > 0)).toHaveLength(layers);
    }
  });

  it('halves the image five times', () => {
    const pools = summary('vgg16').filter(({ layer }) => layer === 'max pool 2×2');
    expect(pools.map(({ output }) => output.join('×'))).toEqual([
      '16×16×64',
      '8×8×128',
      '4×4×256',
      '2×2×512',
      '1×1×512',
    ]);
  });

  it('has a norm in place of the bias between each convolution and its ReLU', () => {
    const layers = layersOf(withDefaults({ model: 'vgg11' }), 10);
    layers.forEach((layer, i) => {
      if (layer.kind !== 'conv') return;
      expect(layer).toMatchObject({ bias: false });
      expect(layers.slice(i + 1, i + 3)).toEqual([
        { kind: 'batch-norm' },
        { kind: 'activation', activation: 'relu' },
      ]);
    });
    // A scale and an offset a filter more, and a bias less.
    const filters = 64 + 128 + 2 * 256 + 4 * 512;
    expect(totalOf(summary('vgg11')).trainable).toBe(totalOf(summary('vgg11', plain)).trainable + filters);
    expect(totalOf(summary('vgg11')).moving).toBe(2 * filters);
  });

  it('drops before each dense layer', () => {
    const names = summary('vgg16', { dropout: 0.5 }).map(({ layer }) => layer);
    expect(names.slice(names.indexOf('flatten'))).toEqual([
      'flatten',
      'dropout 0.5',
      'dense 512, ReLU',
      'dropout 0.5',
      'dense 512, ReLU',
      'dropout 0.5',
      'dense 10',
    ]);
  });
});

describe('ResNet', () => {
  // Table 6 of arXiv:1512.03385: 0.27 and 0.85 million.
  it.each([
    ['resnet20', 20, 269_722, '0.27'],
    ['resnet56', 56, 853_018, '0.85'],
  ])('%s has %d layers with weights and %d parameters', (model, depth, count, millions) => {
    const layers = summary(model);
    expect(totalOf(layers).trainable).toBe(count);
    expect((count / 1e6).toFixed(2)).toBe(millions);
    expect(layers.flatMap(({ layer }) => layer.match(/conv|dense/g) ?? [])).toHaveLength(depth);
  });

  it('halves the image and doubles the filters at the start of the second and third stage', () => {
    const blocks = summary('resnet20').filter(({ layer }) => layer.startsWith('residual'));
    expect(blocks.map(({ output }) => output.join('×'))).toEqual([
      ...Array<string>(3).fill('32×32×16'),
      ...Array<string>(3).fill('16×16×32'),
      ...Array<string>(3).fill('8×8×64'),
    ]);
    expect(blocks[3]!.layer).toBe(
      'residual (conv 3×3 same stride 2, 32 → batch norm → ReLU → conv 3×3 same, 32 → batch norm)',
    );
    expect(blocks[3]).toMatchObject({
      trainable: 9 * 16 * 32 + 9 * 32 * 32 + 2 * 2 * 32,
      moving: 2 * 2 * 32,
    });
  });

  it('has biases where it has no norms', () => {
    const norms = 7 * 16 + 6 * 32 + 6 * 64;
    expect(totalOf(summary('resnet20', plain))).toEqual({ trainable: 269_722 - norms, moving: 0 });
  });
});

describe('the MLP', () => {
  it('normalises before ReLU, and drops no pixels', () => {
    expect(summary('mlp', { dropout: 0.2 }).map(({ layer }) => layer)).toEqual([
      'flatten',
      ...['dense 512', 'batch norm', 'ReLU', 'dropout 0.2'],
      ...['dense 512', 'batch norm', 'ReLU', 'dropout 0.2'],
      'dense 10',
    ]);
    expect(totalOf(summary('mlp', plain)).trainable).toBe(3072 * 512 + 512 + 512 * 512 + 512 + 5130);
  });
});

describe('every network', () => {
  it.each(modelNames)('%s gives logits at any width, with and without norms and dropout', (model) => {
    for (const width of [0.001, 0.3, 1, 1.5]) {
      for (const params of [{ width }, { width, batchNorm: false }, { width, dropout: 0.5 }]) {
        expect(summary(model, params).at(-1)).toMatchObject({ layer: 'dense 10', output: [10] });
      }
    }
    expect(totalOf(summary(model, plain)).moving).toBe(0);
  });

  it('has a name and a title', () => {
    expect(modelNames.map(modelTitle).every((title) => title.length > 0)).toBe(true);
    expect(() => layersOf({ model: 'toString' }, 10)).toThrowError(
      expect.objectContaining({
        code: 'usage',
        message: `there is no model "toString"; the models are ${modelNames.join(', ')}`,
      }),
    );
  });
});
