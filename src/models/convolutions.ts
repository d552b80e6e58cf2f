/** Which way a convolution is computed where elbow's own operations are there. */
import type { ConvLayer, Shape } from './layers.js';

/**
 * `matrix`: a kernel as large as its input is a product of matrices; the general kernels take three times as long for it.
 * `few-products`: 36 in place of 144 for 16 pixels of a 3×3 kernel, or 16 in place of 36 for four. `pooled`: pooling, bias and
 * ReLU with it in one operation, whose gradient works on the places of the maxima alone. `own-gradient`: TensorFlow's, but for
 * the gradient by the kernel. `plain`: TensorFlow's.
 */
export type ConvWay = 'matrix' | 'few-products' | 'pooled' | 'own-gradient' | 'plain';

/** Places in a window are bytes, and a kernel's row must fit into registers: larger ones are TensorFlow's. */
const LARGEST_WINDOW = 15;
/** With so few channels TensorFlow is faster. */
const FEW_CHANNELS = 16;
/** Transformed kernels are made of whole vectors. */
const VECTOR = 8;

/**
 * @param input height, width, channels
 * @param pool side of the windows of the max pooling that follows; 1 for none
 */
export function convWay(layer: ConvLayer, input: Shape, pool: number): ConvWay {
  const { size, filters, stride = 1, padding = 'valid', bias = true } = layer;
  if (padding === 'valid' && input[0] === size && input[1] === size) return 'matrix';
  if (stride > 1) return 'plain';
  const channels = input[input.length - 1]!;
  const isTransformed = [channels, filters].every((count) => count % VECTOR === 0 && count > FEW_CHANNELS);
  if (size === 3 && isTransformed) return 'few-products';
  if (pool > 1 && bias && pool <= LARGEST_WINDOW && size <= LARGEST_WINDOW) return 'pooled';
  return channels > FEW_CHANNELS ? 'own-gradient' : 'plain';
}

/**
 * Numbers that a 3×3 kernel of the way `few-products` is transformed to, for each channel and filter: 36 or 16, whichever takes
 * fewer products for this output, as `winograd_output` in native/winograd.cc has it.
 */
export function transformedValues(height: number, width: number): 36 | 16 {
  const products = (side: number): number =>
    Math.ceil(height / side) * Math.ceil(width / side) * (side + 2) ** 2;
  return products(4) < products(2) ? 36 : 16;
}
