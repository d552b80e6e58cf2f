/**
 * Convolutions. Where elbow's own operations are there (native/), they do what TensorFlow does slowly: a pooling's gradient
 * is zeros but for one place in each window, which TensorFlow multiplies all the same, and its gradient by the kernel is slow
 * on small images. Elsewhere they are TensorFlow's own, tested to the same results.
 */
import * as tf from '@tensorflow/tfjs-node-gpu';
import type { ConvLayer, Shape } from '../models/index.js';
import { biasRelu, maxPool, relu } from './kernels.js';
import { floats, kernels, layout, native, typed, type OpAttribute } from './native.js';

export interface Convolution {
  readonly layer: ConvLayer;
  /** Height, width, channels. */
  readonly input: Shape;
  /** Side of the windows whose maxima are kept; 1 for no pooling. */
  readonly pool: number;
  /** Whether its input has a gradient: the images have none. */
  readonly needsInput: boolean;
}

/** Sums of products, pooling, bias, ReLU. */
export type Convolve = (x: tf.Tensor4D, kernel: tf.Tensor4D, bias: tf.Tensor1D | undefined) => tf.Tensor4D;

/** Places in a window are bytes, and a kernel's row must fit into registers: larger ones are TensorFlow's. */
const LARGEST_WINDOW = 15;
/** With fewer channels TensorFlow's gradient by the kernel is faster. */
const FEWEST_CHANNELS = 16;

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
  const isOwn = pool > 1 && stride === 1 && pool <= LARGEST_WINDOW && size <= LARGEST_WINDOW;
  return (x, kernel, bias) =>
    isOwn && bias && kernels() === 'own' ? pooledSums(options, x, kernel, bias) : plain(x, kernel, bias);
}

function sumsOf({
  layer,
  input,
  needsInput,
}: Convolution): (x: tf.Tensor4D, kernel: tf.Tensor4D) => tf.Tensor4D {
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
    const isOwn = input[2]! >= FEWEST_CHANNELS;
    return (x, kernel) =>
      isOwn && kernels() === 'own'
        ? steppedByOne(layer, needsInput, x, kernel)
        : tf.conv2d(x, kernel, 1, padding);
  }
  if (padding === 'valid') return (x, kernel) => tf.conv2d(x, kernel, stride, padding);
  // TensorFlow's own zeros would shift the kernel by a pixel; tfjs has no gradient for zeros given in numbers.
  const start = zerosBefore(layer);
  const zeros: [number, number] = [start, size - 1 - start];
  return (x, kernel) => tf.conv2d(tf.pad(x, [[0, 0], zeros, zeros, [0, 0]]), kernel, stride, 'valid');
}

/** Zeros above and to the left of an image. */
const zerosBefore = ({ size, padding = 'valid' }: ConvLayer): number =>
  padding === 'same' ? Math.floor((size - 1) / 2) : 0;

/** Attributes of all own operations: zeros before, and the size of the output. */
function outputAttributes(layer: ConvLayer, x: tf.Tensor4D): OpAttribute[] {
  const lost = layer.padding === 'same' ? 0 : layer.size - 1;
  return [
    typed('before', 'TF_ATTR_INT', zerosBefore(layer)),
    typed('rows', 'TF_ATTR_INT', x.shape[1] - lost),
    typed('columns', 'TF_ATTR_INT', x.shape[2] - lost),
  ];
}

/** TensorFlow's convolution, with elbow's gradient by the kernel. */
function steppedByOne(
  layer: ConvLayer,
  needsInput: boolean,
  images: tf.Tensor4D,
  weights: tf.Tensor4D,
): tf.Tensor4D {
  const ints = (name: string, value: readonly number[]): OpAttribute => typed(name, 'TF_ATTR_INT', value);
  const attributes = [
    floats(),
    layout(),
    ints('strides', [1, 1, 1, 1]),
    ints('dilations', [1, 1, 1, 1]),
    typed('padding', 'TF_ATTR_STRING', layer.padding === 'same' ? 'SAME' : 'VALID'),
    typed('use_cudnn_on_gpu', 'TF_ATTR_BOOL', true),
  ];
  const op = tf.customGrad((...args) => {
    const [x, kernel, save] = args as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([x, kernel]);
    return {
      value: native().executeSingleOutput('Conv2D', attributes, [x, kernel]),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [input, weight] = saved as [tf.Tensor4D, tf.Tensor4D];
        const sizes = tf.tensor1d(input.shape, 'int32');
        return [
          needsInput
            ? native().executeSingleOutput('Conv2DBackpropInput', attributes, [sizes, weight, dy])
            : none(),
          native().executeSingleOutput('ElbowConvKernelGradient', outputAttributes(layer, input), [
            input,
            weight,
            dy,
          ]),
        ];
      },
    };
  });
  return op(images, weights) as tf.Tensor4D;
}

/** In the place of a gradient that nobody asks for. */
const none = (): tf.Tensor => tf.tensor1d([], 'float32');

/** Convolution, pooling, bias and ReLU in one operation, whose gradient works on the places of the maxima alone. */
function pooledSums(
  { layer, pool, needsInput }: Convolution,
  images: tf.Tensor4D,
  weights: tf.Tensor4D,
  offset: tf.Tensor1D,
): tf.Tensor4D {
  const op = tf.customGrad((...args) => {
    const [x, kernel, bias, save] = args as [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D, tf.GradSaveFunc];
    const attributes = [
      ...outputAttributes(layer, x),
      typed('pool', 'TF_ATTR_INT', pool),
      typed('relu', 'TF_ATTR_BOOL', layer.activation === 'relu'),
    ];
    const [value, places] = native().executeMultipleOutputs(
      'ElbowConvPool',
      attributes,
      [x, kernel, bias],
      2,
    );
    save([x, kernel, value!, places!]);
    return {
      value: value!,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        native().executeMultipleOutputs(
          'ElbowConvPoolGradients',
          [...attributes, typed('needs_input', 'TF_ATTR_BOOL', needsInput)],
          [...saved, dy],
          3,
        ),
    };
  });
  return op(images, weights, offset) as tf.Tensor4D;
}
