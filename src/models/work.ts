/** How much a network computes. */
import type { Layer, Shape } from './layers.js';
import { outputShape } from './summary.js';

/**
 * Multiplications with an addition each that one image takes through the network, forward: of convolutions and dense
 * layers, beside which the others hardly count.
 * @throws ElbowError `spec-invalid` when shapes do not fit
 */
export function multiplyAdds(layers: readonly Layer[], input: Shape): number {
  let shape = input;
  let sum = 0;
  for (const layer of layers) {
    const output = outputShape(layer, shape);
    sum += ofLayer(layer, shape, output);
    shape = output;
  }
  return sum;
}

const product = (shape: Shape): number => shape.reduce((all, n) => all * n, 1);

function ofLayer(layer: Layer, input: Shape, output: Shape): number {
  const channels = input[input.length - 1]!;
  switch (layer.kind) {
    case 'conv':
      return product(output) * layer.size ** 2 * channels;
    case 'dense':
      return layer.units * channels;
    case 'residual':
      return multiplyAdds(layer.body, input);
    case 'max-pool':
    case 'global-average-pool':
    case 'batch-norm':
    case 'activation':
    case 'dropout':
    case 'flatten':
      return 0;
  }
}
