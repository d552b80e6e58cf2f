/**
 * Convolutions. Where elbow's own operations are there (native/), they do what TensorFlow does slowly: a pooling's gradient
 * is zeros but for one place in each window, which TensorFlow multiplies all the same, and its gradient by the kernel is slow
 * on small images. Elsewhere they are TensorFlow's own, tested to the same results.
 */
import * as tf from '@tensorflow/tfjs-node-gpu';
import { convWay, type ConvWay } from '../models/index.js';
import { biasRelu } from './bias.js';
import { maxPool, relu } from './kernels.js';
import { kernels } from './native.js';
import { ownSums, pooledSums, zerosBefore, type Convolution } from './own-convolution.js';

/** Sums of products, pooling, bias, ReLU. @param hasGradient whether a backward pass follows */
export type Convolve = (
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  bias: tf.Tensor1D | undefined,
  hasGradient: boolean,
) => tf.Tensor4D;

/**
 * A convolution with its bias, its ReLU and the pooling that follows it. Pooling goes first: max(relu(x + b)) and
 * relu(max(x) + b) are the same numbers to the bit, as both steps are monotone, and the second has a quarter of the work.
 */
export function convolution(options: Convolution): Convolve {
  const { layer, input, pool } = options;
  const way = convWay(layer, input, pool);
  const sums = sumsOf(options, way);
  const hasRelu = layer.activation === 'relu';
  return (x, kernel, bias, hasGradient) => {
    if (way === 'pooled' && bias && kernels() === 'own') {
      return pooledSums(options, x, kernel, bias, hasGradient);
    }
    const pooled = pool > 1 ? maxPool(sums(x, kernel), pool) : sums(x, kernel);
    if (!hasRelu) return bias ? tf.add(pooled, bias) : pooled;
    return (bias ? biasRelu(pooled, bias) : relu(pooled)) as tf.Tensor4D;
  };
}

function sumsOf(options: Convolution, way: ConvWay): (x: tf.Tensor4D, kernel: tf.Tensor4D) => tf.Tensor4D {
  const { layer } = options;
  const { size, filters, stride = 1, padding = 'valid' } = layer;
  if (way === 'matrix') {
    return (x, kernel) => {
      const count = x.shape[0];
      const matrix = tf.reshape<tf.Rank.R2>(kernel, [-1, filters]);
      return tf.reshape(tf.matMul(tf.reshape<tf.Rank.R2>(x, [count, -1]), matrix), [count, 1, 1, filters]);
    };
  }
  if (way === 'few-products' || way === 'own-gradient') {
    return (x, kernel) =>
      kernels() === 'own' ? ownSums(options, way, x, kernel) : tf.conv2d(x, kernel, 1, padding);
  }
  if (padding === 'valid' || stride === 1) return (x, kernel) => tf.conv2d(x, kernel, stride, padding);
  // TensorFlow's own zeros would shift the kernel by a pixel; tfjs has no gradient for zeros given in numbers.
  const start = zerosBefore(layer);
  const zeros: [number, number] = [start, size - 1 - start];
  return (x, kernel) => tf.conv2d(tf.pad(x, [[0, 0], zeros, zeros, [0, 0]]), kernel, stride, 'valid');
}
