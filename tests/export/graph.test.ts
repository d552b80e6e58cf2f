import { describe, expect, it } from 'vitest';
import { graphOf, type GraphLayer } from '../../src/export/graph.js';
import { layersOf, type Layer } from '../../src/models/index.js';
import { withDefaults } from '../../src/spec/index.js';
import { madeModel } from '../support/model.js';

const text = ({ name, inputs, output }: GraphLayer): string =>
  `${inputs.join(' + ')} → ${name} ${output.join('×')}`;

describe('the graph of a network', () => {
  it('goes from pixels to probabilities, and its layers have the numbers of their tensors', () => {
    const layers = layersOf(withDefaults({ model: 'lenet', dropout: 0.5 }), 10);
    const graph = graphOf(madeModel(layers, [32, 32, 3]));
    expect(graph.input).toEqual({ name: 'pixels', shape: [32, 32, 3] });
    expect(graph.layers.map(text)).toEqual([
      'pixels → standardise 32×32×3',
      'standardise → conv_0 28×28×20',
      'conv_0 → max_pool_1 14×14×20',
      'max_pool_1 → batch_norm_2 14×14×20',
      'batch_norm_2 → conv_3 10×10×50',
      'conv_3 → max_pool_4 5×5×50',
      'max_pool_4 → batch_norm_5 5×5×50',
      'batch_norm_5 → conv_6 1×1×50',
      'conv_6 → flatten_7 50',
      'flatten_7 → dropout_8 50',
      'dropout_8 → dense_9 10',
      'dense_9 → probabilities 10',
    ]);
  });

  it('adds a shortcut that takes every second pixel and gets channels of zeros', () => {
    const body: Layer[] = [
      { kind: 'conv', size: 3, filters: 6, stride: 2, padding: 'same', bias: false },
      { kind: 'batch-norm' },
    ];
    const layers: Layer[] = [
      { kind: 'residual', body },
      { kind: 'activation', activation: 'relu' },
    ];
    const graph = graphOf(madeModel(layers, [7, 7, 4]));
    expect(graph.layers.map(text)).toEqual([
      'pixels → standardise 7×7×4',
      'standardise → conv_0_zeros 9×9×4',
      'conv_0_zeros → conv_0 4×4×6',
      'conv_0 → batch_norm_1 4×4×6',
      'standardise → residual_0_pixels 4×4×4',
      'residual_0_pixels → residual_0_channels 4×4×6',
      'batch_norm_1 + residual_0_channels → residual_0_add 4×4×6',
      'residual_0_add → activation_2 4×4×6',
      'activation_2 → probabilities 4×4×6',
    ]);
    const configs = Object.fromEntries(graph.layers.map(({ name, config }) => [name, config]));
    expect(configs['conv_0_zeros']).toMatchObject({
      padding: [
        [1, 1],
        [1, 1],
      ],
      data_format: 'channels_last',
    });
    expect(configs['conv_0']).toMatchObject({ padding: 'valid', strides: [2, 2], use_bias: false });
    expect(configs['residual_0_pixels']).toMatchObject({ pool_size: [1, 1], strides: [2, 2] });
    expect(configs['residual_0_channels']).toMatchObject({
      padding: [
        [0, 0],
        [0, 2],
      ],
      data_format: 'channels_first',
    });
  });

  it('adds nothing where the shortcut has the shape of the body, and needs no zeros at stride 1', () => {
    const body: Layer[] = [{ kind: 'conv', size: 3, filters: 4, padding: 'same' }];
    const graph = graphOf(madeModel([{ kind: 'residual', body }], [7, 7, 4]));
    expect(graph.layers.map(text)).toEqual([
      'pixels → standardise 7×7×4',
      'standardise → conv_0 7×7×4',
      'conv_0 + standardise → residual_0_add 7×7×4',
      'residual_0_add → probabilities 7×7×4',
    ]);
    expect(graph.layers[1]!.config).toMatchObject({ padding: 'same' });
  });

  it('keeps the order of Keras in the weights of a norm', () => {
    const { tensors, description } = madeModel([{ kind: 'batch-norm' }], [2]);
    const norm = graphOf({ tensors, description }).layers.find(({ name }) => name === 'batch_norm_0')!;
    expect(norm.weights).toEqual([
      { name: 'gamma', tensor: tensors.get('0.batch-norm.scale') },
      { name: 'beta', tensor: tensors.get('0.batch-norm.offset') },
      { name: 'moving_mean', tensor: tensors.get('0.batch-norm.mean') },
      { name: 'moving_variance', tensor: tensors.get('0.batch-norm.variance') },
    ]);
    expect(norm.config).toMatchObject({ epsilon: 1e-3 });
  });

  it('standardises pixels by channel, and rows of a table as they are', () => {
    const dense: Layer = { kind: 'dense', units: 2 };
    const facts = { mean: [0.5, 0.25], std: [0.2, 0.5] };
    const pixels = graphOf(madeModel([{ kind: 'flatten' }, dense], [3, 1, 2], facts)).layers[0]!;
    expect(pixels.config['scale']).toEqual([1 / (255 * 0.2), 1 / (255 * 0.5)]);
    expect(pixels.config['offset']).toEqual([-2.5, -0.5]);
    const flat = graphOf(madeModel([{ kind: 'flatten' }, dense], [1, 1, 2], facts));
    expect(flat.input).toEqual({ name: 'values', shape: [2] });
    expect(flat.layers[0]!.config['scale']).toEqual([5, 2]);
    expect(flat.layers.map(text)).toEqual([
      'values → standardise 2',
      'standardise → dense_1 2',
      'dense_1 → probabilities 2',
    ]);
    expect(graphOf(madeModel([dense], [2], facts)).layers.map(text)[1]).toBe('standardise → dense_0 2');
  });

  it('names a tensor that is missing or has another shape', () => {
    const { description, tensors } = madeModel([{ kind: 'dense', units: 2 }], [3]);
    const without = new Map([...tensors].filter(([name]) => name !== '0.dense.bias'));
    expect(() => graphOf({ description, tensors: without })).toThrow(
      'expected a tensor 0.dense.bias of the shape 2, there is none',
    );
    const other = new Map(tensors).set('0.dense.kernel', { shape: [2, 2], values: new Float32Array(4) });
    expect(() => graphOf({ description, tensors: other })).toThrow(
      'expected a tensor 0.dense.kernel of the shape 3×2, it has 2×2',
    );
  });
});
