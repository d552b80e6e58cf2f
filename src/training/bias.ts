/**
 * Biases. On the CPU by TensorFlow's own kernels: the gradient of tfjs' sum is three operations, a reshaping before and after
 * among them, and TensorFlow's is one.
 */
import * as tf from '@tensorflow/tfjs-node-gpu';
import { floats, isFused, layout, native } from './native.js';

const sumWith = (x: tf.Tensor, bias: tf.Tensor): tf.Tensor =>
  native().executeSingleOutput('BiasAdd', [floats(), layout()], [x, bias]);

const biasGradient = (dy: tf.Tensor): tf.Tensor =>
  native().executeSingleOutput('BiasAddGrad', [floats(), layout()], [dy]);

/**
 * Adds a bias.
 * @param x shape [batch, units]
 * @param bias shape [units]
 */
export function addBias(x: tf.Tensor2D, bias: tf.Tensor1D): tf.Tensor2D {
  if (!isFused()) return tf.add(x, bias);
  const op = tf.customGrad((...args) => ({
    value: sumWith(args[0] as tf.Tensor, args[1] as tf.Tensor),
    // A tensor of its own: tfjs ends gradients that it adds up.
    gradFunc: (dy: tf.Tensor) => [dy.clone(), biasGradient(dy)],
  }));
  return op(x, bias) as tf.Tensor2D;
}

/**
 * Adds a bias and applies ReLU.
 * @param x shape [batch, height, width, channels]
 * @param bias shape [channels]
 */
export function biasRelu(x: tf.Tensor4D, bias: tf.Tensor1D): tf.Tensor4D {
  if (!isFused()) return tf.relu(tf.add(x, bias)) as tf.Tensor4D;
  const op = tf.customGrad((...args) => {
    const [input, offset, save] = args as [tf.Tensor4D, tf.Tensor1D, tf.GradSaveFunc];
    const value = native().executeSingleOutput('Relu', [floats()], [sumWith(input, offset)]);
    save([value]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const dSum = native().executeSingleOutput('ReluGrad', [floats()], [dy, saved[0]!]);
        return [dSum, biasGradient(dSum)];
      },
    };
  });
  return op(x, bias) as tf.Tensor4D;
}
