/**
 * Convolutions. Where elbow's own operations are there (native/), they do what TensorFlow does slowly: a pooling's gradient
 * is zeros but for one place in each window, which TensorFlow multiplies all the same, and its gradient by the kernel is slow
 * on small images. Elsewhere they are TensorFlow's own, tested to the same results.
 */
import * as tf from '@tensorflow/tfjs-node-gpu';
import { biasRelu, maxPool, relu } from './kernels.js';
import { kernels } from './native.js';
import { pooledSums, steppedByOne, zerosBefore, type Convolution } from './own-convolution.js';

/** Sums of products, pooling, bias, ReLU. */
export type Convolve = (x: tf.Tensor4D, kernel: tf.Tensor4D, bias: tf.Tensor1D | undefined) => tf.Tensor4D;

/** Places in a window are bytes, and a kernel's row must fit into registers: larger ones are TensorFlow's. */
const LARGEST_WINDOW = 15;
/** With so few channels TensorFlow is faster. */
const FEW_CHANNELS = 16;

/**
 * A convolution with its bias, its ReLU and the pooling that follows it. Pooling goes first: max(relu(x + b)) and
 * relu(max(x) + b) are the same numbers to the bit, as both steps are monotone, and the second has a quarter of the work.
 */
export function convolution(options: Convolution): Convolve {
  const { layer, pool } = options;
  const sums = sumsOf(options);
  const hasRelu = layer.activation === 'relu';
  const plain: Convolve = (x, kernel, bias) => {
    const pooled = pool > 1 ? maxPool(sums(x, kernel), pool) : sums(x, kernel);
    if (!hasRelu) return bias ? tf.add(pooled, bias) : pooled;
    return (bias ? biasRelu(pooled, bias) : relu(pooled)) as tf.Tensor4D;
  };
  const { size, stride = 1 } = layer;
  const isPooled =
    pool > 1 && stride === 1 && pool <= LARGEST_WINDOW && size <= LARGEST_WINDOW && !hasFewProducts(options);
  return (x, kernel, bias) =>
    isPooled && bias && kernels() === 'own' ? pooledSums(options, x, kernel, bias) : plain(x, kernel, bias);
}

function sumsOf(options: Convolution): (x: tf.Tensor4D, kernel: tf.Tensor4D) => tf.Tensor4D {
  const { layer, input } = options;
  const { size, filters, stride = 1, padding = 'valid' } = layer;
  // A kernel as large as its input is a matrix; the general kernels take three times as long for it.
  if (padding === 'valid' && input[0] === size && input[1] === size) {
    return (x, kernel) => {
      const count = x.shape[0];
      const matrix = tf.reshape<tf.Rank.R2>(kernel, [-1, filters]);
      return tf.reshape(tf.matMul(tf.reshape<tf.Rank.R2>(x, [count, -1]), matrix), [count, 1, 1, filters]);
    };
  }
  if (stride === 1) {
    const isOwn = input[2]! > FEW_CHANNELS;
    return (x, kernel) =>
      isOwn && kernels() === 'own'
        ? steppedByOne({ ...options, hasFewProducts: hasFewProducts(options) }, x, kernel)
        : tf.conv2d(x, kernel, 1, padding);
  }
  if (padding === 'valid') return (x, kernel) => tf.conv2d(x, kernel, stride, padding);
  // TensorFlow's own zeros would shift the kernel by a pixel; tfjs has no gradient for zeros given in numbers.
  const start = zerosBefore(layer);
  const zeros: [number, number] = [start, size - 1 - start];
  return (x, kernel) => tf.conv2d(tf.pad(x, [[0, 0], zeros, zeros, [0, 0]]), kernel, stride, 'valid');
}

/** Whether elbow's convolution does with 16 products in place of 36, which pays from so many channels on. */
function hasFewProducts({ layer, input }: Convolution): boolean {
  const counts = [input[2]!, layer.filters];
  return (
    layer.size === 3 &&
    (layer.stride ?? 1) === 1 &&
    counts.every((count) => count % 8 === 0 && count > FEW_CHANNELS)
  );
}
