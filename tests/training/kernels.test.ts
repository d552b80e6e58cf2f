import * as tf from '@tensorflow/tfjs-node-gpu';
import { afterEach, describe, expect, it } from 'vitest';
import { uniforms } from '../../src/random.js';
import {
  BATCH_NORM_EPSILON,
  batchNormInference,
  batchNormMoments,
  batchNormTraining,
  crossEntropy,
  maxPool,
} from '../../src/training/kernels.js';
import { addBias, biasRelu } from '../../src/training/bias.js';
import { sizeOf } from '../../src/training/layers.js';
import { useKernels, type Kernels } from '../../src/training/native.js';
import { availableKernels } from '../support/kernels.js';

afterEach(() => useKernels(undefined));

const values = (count: number, seed: number): number[] => [...uniforms(count, seed)].map((u) => 4 * u - 2);
const image = (seed: number) => tf.tensor4d(values(3 * 4 * 4 * 2, seed), [3, 4, 4, 2]);
const arrayOf = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];

/** Greatest distance of two lists. */
const distance = (a: readonly number[], b: readonly number[]): number => {
  expect(a).toHaveLength(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
};

/** The slope of `f` at `at` by central differences in each coordinate. */
function slopes(f: (at: readonly number[]) => number, at: readonly number[]): number[] {
  const h = 1e-2;
  return at.map((_, i) => {
    const moved = (by: number): number => f(at.map((value, j) => (i === j ? value + by : value)));
    return (moved(h) - moved(-h)) / (2 * h);
  });
}

/** Batch normalisation of [count, channels] numbers, as its paper writes it, in double precision. */
function batchNormByHand(x: readonly number[], scale: readonly number[], offset: readonly number[]) {
  const channels = scale.length;
  const count = x.length / channels;
  const of = (channel: number): number[] => x.filter((_, i) => i % channels === channel);
  const mean = scale.map((_, c) => of(c).reduce((sum, value) => sum + value, 0) / count);
  const variance = scale.map(
    (_, c) => of(c).reduce((sum, value) => sum + (value - mean[c]!) ** 2, 0) / count,
  );
  const y = x.map((value, i) => {
    const c = i % channels;
    return (scale[c]! * (value - mean[c]!)) / Math.sqrt(variance[c]! + BATCH_NORM_EPSILON) + offset[c]!;
  });
  return { y, mean, variance };
}

const noRelu = { relu: false };

describe.each(availableKernels)('with %s kernels', (kind: Kernels) => {
  const scale = [1.5, 0.5];
  const offset = [0.25, -1];
  const weights = values(3 * 4 * 4 * 2, 9);
  /** Σ w·y with fixed weights: a loss whose gradient is nowhere trivial. */
  const weigh = (y: readonly number[]): number => y.reduce((sum, value, i) => sum + value * weights[i]!, 0);

  it('normalises by the moments of the batch', () => {
    useKernels(kind);
    const byHand = batchNormByHand(values(96, 1), scale, offset);
    const { value, moments } = batchNormMoments(image(1), tf.tensor1d(scale), tf.tensor1d(offset), noRelu);
    expect(distance(arrayOf(value), byHand.y)).toBeLessThan(1e-5);
    expect(distance(arrayOf(moments.mean), byHand.mean)).toBeLessThan(1e-6);
    // The biased variance, not the unbiased one that the kernel gives.
    expect(distance(arrayOf(moments.variance), byHand.variance)).toBeLessThan(1e-5);
    const training = batchNormTraining(image(1), tf.tensor1d(scale), tf.tensor1d(offset), noRelu);
    expect(distance(arrayOf(training), byHand.y)).toBeLessThan(1e-5);
  });

  it('has the gradient of batch normalisation, by all three arguments', () => {
    useKernels(kind);
    const gradients = tf.grads((x, s, o) =>
      tf.sum(
        tf.mul(
          batchNormTraining(x as tf.Tensor4D, s as tf.Tensor1D, o as tf.Tensor1D, noRelu),
          tf.tensor4d(weights, [3, 4, 4, 2]),
        ),
      ),
    )([image(1), tf.tensor1d(scale), tf.tensor1d(offset)]);
    const numeric = [
      slopes((x) => weigh(batchNormByHand(x, scale, offset).y), values(96, 1)),
      slopes((s) => weigh(batchNormByHand(values(96, 1), s, offset).y), scale),
      slopes((o) => weigh(batchNormByHand(values(96, 1), scale, o).y), offset),
    ];
    gradients.forEach((gradient, i) => expect(distance(arrayOf(gradient), numeric[i]!)).toBeLessThan(2e-3));
  });

  it('adds a bias, cuts below 0, and has the gradient of it', () => {
    useKernels(kind);
    const x = values(96, 2);
    const bias = [0.5, -0.25];
    const byHand = (xs: readonly number[], b: readonly number[]): number[] =>
      xs.map((value, i) => Math.max(0, value + b[i % 2]!));
    expect(distance(arrayOf(biasRelu(image(2), tf.tensor1d(bias))), byHand(x, bias))).toBeLessThan(1e-6);
    const [dx, dBias] = tf.grads((a, b) =>
      tf.sum(tf.mul(biasRelu(a as tf.Tensor4D, b as tf.Tensor1D), tf.tensor4d(weights, [3, 4, 4, 2]))),
    )([image(2), tf.tensor1d(bias)]);
    const slope = x.map((value, i) => (value + bias[i % 2]! > 0 ? weights[i]! : 0));
    expect(distance(arrayOf(dx!), slope)).toBeLessThan(1e-6);
    const sums = bias.map((_, c) => slope.filter((_s, i) => i % 2 === c).reduce((sum, s) => sum + s, 0));
    expect(distance(arrayOf(dBias!), sums)).toBeLessThan(1e-5);
  });

  it('adds a bias to rows, and has the gradient of it', () => {
    useKernels(kind);
    const rows = tf.tensor2d(values(6, 2), [3, 2]);
    const slope = values(6, 6);
    const { value, grads } = tf.valueAndGrads((x, bias) =>
      tf.sum(tf.mul(addBias(x as tf.Tensor2D, bias as tf.Tensor1D), tf.tensor2d(slope, [3, 2]))),
    )([rows, tf.tensor1d([0.5, -0.25])]);
    const byHand = values(6, 2).reduce((sum, x, i) => sum + (x + [0.5, -0.25][i % 2]!) * slope[i]!, 0);
    expect(value.dataSync()[0]).toBeCloseTo(byHand, 4);
    expect(distance(arrayOf(grads[0]!), slope)).toBeLessThan(1e-6);
    const columns = [0, 1].map((column) => slope[column]! + slope[2 + column]! + slope[4 + column]!);
    expect(distance(arrayOf(grads[1]!), columns)).toBeLessThan(1e-5);
  });

  it('takes the maxima of windows, and gives each maximum the gradient of its window', () => {
    useKernels(kind);
    // 5×4 pixels: the last row fills no window. Rows of two equal maxima: the first has the gradient.
    const x = values(2 * 5 * 4 * 2, 4).map((value, i) => (i < 40 ? Math.round(value) : value));
    const tensor = tf.tensor4d(x, [2, 5, 4, 2]);
    const slope = values(2 * 2 * 2 * 2, 5);
    const maxima: number[] = [];
    const gradient = new Array<number>(x.length).fill(0);
    for (let image = 0; image < 2; image++) {
      for (let window = 0; window < 4; window++) {
        for (let channel = 0; channel < 2; channel++) {
          const at = [0, 1, 4, 5].map((offset) => {
            const pixel = (window >> 1) * 8 + (window % 2) * 2 + offset;
            return (image * 20 + pixel) * 2 + channel;
          });
          const best = at.reduce((first, next) => (x[next]! > x[first]! ? next : first));
          gradient[best] = slope[maxima.length]!;
          maxima.push(x[best]!);
        }
      }
    }
    expect(distance(arrayOf(maxPool(tensor, 2)), maxima)).toBeLessThan(1e-6);
    const computed = tf.grad((input) =>
      tf.sum(tf.mul(maxPool(input as tf.Tensor4D, 2), tf.tensor4d(slope, [2, 2, 2, 2]))),
    )(tensor);
    expect(distance(arrayOf(computed), gradient)).toBeLessThan(1e-6);
  });

  it('computes the cross-entropy of the softmax and its gradient', () => {
    useKernels(kind);
    const logits = values(4 * 5, 3);
    const labels = [0, 4, 2, 2];
    const byHand = (all: readonly number[]): number[] =>
      labels.map((label, row) => {
        const own = all.slice(row * 5, row * 5 + 5);
        return Math.log(own.reduce((sum, value) => sum + Math.exp(value), 0)) - own[label]!;
      });
    const compute = (x: tf.Tensor) => crossEntropy(x as tf.Tensor2D, tf.tensor1d(labels, 'int32'));
    expect(distance(arrayOf(compute(tf.tensor2d(logits, [4, 5]))), byHand(logits))).toBeLessThan(1e-5);
    const weight = [1, -2, 3, 0.5];
    const gradient = tf.grad((x) => tf.sum(tf.mul(compute(x), tf.tensor1d(weight))))(
      tf.tensor2d(logits, [4, 5]),
    );
    const numeric = slopes(
      (all) => byHand(all).reduce((sum, value, i) => sum + value * weight[i]!, 0),
      logits,
    );
    expect(distance(arrayOf(gradient), numeric)).toBeLessThan(1e-3);
  });

  it('stays finite with huge logits and with a channel without variance', () => {
    useKernels(kind);
    const loss = crossEntropy(tf.tensor2d([[1000, -1000]]), tf.tensor1d([1], 'int32'));
    expect(arrayOf(loss)).toEqual([2000]);
    const flat = tf.ones<tf.Rank.R4>([2, 3, 3, 1]);
    const one = tf.ones<tf.Rank.R1>([1]);
    expect(arrayOf(batchNormTraining(flat, one, tf.zeros([1]), noRelu)).every((value) => value === 0)).toBe(
      true,
    );
  });
});

describe.each(availableKernels)('normalisation with %s kernels', (kind: Kernels) => {
  it('evaluates with given moments', () => {
    useKernels(kind);
    const moments = { mean: tf.tensor1d([1]), variance: tf.tensor1d([4 - BATCH_NORM_EPSILON]) };
    const x = tf.tensor4d([1, 3, -1, 5], [1, 2, 2, 1]);
    const at = (relu: boolean): number[] =>
      arrayOf(batchNormInference(x, tf.tensor1d([2]), tf.tensor1d([-1]), moments, { relu }));
    expect(distance(at(false), [-1, 1, -3, 3])).toBeLessThan(1e-5);
    expect(distance(at(true), [0, 1, 0, 3])).toBeLessThan(1e-5);
  });

  it('keeps what is not a number, so that a diverged training is seen', () => {
    useKernels(kind);
    const x = tf.tensor4d([1, NaN, 2, 3], [1, 2, 2, 1]);
    const y = batchNormTraining(x, tf.tensor1d([1]), tf.tensor1d([0]), { relu: true });
    expect(arrayOf(y).some(Number.isNaN)).toBe(true);
  });

  // Rows that fill no vector, and more of them than a block.
  it.each([1, 3, 8, 20, 50, 64, 75])(
    'has the numbers and slopes of its definition with %i channels',
    (channels) => {
      for (const rows of [1, 7, 3000]) {
        const of = (shape: number[], seed: number, plus: number): tf.Tensor =>
          tf.tensor(
            Float32Array.from(uniforms(sizeOf(shape), seed), (u) => u + plus),
            shape,
          );
        const inputs = [of([rows, 1, 1, channels], 1, 0.7), of([channels], 2, 0.5), of([channels], 3, -0.5)];
        const weight = of([rows, 1, 1, channels], 4, -0.5);
        const relu = { relu: true };
        const built = (x: tf.Tensor, s: tf.Tensor, o: tf.Tensor): tf.Tensor =>
          batchNormTraining(x as tf.Tensor4D, s as tf.Tensor1D, o as tf.Tensor1D, relu);
        const byDefinition = (x: tf.Tensor, s: tf.Tensor, o: tf.Tensor): tf.Tensor => {
          const centred = tf.sub(x, tf.mean(x, [0, 1, 2], true));
          const variance = tf.mean(tf.square(centred), [0, 1, 2], true);
          return tf.relu(
            tf.add(tf.mul(tf.div(centred, tf.sqrt(tf.add(variance, BATCH_NORM_EPSILON))), s), o),
          );
        };
        const compute = (norm: typeof built): number[][] => {
          const loss = (...args: tf.Tensor[]): tf.Scalar =>
            tf.sum(tf.mul(norm(...(args as [tf.Tensor, tf.Tensor, tf.Tensor])), weight));
          const [x, s, o] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor];
          return [norm(x, s, o), ...tf.grads(loss)(inputs)].map(arrayOf);
        };
        const wanted = compute(byDefinition);
        compute(built).forEach((values, i) => {
          const largest = wanted[i]!.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
          expect(distance(values, wanted[i]!) / largest).toBeLessThan(2e-5);
        });
      }
    },
  );
});
