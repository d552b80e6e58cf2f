import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { loadDataset } from '../../src/data/index.js';
import { withDefaults } from '../../src/spec/index.js';
import type { ArmParams } from '../../src/spec/types.js';
import type { EpochMetrics, Outcome } from '../../src/storage/storage.js';
import { train, type TrainRequest } from '../../src/training/index.js';
import { realDataDir } from '../support/dataset.js';
import { trainHooks, trainRequest } from '../support/training.js';

const params: ArmParams = withDefaults({ model: 'lenet', batchSize: 16, epochs: 3 });
const request = (change: Partial<TrainRequest> = {}): TrainRequest => trainRequest({}, change);

interface Played {
  readonly outcome: Outcome;
  readonly epochs: readonly EpochMetrics[];
  readonly notes: readonly string[];
  /** Tensors alive at the end of each epoch. */
  readonly tensors: readonly number[];
}

async function play(
  asked: TrainRequest,
  pause: () => Promise<void> = async () => undefined,
): Promise<Played> {
  const epochs: EpochMetrics[] = [];
  const notes: string[] = [];
  const tensors: number[] = [];
  const outcome = await train(
    asked,
    trainHooks({
      onEpoch: (metrics) => {
        epochs.push(metrics);
        tensors.push(tf.memory().numTensors);
      },
      onNote: (text) => void notes.push(text),
      pause,
    }),
  );
  return { outcome, epochs, notes, tensors };
}

/** Everything of a training but its times. */
function bitsOf({ outcome, epochs }: Played): unknown {
  return {
    outcome: { ...outcome, seconds: 0, imagesPerSecond: 0 },
    epochs: epochs.map((metrics) => ({ ...metrics, seconds: 0 })),
  };
}

describe('a training', () => {
  it('learns, and tells an epoch at a time', async () => {
    const { outcome, epochs, notes } = await play(
      request({ samplesPerClass: 30, params: { ...params, epochs: 6 } }),
    );
    expect(outcome).toMatchObject({ status: 'succeeded', failure: null });
    expect(epochs.map(({ epoch }) => epoch)).toEqual(epochs.map((_, i) => i + 1));
    expect(epochs).toHaveLength(outcome.epochs);
    expect(epochs.at(-1)!.trainLoss!).toBeLessThan(epochs[0]!.trainLoss!);
    expect(outcome.testAccuracy).toBeGreaterThan(0.5);
    expect(notes[0]).toBe('240 training and 60 validation images');
    const best = epochs[outcome.bestEpoch! - 1]!;
    expect(outcome.valAccuracy).toBe(best.valAccuracy);
    expect(outcome.valLoss).toBe(best.valLoss);
    expect(outcome.objective).toBe(outcome.valAccuracy);
    expect(outcome.valAccuracy).toBe(Math.max(...epochs.map(({ valAccuracy }) => valAccuracy!)));
    expect(outcome.imagesPerSecond).toBeGreaterThan(0);
  });

  it('learns the digits of MNIST from 20 images of each', async () => {
    const mnist = loadDataset('mnist', await realDataDir('mnist'));
    const { outcome, notes } = await play(request({ dataset: mnist, samplesPerClass: 20 }));
    expect(notes[0]).toBe('160 training and 40 validation images');
    expect(outcome.testAccuracy).toBeGreaterThan(0.5);
  });

  it('ends with its diagnosis when its epochs are used up', async () => {
    const { outcome } = await play(request({ params: { ...params, epochs: 2 } }));
    expect(outcome).toMatchObject({
      epochs: 2,
      diagnosis: expect.stringMatching(/epoch-limit|chance-level/),
    });
  });

  it('has equal bits for equal seeds, and others for another seed, replicate or dropout', async () => {
    const first = bitsOf(await play(request()));
    expect(bitsOf(await play(request()))).toEqual(first);
    expect(bitsOf(await play(request({ sweepSeed: 43 })))).not.toEqual(first);
    expect(bitsOf(await play(request({ replicate: 1 })))).not.toEqual(first);
    const dropped = request({ params: { ...params, dropout: 0.5 } });
    const withDropout = bitsOf(await play(dropped));
    expect(withDropout).not.toEqual(first);
    expect(bitsOf(await play(dropped))).toEqual(withDropout);
  });

  it('trains with every setting that shapes it', async () => {
    for (const change of [
      { batchNorm: false },
      { optimizer: 'sgd', learningRate: 0.05 },
      { dropout: 0.3 },
      { optimizer: 'adamw', weightDecay: null, schedule: 'cosine', warmupEpochs: 0.5 },
      { optimizer: 'nesterov', momentum: 0.8, l2: 0.001, clipNorm: 1, emaDecay: 0.9 },
      { loss: 'mse', schedule: 'plateau', scheduleEpochs: 1 },
      { labelSmoothing: 0.1, schedule: 'one-cycle' },
    ]) {
      const { outcome, epochs } = await play(request({ params: { ...params, ...change } }));
      expect(outcome.status).toBe('succeeded');
      expect(epochs.every(({ trainLoss, valLoss }) => trainLoss! > 0 && valLoss! > 0)).toBe(true);
    }
  });

  it('tells the rate of each epoch’s last step', async () => {
    const { epochs } = await play(
      request({ params: { ...params, schedule: 'step', scheduleEpochs: 1, scheduleFactor: 0.5 } }),
    );
    expect(epochs.map(({ learningRate }) => learningRate)).toEqual([0.001, 0.0005, 0.00025]);
  });

  it('shortens a gradient to the norm that is given, and evaluates averaged weights', async () => {
    const sgd = { ...params, optimizer: 'sgd', learningRate: 0.01 };
    const losses = async (change: Partial<ArmParams>): Promise<(number | null)[]> =>
      (await play(request({ params: { ...sgd, ...change } }))).epochs.map(({ valLoss }) => valLoss);
    const free = await losses({});
    expect(await losses({ clipNorm: 1e6 })).toEqual(free);
    const short = await losses({ clipNorm: 0.01 });
    // Steps of a hundredth of a hundredth hardly move.
    expect(Math.abs(short[2]! - short[0]!)).toBeLessThan(Math.abs(free[2]! - free[0]!) / 4);
    expect(await losses({ emaDecay: 0.5 })).not.toEqual(free);
    expect(await losses({ l2: 1 })).not.toEqual(free);
  });

  it('takes all images in one step when a batch is larger, and says so', async () => {
    const { outcome, notes } = await play(request({ params: { ...params, batchSize: 1_000 } }));
    expect(outcome.epochs).toBe(3);
    expect(notes).toContain('a batch of 1000 takes all 80 training images in one step');
  });

  it('has no validation below 5 samples per class: the last epoch counts, nothing stops', async () => {
    for (const samplesPerClass of [1, 4]) {
      const { outcome, epochs } = await play(
        request({ samplesPerClass, params: { ...params, patience: 1, epochs: 4 } }),
      );
      expect(outcome).toMatchObject({
        epochs: 4,
        bestEpoch: 4,
        valAccuracy: null,
        valLoss: null,
        objective: null,
      });
      expect(epochs.every(({ valAccuracy, valLoss }) => valAccuracy === null && valLoss === null)).toBe(true);
      expect(outcome.testAccuracy).toBeGreaterThanOrEqual(0);
    }
  });

  it('names the largest size when there are not enough images', async () => {
    await expect(play(request({ samplesPerClass: 31 }))).rejects.toMatchObject({ code: 'data-too-small' });
  });
});

describe('a training that diverges', () => {
  it('is a result: that of its best finite epoch', async () => {
    // One step an epoch, each steeper than the one before.
    const steep = { ...params, optimizer: 'sgd', batchNorm: false, batchSize: 80, epochs: 9, patience: 9 };
    // Which rate breaks a training after some epochs, and not in the first, is the arithmetic's affair.
    for (const learningRate of [1, 10, 1e2, 1e3, 1e4, 1e5, 1e6, 1e8]) {
      const { outcome, epochs } = await play(request({ params: { ...steep, learningRate } }));
      if (outcome.diagnosis !== 'diverged' || outcome.epochs === 1) continue;
      expect(epochs.at(-1)!.valLoss).toBeNull();
      expect(outcome).toMatchObject({ status: 'succeeded', failure: null });
      const sound = await play(request({ params: { ...steep, learningRate, epochs: outcome.epochs - 1 } }));
      for (const key of [
        'bestEpoch',
        'trainLoss',
        'valLoss',
        'testLoss',
        'testAccuracy',
        'objective',
      ] as const) {
        expect(outcome[key]).toBe(sound.outcome[key]);
      }
      return;
    }
    expect.unreachable('no rate broke a training after its first epoch');
  });

  it('is at chance level when no epoch stayed finite', async () => {
    const diverging = { ...params, optimizer: 'sgd', learningRate: 1e30, batchNorm: false };
    const { outcome } = await play(request({ params: diverging }));
    expect(outcome).toMatchObject({
      bestEpoch: null,
      diagnosis: 'diverged',
      testAccuracy: 0.1,
      trainAccuracy: 0.1,
      valAccuracy: 0.1,
      testLoss: expect.closeTo(Math.log(10), 6) as number,
      metrics: { test_log_loss: Math.log(10), test_top5_accuracy: 0.5, test_calibration_error: 0 },
      objective: 0.1,
    });
  });
});

describe('tensors', () => {
  it('are as many after every epoch as after the first, and none stays when the training has ended', async () => {
    const before = tf.memory().numTensors;
    for (const change of [
      {},
      { dropout: 0.5 },
      { optimizer: 'sgd', clipNorm: 1 },
      { batchNorm: false, emaDecay: 0.9 },
      { optimizer: 'nadam', loss: 'focal', l2: 0.01 },
    ]) {
      const { tensors } = await play(request({ params: { ...params, ...change, epochs: 5 } }));
      // An epoch is told before its weights become the best ones: from the second on these are there, too.
      expect(new Set(tensors.slice(1)).size).toBe(1);
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  it('do not stay behind a training that diverges, is refused, or is ended from outside', async () => {
    const before = tf.memory().numTensors;
    await play(request({ params: { ...params, optimizer: 'sgd', learningRate: 1e30 } }));
    await expect(play(request({ samplesPerClass: 31 }))).rejects.toThrow();
    await expect(play(request({ params: { ...params, optimizer: 'adan' } }))).rejects.toThrow();
    for (const end of [1, 7, 8, 12]) {
      let pauses = 0;
      const stop = async (): Promise<void> => {
        if (++pauses === end) throw new Error('enough');
      };
      await expect(play(request(), stop)).rejects.toThrow('enough');
    }
    expect(tf.memory().numTensors).toBe(before);
  });
});
