import * as tf from '@tensorflow/tfjs-node-gpu';
import { afterEach, describe, expect, it } from 'vitest';
import { useKernels } from '../../src/training/native.js';
import { answersOf, countCorrect, meanOf, sumOf } from '../../src/training/reductions.js';
import { availableKernels } from '../support/kernels.js';

afterEach(() => useKernels(undefined));

describe.each(availableKernels)('with %s kernels', (kind) => {
  it('gives the mean, and each number its share of the slope', () => {
    useKernels(kind);
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => tf.mul(meanOf(tf.square(x) as tf.Tensor1D), 6))(
      tf.tensor1d([1, 2, 3]),
    );
    expect(value.dataSync()[0]).toBeCloseTo(28, 5);
    expect([...grad.dataSync()]).toEqual([4, 8, 12]);
  });

  it('gives no number for the mean where one is none', () => {
    useKernels(kind);
    expect(meanOf(tf.tensor1d([1, NaN])).dataSync()[0]).toBeNaN();
    expect(meanOf(tf.tensor1d([1, Infinity])).dataSync()[0]).toBe(Infinity);
  });
});

describe('answers', () => {
  it('are the classes with the largest logits, as TensorFlow has them', () => {
    const logits = tf.randomNormal<tf.Rank.R2>([200, 10], 0, 1, 'float32', 3);
    expect([...answersOf(logits)]).toEqual([...tf.argMax(logits, 1).dataSync()]);
  });

  it('are the first class of equal ones, and never one that is no number where another is', () => {
    const rows = [
      [1, 1, 0],
      [NaN, -2, -1],
      [-Infinity, -Infinity, -5],
    ];
    expect([...answersOf(tf.tensor2d(rows))]).toEqual([0, 2, 2]);
  });

  it('are the first class where no logit is a number', () => {
    expect([...answersOf(tf.tensor2d([[NaN, NaN, NaN]]))]).toEqual([0]);
  });

  it('are correct where they are the label', () => {
    expect(countCorrect(Int32Array.from([1, 2, 3]), [1, 0, 3])).toBe(2);
  });
});

it('sums in double precision', () => {
  expect(sumOf(new Float32Array(10_000_000).fill(0.1))).toBeCloseTo(10_000_000 * Math.fround(0.1), 0);
});
