/** Shapes and parameter counts of a list of layers, without TensorFlow. */
import { ElbowError } from '../errors.js';
import type { Layer, LayerSummary, Shape } from './layers.js';

const text = (shape: Shape): string => shape.join('×');

/** The output of a layer. @throws ElbowError `spec-invalid` when it does not fit its input */
export function outputShape(layer: Layer, input: Shape): Shape {
  const image = input.length === 3 ? input : undefined;
  const need = (fits: boolean, what: string): void => {
    if (!fits) {
      throw new ElbowError(
        'spec-invalid',
        `a ${layer.kind} layer needs ${what}, its input is ${text(input)}`,
      );
    }
  };
  switch (layer.kind) {
    case 'conv':
      need(
        image !== undefined && Math.min(image[0], image[1]) >= layer.size,
        `an image of at least ${layer.size}×${layer.size}`,
      );
      return [image![0] - layer.size + 1, image![1] - layer.size + 1, layer.filters];
    case 'max-pool':
      need(
        image !== undefined && Math.min(image[0], image[1]) >= layer.size,
        `an image of at least ${layer.size}×${layer.size}`,
      );
      return [Math.floor(image![0] / layer.size), Math.floor(image![1] / layer.size), image![2]];
    case 'batch-norm':
      need(image !== undefined, 'an image');
      return input;
    case 'dropout':
      return input;
    case 'flatten':
      return [input.reduce((product, n) => product * n, 1)];
    case 'dense':
      need(image === undefined, 'a flat input (put `flatten` before it)');
      return [layer.units];
  }
}

function parameters(layer: Layer, input: Shape): { trainable: number; moving: number } {
  const channels = input[input.length - 1]!;
  switch (layer.kind) {
    case 'conv':
      return { trainable: layer.size * layer.size * channels * layer.filters + layer.filters, moving: 0 };
    case 'dense':
      return { trainable: channels * layer.units + layer.units, moving: 0 };
    case 'batch-norm':
      return { trainable: 2 * channels, moving: 2 * channels };
    case 'max-pool':
    case 'dropout':
    case 'flatten':
      return { trainable: 0, moving: 0 };
  }
}

function describe(layer: Layer): string {
  switch (layer.kind) {
    case 'conv':
      return `conv ${layer.size}×${layer.size}, ${layer.filters}, ReLU`;
    case 'max-pool':
      return `max pool ${layer.size}×${layer.size}`;
    case 'batch-norm':
      return 'batch norm';
    case 'dropout':
      return `dropout ${layer.rate}`;
    case 'flatten':
      return 'flatten';
    case 'dense':
      return `dense ${layer.units}`;
  }
}

/** Layer by layer: output shape and parameters. @throws ElbowError `spec-invalid` when shapes do not fit */
export function summarizeLayers(layers: readonly Layer[], input: Shape): LayerSummary[] {
  let shape = input;
  return layers.map((layer) => {
    const counts = parameters(layer, shape);
    shape = outputShape(layer, shape);
    return { layer: describe(layer), output: shape, ...counts };
  });
}
