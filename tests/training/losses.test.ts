import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { uniforms } from '../../src/random.js';
import { createLoss, type LossSettings } from '../../src/training/losses.js';

const CLASSES = 4;
const labels = [0, 3, 1, 1, 2];
const logits = [...uniforms(labels.length * CLASSES, 5)].map((u) => 6 * u - 3);

const softmax = (own: readonly number[]): number[] => {
  const sum = own.reduce((total, value) => total + Math.exp(value), 0);
  return own.map((value) => Math.exp(value) / sum);
};

interface Case extends Partial<LossSettings> {
  readonly name: string;
  /** Of one image, in double precision, as its source writes it. */
  readonly byHand: (own: readonly number[], label: number) => number;
}

const distance = (f: (x: number) => number) => (own: readonly number[], label: number) =>
  softmax(own).reduce((sum, p, k) => sum + f(p - Number(k === label)), 0) / CLASSES;
const focal = (gamma: number) => (own: readonly number[], label: number) => {
  const p = softmax(own)[label]!;
  return -((1 - p) ** gamma) * Math.log(p);
};

const cases: readonly Case[] = [
  { name: 'cross-entropy', byHand: (own, label) => -Math.log(softmax(own)[label]!) },
  {
    name: 'cross-entropy',
    labelSmoothing: 0.2,
    byHand: (own, label) =>
      -softmax(own).reduce((sum, p, k) => sum + (0.8 * Number(k === label) + 0.2 / CLASSES) * Math.log(p), 0),
  },
  { name: 'mse', byHand: distance((x) => x ** 2) },
  { name: 'mae', byHand: distance(Math.abs) },
  {
    name: 'hinge',
    byHand: (own, label) => Math.max(0, 1 + Math.max(...own.filter((_, k) => k !== label)) - own[label]!),
  },
  { name: 'focal', focalGamma: 2, byHand: focal(2) },
  { name: 'focal', focalGamma: 0.5, byHand: focal(0.5) },
  { name: 'focal', focalGamma: 0, byHand: focal(0) },
];

const lossOf = (change: Partial<LossSettings>) =>
  createLoss({ name: 'cross-entropy', labelSmoothing: 0, focalGamma: 2, ...change });

describe.each(cases)('$name (smoothing $labelSmoothing, γ $focalGamma)', ({ byHand, ...settings }) => {
  const compute = (x: tf.Tensor): tf.Tensor1D =>
    lossOf(settings)(x as tf.Tensor2D, tf.tensor1d(labels, 'int32'));
  const rows = (all: readonly number[]): number[] =>
    labels.map((label, row) => byHand(all.slice(row * CLASSES, (row + 1) * CLASSES), label));

  it('is what its source says', () => {
    const seen = compute(tf.tensor2d(logits, [labels.length, CLASSES])).dataSync();
    rows(logits).forEach((value, i) => expect(seen[i]).toBeCloseTo(value, 5));
  });

  it('has its numerical gradient', () => {
    const weight = [1, -2, 3, 0.5, 1.5];
    const gradient = tf
      .grad((x) => tf.sum(tf.mul(compute(x), tf.tensor1d(weight))))(
        tf.tensor2d(logits, [labels.length, CLASSES]),
      )
      .dataSync();
    const total = (all: readonly number[]): number =>
      rows(all).reduce((sum, value, i) => sum + value * weight[i]!, 0);
    logits.forEach((_, i) => {
      const moved = (by: number): number => total(logits.map((value, j) => (i === j ? value + by : value)));
      expect(gradient[i]).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 3);
    });
  });

  it('stays finite where the network is sure, right or wrong', () => {
    const sure = tf.tensor2d([
      [80, -80, 0, 0],
      [80, -80, 0, 0],
    ]);
    const wrong = tf.tensor1d([0, 1], 'int32');
    const { value, grad } = tf.valueAndGrad((x) => tf.sum(lossOf(settings)(x as tf.Tensor2D, wrong)))(sure);
    expect([...value.dataSync(), ...grad.dataSync()].every(Number.isFinite)).toBe(true);
  });
});

it('names the losses there are', () => {
  expect(() => lossOf({ name: 'l1' })).toThrowError(
    expect.objectContaining({
      code: 'usage',
      message: 'there is no loss l1; there are cross-entropy, mse, mae, hinge, focal',
    }),
  );
});
