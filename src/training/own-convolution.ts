/** Convolutions by elbow's own operations, with their gradients. See native/conv_operations.cc. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import type { ConvLayer, Shape } from '../models/index.js';
import { floats, layout, native, typed, type OpAttribute } from './native.js';

export interface Convolution {
  readonly layer: ConvLayer;
  /** Height, width, channels. */
  readonly input: Shape;
  /** Side of the windows whose maxima are kept; 1 for no pooling. */
  readonly pool: number;
  /** Whether its input has a gradient: the images have none. */
  readonly needsInput: boolean;
}

/** Zeros above and to the left of an image. */
export const zerosBefore = ({ size, padding = 'valid' }: ConvLayer): number =>
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

/** What TensorFlow wants to know of its own convolution. */
function plainAttributes({ padding }: ConvLayer): OpAttribute[] {
  const ints = (name: string, value: readonly number[]): OpAttribute => typed(name, 'TF_ATTR_INT', value);
  return [
    floats(),
    layout(),
    ints('strides', [1, 1, 1, 1]),
    ints('dilations', [1, 1, 1, 1]),
    typed('padding', 'TF_ATTR_STRING', padding === 'same' ? 'SAME' : 'VALID'),
    typed('use_cudnn_on_gpu', 'TF_ATTR_BOOL', true),
  ];
}

/** A convolution of stride 1 with elbow's gradient by the kernel; all of it elbow's where few products do. */
export function ownSums(
  { layer, needsInput }: Convolution,
  way: 'few-products' | 'own-gradient',
  images: tf.Tensor4D,
  weights: tf.Tensor4D,
): tf.Tensor4D {
  const run = (name: string, attributes: OpAttribute[], ...inputs: tf.Tensor[]): tf.Tensor =>
    native().executeSingleOutput(name, attributes, inputs);
  const op = tf.customGrad((...args) => {
    const [x, kernel, save] = args as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([x, kernel]);
    const own = outputAttributes(layer, x);
    const plain = plainAttributes(layer);
    const inputGradient = (input: tf.Tensor, weight: tf.Tensor, dy: tf.Tensor): tf.Tensor => {
      if (!needsInput) return none();
      if (way === 'few-products') return run('ElbowConvInputGradient', own, input, weight, dy);
      return run('Conv2DBackpropInput', plain, tf.tensor1d(input.shape, 'int32'), weight, dy);
    };
    return {
      value: way === 'few-products' ? run('ElbowConv', own, x, kernel) : run('Conv2D', plain, x, kernel),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [input, weight] = saved as [tf.Tensor4D, tf.Tensor4D];
        return [inputGradient(input, weight, dy), run('ElbowConvKernelGradient', own, input, weight, dy)];
      },
    };
  });
  return op(images, weights) as tf.Tensor4D;
}

/** In the place of a gradient that nobody asks for. */
const none = (): tf.Tensor => tf.tensor1d([], 'float32');

/** Convolution, pooling, bias and ReLU in one operation, whose gradient works on the places of the maxima alone. */
export function pooledSums(
  { layer, pool, needsInput }: Convolution,
  images: tf.Tensor4D,
  weights: tf.Tensor4D,
  offset: tf.Tensor1D,
  hasGradient: boolean,
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
      [...attributes, typed('keep_places', 'TF_ATTR_BOOL', hasGradient)],
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
