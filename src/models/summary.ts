/** Shapes and parameter counts of a list of layers, without TensorFlow. */
import { ElbowError } from '../errors.js';
import type { Activation, Layer, LayerSummary, Shape } from './layers.js';

type Image = readonly [number, number, number];
interface Counts {
  readonly trainable: number;
  readonly moving: number;
}

const text = (shape: Shape): string => shape.join('×');
const none: Counts = { trainable: 0, moving: 0 };

const refusal = (layer: Layer, what: string, input: Shape, hint: string): ElbowError =>
  new ElbowError('spec-invalid', `a ${layer.kind} layer needs ${what}, its input is ${text(input)}`, {
    hint,
  });

function imageOf(layer: Layer, input: Shape, side = 1): Image {
  if (input.length === 3 && Math.min(input[0], input[1]) >= side) return input;
  if (input.length === 1) {
    throw refusal(
      layer,
      'an image',
      input,
      'Put it before `flatten` and `global-average-pool`, whose output is flat.',
    );
  }
  throw refusal(
    layer,
    `an image of at least ${side}×${side}`,
    input,
    'Pool less before it, make its `size` smaller, or give convolutions `padding: same`, which keeps the size.',
  );
}

/** The output of a layer. @throws ElbowError `spec-invalid` when it does not fit its input */
export function outputShape(layer: Layer, input: Shape): Shape {
  switch (layer.kind) {
    case 'conv': {
      const { size, filters, stride = 1, padding } = layer;
      const lost = padding === 'same' ? 0 : size - 1;
      const [height, width] = imageOf(layer, input, lost + 1);
      return [Math.ceil((height - lost) / stride), Math.ceil((width - lost) / stride), filters];
    }
    case 'max-pool': {
      const [height, width, channels] = imageOf(layer, input, layer.size);
      return [Math.floor(height / layer.size), Math.floor(width / layer.size), channels];
    }
    case 'global-average-pool':
      return [imageOf(layer, input)[2]];
    case 'batch-norm':
    case 'activation':
    case 'dropout':
      return input;
    case 'flatten':
      return [input.reduce((product, n) => product * n, 1)];
    case 'dense':
      if (input.length === 1) return [layer.units];
      throw refusal(layer, 'a flat input', input, 'Put `flatten` before it.');
    case 'residual': {
      const output = layer.body.reduce((shape, inner) => outputShape(inner, shape), input);
      shortcutStride(input, output);
      return output;
    }
  }
}

/**
 * Every how many pixels the shortcut of a residual layer takes one, from the image's height and width.
 * @throws ElbowError `spec-invalid` where no stride gives the output's size, or the output has fewer channels
 */
export function shortcutStride(input: Shape, output: Shape): number {
  if (text(input) === text(output)) return 1;
  if (input.length === 3 && output.length === 3 && output[2] >= input[2]) {
    const stride = Math.ceil(input[0] / output[0]);
    if (Math.ceil(input[0] / stride) === output[0] && Math.ceil(input[1] / stride) === output[1]) {
      return stride;
    }
  }
  throw new ElbowError(
    'spec-invalid',
    `a residual layer cannot add its input, ${text(input)}, to what its body makes of it, ${text(output)}`,
    {
      hint: 'Give its convolutions `padding: same`, at least as many filters as come in, and one stride in all.',
    },
  );
}

function countsOf(layer: Layer, input: Shape): Counts {
  const channels = input[input.length - 1]!;
  switch (layer.kind) {
    case 'conv': {
      const { size, filters, bias = true } = layer;
      return { trainable: size * size * channels * filters + (bias ? filters : 0), moving: 0 };
    }
    case 'dense': {
      const { units, bias = true } = layer;
      return { trainable: channels * units + (bias ? units : 0), moving: 0 };
    }
    case 'batch-norm':
      return { trainable: 2 * channels, moving: 2 * channels };
    case 'residual':
      return totalOf(summarizeLayers(layer.body, input));
    case 'max-pool':
    case 'global-average-pool':
    case 'activation':
    case 'dropout':
    case 'flatten':
      return none;
  }
}

/** Parameters of all layers together. */
export const totalOf = (layers: readonly Counts[]): Counts =>
  layers.reduce(
    (sum, { trainable, moving }) => ({
      trainable: sum.trainable + trainable,
      moving: sum.moving + moving,
    }),
    none,
  );

const activationText = (activation: Activation | undefined): string =>
  activation === 'relu' ? ', ReLU' : '';

function describe(layer: Layer): string {
  switch (layer.kind) {
    case 'conv': {
      const { size, filters, stride = 1, padding, activation } = layer;
      const place = `${padding === 'same' ? ' same' : ''}${stride > 1 ? ` stride ${stride}` : ''}`;
      return `conv ${size}×${size}${place}, ${filters}${activationText(activation)}`;
    }
    case 'max-pool':
      return `max pool ${layer.size}×${layer.size}`;
    case 'global-average-pool':
      return 'global average pool';
    case 'batch-norm':
      return 'batch norm';
    case 'activation':
      return 'ReLU';
    case 'dropout':
      return `dropout ${layer.rate}`;
    case 'flatten':
      return 'flatten';
    case 'dense':
      return `dense ${layer.units}${activationText(layer.activation)}`;
    case 'residual':
      return `residual (${layer.body.map(describe).join(' → ')})`;
  }
}

/** Layer by layer: output shape and parameters. @throws ElbowError `spec-invalid` when shapes do not fit */
export function summarizeLayers(layers: readonly Layer[], input: Shape): LayerSummary[] {
  let shape = input;
  return layers.map((layer) => {
    const before = shape;
    shape = outputShape(layer, before);
    return { layer: describe(layer), output: shape, ...countsOf(layer, before) };
  });
}
