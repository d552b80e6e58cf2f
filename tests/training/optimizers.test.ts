import * as tf from '@tensorflow/tfjs-node-gpu';
import { expect, it } from 'vitest';
import { createOptimizer } from '../../src/training/optimizers.js';

/** Applies gradients one by one to two parameters that start at 1 and −2; each gets a multiple of the gradient. */
function play(name: string, learningRate: number, gradients: readonly number[]): number[][] {
  const optimizer = createOptimizer(name);
  let parameters = tf.tensor1d([1, -2]);
  try {
    return gradients.map((gradient) => {
      const slope = tf.tensor1d([gradient, -3 * gradient]);
      const next = optimizer.update(parameters, slope, learningRate);
      tf.dispose([parameters, slope]);
      parameters = next;
      return [...parameters.dataSync()];
    });
  } finally {
    parameters.dispose();
    optimizer.dispose();
  }
}

/** Both parameters after each step, by a rule for one. */
const expected = (rule: () => (at: number, gradient: number) => number): number[][] => {
  const rules = [rule(), rule()];
  let at = [1, -2];
  return gradients.map((gradient) => (at = at.map((x, i) => rules[i]!(x, [1, -3][i]! * gradient))));
};

const expectClose = (actual: readonly number[][], wanted: readonly number[][], digits: number): void =>
  actual.flat().forEach((value, i) => expect(value).toBeCloseTo(wanted.flat()[i]!, digits));

const gradients = [0.5, -0.25, 2, 0, 1];

it('takes the steps of Adam', () => {
  // Kingma and Ba, arXiv:1412.6980, algorithm 1, with β1 = 0.9, β2 = 0.999, ε = 1e-7.
  const steps = expected(() => {
    let m = 0;
    let v = 0;
    let t = 0;
    return (at, gradient) => {
      t++;
      m = 0.9 * m + 0.1 * gradient;
      v = 0.999 * v + 0.001 * gradient ** 2;
      return at - (0.01 * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-7);
    };
  });
  expectClose(play('adam', 0.01, gradients), steps, 5);
});

it('takes the steps of SGD', () => {
  expectClose(
    play('sgd', 0.1, gradients),
    expected(() => (at, gradient) => at - 0.1 * gradient),
    6,
  );
});

it.each(['adam', 'sgd'])('%s leaves no tensor behind', (name) => {
  const before = tf.memory().numTensors;
  play(name, 0.1, gradients);
  expect(tf.memory().numTensors).toBe(before);
});

it('names the optimizers there are', () => {
  expect(() => createOptimizer('adamw')).toThrowError(
    expect.objectContaining({ code: 'usage', message: 'there is no optimizer adamw; there are adam, sgd' }),
  );
});
