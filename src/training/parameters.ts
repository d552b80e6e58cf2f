/** A network's parameters as one vector, and as the tensors of its layers. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import { sizeOf } from './layers.js';
import { kernels, native, typed } from './native.js';

/**
 * Cuts a vector into tensors.
 * @param shapes whose sizes add up to the vector's
 * @returns tensors that the caller owns
 */
export function splitVector(vector: tf.Tensor1D, shapes: readonly (readonly number[])[]): tf.Tensor[] {
  if (shapes.length === 0) return [];
  if (kernels() === 'own') {
    const ints = (name: string, value: number | readonly number[]) => typed(name, 'TF_ATTR_INT', value);
    const attributes = [
      ints('count', shapes.length),
      ints(
        'ranks',
        shapes.map(({ length }) => length),
      ),
      ints('sides', shapes.flat()),
    ];
    return native().executeMultipleOutputs('ElbowSplit', attributes, [vector], shapes.length);
  }
  return tf.tidy(() =>
    tf.split(vector, shapes.map(sizeOf)).map((part, i) => {
      const shape = shapes[i]!;
      return shape.length === 1 ? part : tf.reshape(part, [...shape]);
    }),
  );
}

/** Lays tensors in a row, each row by row. The caller owns the vector. */
export function joinVector(parts: readonly tf.Tensor[]): tf.Tensor1D {
  if (kernels() === 'own') {
    const attributes = [typed('count', 'TF_ATTR_INT', parts.length)];
    return native().executeSingleOutput('ElbowJoin', attributes, parts) as tf.Tensor1D;
  }
  return tf.tidy(() => tf.concat(parts.map((part) => tf.reshape<tf.Rank.R1>(part, [-1]))));
}
