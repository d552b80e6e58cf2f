import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import type { Layer } from '../../src/models/index.js';
import { buildNetwork } from '../../src/training/build.js';
import type { WatchState } from '../../src/training/evidence.js';
import { watchUnits } from '../../src/training/units.js';
import { watchTraining } from '../../src/training/watch.js';

const parts = [
  { name: '0.conv.kernel', shape: [2, 2] },
  { name: '0.conv.bias', shape: [2] },
  { name: '3.dense.kernel', shape: [3] },
];
/** Tensors of the three parts, whose values are all `value`. */
const filled = (value: number) => parts.map(({ shape }) => tf.fill(shape, value));

describe('the watch over a training', () => {
  /** Looks at the steps of an epoch, whose gradients are 1, 2, 3 … and whose weights are 10. */
  const play = (watch: ReturnType<typeof watchTraining>, epoch: number, stepsEach: number) => {
    for (let step = (epoch - 1) * stepsEach; step < epoch * stepsEach; step++) {
      tf.tidy(() => watch.seeGradients(step, filled(step + 1), filled(10)));
      watch.seeLoss(step, 10 - step / 100);
    }
    watch.endEpoch(epoch);
  };

  it('keeps the means of kernels’ norms, of some steps, in the first and the last epoch', () => {
    const before = tf.memory().numTensors;
    const watch = watchTraining({ parts }, 20);
    for (const epoch of [1, 2, 3]) play(watch, epoch, 20);
    // Steps 0, 1, 2, 4, 8 and 16; 32; 48. A kernel of n equal values has the norm √n times the value.
    const { first, last, steepest, firstLoss, lastLoss } = watch.state;
    expect(first).toEqual({
      epoch: 1,
      layers: [
        { gradient: expect.closeTo((2 * 37) / 6, 5), weight: 20 },
        { gradient: expect.closeTo((Math.sqrt(3) * 37) / 6, 5), weight: expect.closeTo(Math.sqrt(300), 5) },
      ],
    });
    expect(last!.epoch).toBe(3);
    expect(last!.layers[0]).toEqual({ gradient: 2 * 49, weight: 20 });
    expect(steepest).toMatchObject({ step: 48, length: expect.closeTo(49 * Math.sqrt(7), 3) });
    expect([firstLoss, lastLoss]).toEqual([10, { step: 59, loss: 10 - 0.59 }]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('looks at ten steps of a long epoch, and goes on from its state', () => {
    const watch = watchTraining({ parts }, 500);
    play(watch, 1, 500);
    const state = JSON.parse(JSON.stringify(watch.state)) as WatchState;
    const resumed = watchTraining({ parts }, 500, { state, seen: [] });
    play(watch, 2, 500);
    play(resumed, 2, 500);
    expect(resumed.state).toEqual(watch.state);
    // Every 50th step, 0, 50 … 450, and the powers of two up to 256, one more than each.
    expect(watch.state.first!.layers[0]!.gradient).toBeCloseTo((2 * (2250 + 10 + 511 + 9)) / 19, 3);
  });

  it('passes over what is no number', () => {
    const watch = watchTraining({ parts }, 1);
    tf.tidy(() => watch.seeGradients(0, filled(NaN), filled(1)));
    watch.seeLoss(0, Infinity);
    watch.endEpoch(1);
    expect(watch.state).toEqual({ firstLoss: null, lastLoss: null, first: null, last: null, steepest: null });
  });
});

describe('the watch over units', () => {
  it('counts those that no image of any batch activates', () => {
    const units = watchUnits(100);
    tf.tidy(() => {
      units.see('0.conv', tf.tensor4d([0, 0, 0, 0, 1, 0], [1, 1, 2, 3]));
      units.see('2.dense', tf.tensor2d([0, 0], [1, 2]));
      units.see('0.conv', tf.tensor4d([2, 0, 0, 0, 0, 0], [1, 1, 2, 3]));
    });
    expect(units.counts()).toEqual([
      { layer: '0.conv', units: 3, dead: 1 },
      { layer: '2.dense', units: 2, dead: 2 },
    ]);
  });

  it('is shown what each ReLU of a network gives in evaluation, under the layer’s name', () => {
    const layers: Layer[] = [
      { kind: 'conv', size: 3, filters: 4, padding: 'same', activation: 'relu' },
      { kind: 'max-pool', size: 2 },
      {
        kind: 'residual',
        body: [
          { kind: 'conv', size: 3, filters: 4, padding: 'same' },
          { kind: 'activation', activation: 'relu' },
        ],
      },
      { kind: 'flatten' },
      { kind: 'dense', units: 5, activation: 'relu' },
      { kind: 'dense', units: 3 },
    ];
    const network = buildNetwork(
      layers,
      [4, 4, 1],
      { sweepSeed: 1, replicate: 0 },
      (size) => new Float32Array(size),
    );
    const units = watchUnits(10);
    tf.tidy(() => {
      const mode = {
        kind: 'inference',
        moments: [],
        onRelu: (layer: string, values: tf.Tensor) => units.see(layer, values),
      } as const;
      network.forward(tf.ones([2, 4, 4, 1]), network.split(network.parameters), mode);
    });
    network.dispose();
    // Kernels of zeros: every unit is dead.
    expect(units.counts()).toEqual([
      { layer: '0.conv', units: 4, dead: 4 },
      { layer: '3.activation', units: 4, dead: 4 },
      { layer: '5.dense', units: 5, dead: 5 },
    ]);
  });
});
