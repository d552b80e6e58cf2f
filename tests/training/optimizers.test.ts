import * as tf from '@tensorflow/tfjs-node-gpu';
import { expect, it } from 'vitest';
import { createOptimizer } from '../../src/training/optimizers.js';

/** Applies gradients one by one to a variable that starts at 1. */
function play(name: string, learningRate: number, gradients: readonly number[]): number[] {
  const optimizer = createOptimizer(name, learningRate);
  const variable = tf.variable(tf.scalar(1));
  try {
    return gradients.map((gradient) => {
      tf.tidy(() => optimizer.applyGradients([{ name: variable.name, tensor: tf.scalar(gradient) }]));
      return variable.dataSync()[0]!;
    });
  } finally {
    variable.dispose();
    optimizer.dispose();
  }
}

const gradients = [0.5, -0.25, 2, 0, 1];

it('takes the steps of Adam', () => {
  // Kingma and Ba, arXiv:1412.6980, algorithm 1, with β1 = 0.9, β2 = 0.999, ε = 1e-7.
  let m = 0;
  let v = 0;
  let at = 1;
  const expected = gradients.map((gradient, i) => {
    m = 0.9 * m + 0.1 * gradient;
    v = 0.999 * v + 0.001 * gradient ** 2;
    at -= (0.01 * (m / (1 - 0.9 ** (i + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (i + 1))) + 1e-7);
    return at;
  });
  play('adam', 0.01, gradients).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
});

it('takes the steps of SGD', () => {
  let at = 1;
  const expected = gradients.map((gradient) => (at -= 0.1 * gradient));
  play('sgd', 0.1, gradients).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
});

it('names the optimizers there are', () => {
  expect(() => createOptimizer('adamw', 0.1)).toThrowError(
    expect.objectContaining({ code: 'usage', message: 'there is no optimizer adamw; there are adam, sgd' }),
  );
});
