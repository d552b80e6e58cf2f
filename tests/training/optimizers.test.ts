import * as tf from '@tensorflow/tfjs-node-gpu';
import { afterEach, describe, expect, it } from 'vitest';
import { canRunOperations } from '../../src/native-operations.js';
import { uniforms } from '../../src/random.js';
import { isGpu, useKernels } from '../../src/training/native.js';
import { createOptimizer, type OptimizerSettings } from '../../src/training/optimizers.js';
import { ADAMW_DECAY } from '../../src/spec/index.js';
import { averageWeights } from '../../src/training/average.js';
import { shapeGradient } from '../../src/training/epoch.js';
import golden from './golden/optimizers.json' with { type: 'json' };
import rules from './golden/rules.json' with { type: 'json' };

afterEach(() => useKernels(undefined));

type Name = keyof typeof golden.optimizers;
const names = Object.keys(golden.optimizers) as Name[];

interface Around {
  readonly l2?: number;
  readonly clipNorm?: number;
  readonly emaDecay?: number;
}

/** Parameters, or their average, after each of 100 steps down the hill of golden/optimizers.py. */
function play(
  settings: OptimizerSettings,
  learningRate: number,
  { l2 = 0, clipNorm = 0, emaDecay = 0 }: Around = {},
): number[][] {
  const optimizer = createOptimizer(settings);
  const average = averageWeights(emaDecay);
  let theta = tf.tensor1d(golden.start);
  const seen: number[][] = [];
  try {
    for (let step = 1; step <= 100; step++) {
      const now = theta.dataSync();
      const slope = golden.slope.map((c, i) => c * (now[i]! - golden.target[i]!) + 0.3 * Math.sin(step + i));
      const gradient = tf.tensor1d(slope);
      const next = tf.tidy(() =>
        optimizer.update(theta, shapeGradient(gradient, theta, { l2, clipNorm }), learningRate),
      );
      tf.dispose([theta, gradient]);
      theta = next;
      average.see(theta);
      seen.push([...average.of(theta).dataSync()]);
    }
    return seen;
  } finally {
    theta.dispose();
    average.dispose();
    optimizer.dispose();
  }
}

function expectSteps(seen: readonly number[][], steps: Readonly<Record<string, readonly number[]>>): void {
  for (const [step, values] of Object.entries(steps)) {
    values.forEach((value, i) =>
      expect(Math.abs(seen[Number(step) - 1]![i]! - value)).toBeLessThan(2e-5 * Math.max(1, Math.abs(value))),
    );
  }
}

describe.each(names)('%s', (name) => {
  const { learningRate, momentum, weightDecay, steps } = golden.optimizers[name];

  it('goes the way of the reference implementation for 100 steps, and leaves no tensor behind', () => {
    const before = tf.memory().numTensors;
    const seen = play({ name, momentum, weightDecay }, learningRate);
    expectSteps(seen, steps);
    expect(tf.memory().numTensors).toBe(before);
  });
});

it.each([
  ['l2', 'sgd', { l2: 0.1 }],
  ['clipNorm', 'momentum', { clipNorm: 1 }],
  ['adamw', 'adamw', {}],
  ['emaDecay', 'sgd', { emaDecay: 0.95 }],
] as const)('%s goes the way of the reference implementation, with %s', (rule, name, around) => {
  const before = tf.memory().numTensors;
  const weightDecay = name === 'adamw' ? ADAMW_DECAY : 0;
  expectSteps(play({ name, momentum: 0.9, weightDecay }, 0.01, around), rules.shaping[rule]);
  expect(tf.memory().numTensors).toBe(before);
});

it.skipIf(isGpu() || !canRunOperations())(
  "takes steps of Adam to the same bits in elbow's operation and in TensorFlow's",
  () => {
    const count = 40_003;
    const bytes = (['own', 'fused'] as const).map((kind) => {
      useKernels(kind);
      const optimizer = createOptimizer({ name: 'adam', momentum: 0, weightDecay: 0.01 });
      let theta = tf.tensor1d(Float32Array.from(uniforms(count, 1)));
      for (let step = 1; step <= 5; step++) {
        const slope = Float32Array.from(uniforms(count, step), (u) => (u - 0.5) ** 3);
        theta = optimizer.update(theta, tf.tensor1d(slope), 0.01 / step);
      }
      return [theta, ...optimizer.state.vectors].map((vector) => Buffer.from(vector.dataSync().buffer));
    });
    expect(bytes[0]!.every((vector, i) => vector.equals(bytes[1]![i]!))).toBe(true);
  },
);

it('decays weights by the rate, apart from the gradient', () => {
  const optimizer = createOptimizer({ name: 'sgd', momentum: 0, weightDecay: 0.5 });
  const next = optimizer.update(tf.tensor1d([2]), tf.tensor1d([1]), 0.1);
  expect(next.dataSync()[0]).toBeCloseTo(2 * (1 - 0.05) - 0.1, 6);
});

it('names the optimizers there are', () => {
  expect(() => createOptimizer({ name: 'adan', momentum: 0, weightDecay: 0 })).toThrowError(
    expect.objectContaining({
      code: 'usage',
      message: `there is no optimizer adan; there are ${names.join(', ')}`,
    }),
  );
});
