/**
 * A batch's numbers brought down to one or few. A call of TensorFlow takes 30 to 70 µs, longer than JavaScript needs for the
 * few hundred numbers of a batch, and the results end in JavaScript anyway.
 */
import * as tf from '@tensorflow/tfjs-node-gpu';
import { isFused } from './native.js';

/** The sum in double precision. */
export const sumOf = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
};

/**
 * The mean, with its gradient.
 * @param x shape [count], count ≥ 1
 */
export function meanOf(x: tf.Tensor1D): tf.Scalar {
  if (!isFused()) return tf.mean<tf.Scalar>(x);
  const op = tf.customGrad((...args) => {
    const count = (args[0] as tf.Tensor1D).size;
    return {
      value: tf.scalar(sumOf((args[0] as tf.Tensor1D).dataSync()) / count),
      gradFunc: (dy: tf.Tensor) => tf.tensor1d(new Float32Array(count).fill(dy.dataSync()[0]! / count)),
    };
  });
  return op(x) as tf.Scalar;
}

/**
 * The class with the largest logit of each image: of equal ones the first, never one that is no number, and 0 where all are none.
 * @param logits shape [batch, classes]
 * @returns shape [batch]
 */
export function answersOf(logits: tf.Tensor2D): Int32Array {
  const values = logits.dataSync<'float32'>();
  const [batch, classes] = logits.shape;
  const answers = new Int32Array(batch);
  for (let image = 0, at = 0; image < batch; image++) {
    let largest = -Infinity;
    for (let k = 0; k < classes; k++, at++) {
      if (values[at]! > largest) {
        largest = values[at]!;
        answers[image] = k;
      }
    }
  }
  return answers;
}

/** How many answers are the label. @param labels shape [batch] */
export function countCorrect(answers: Int32Array, labels: ArrayLike<number>): number {
  let correct = 0;
  for (let image = 0; image < answers.length; image++) if (answers[image] === labels[image]) correct++;
  return correct;
}
