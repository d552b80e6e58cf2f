import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { splitFor } from '../../src/data/index.js';
import { augmentationOf, createAugmenter } from '../../src/augmentation/index.js';
import { AUGMENTATIONS } from '../../src/spec/index.js';
import { withDefaults } from '../../src/spec/index.js';
import type { ArmParams } from '../../src/spec/types.js';
import type { EpochMetrics, Outcome } from '../../src/storage/storage.js';
import { batchLoss, createGather, mainLabels } from '../../src/training/augmentation.js';
import { trainingImages } from '../../src/training/images.js';
import { train } from '../../src/training/index.js';
import { createLoss } from '../../src/training/losses.js';
import { syntheticDataset } from '../support/dataset.js';
import { trainHooks, trainRequest } from '../support/training.js';

const dataset = syntheticDataset({ perClass: 12 });
const seeds = { sweepSeed: 42, replicate: 0 };
/** A value of each that changes something. */
const ON: Readonly<Record<(typeof AUGMENTATIONS)[number], boolean | number>> = {
  flip: true,
  crop: 4,
  translate: 0.1,
  rotate: 15,
  zoom: 0.2,
  brightness: 0.2,
  contrast: 0.2,
  saturation: 0.4,
  cutout: 8,
  mixup: 0.4,
  cutmix: 1,
};
const paramsOf = (change: ArmParams): ArmParams =>
  withDefaults({ model: 'lenet', batchSize: 16, epochs: 2, ...change });

interface Played {
  readonly outcome: Outcome;
  readonly epochs: readonly EpochMetrics[];
  readonly tensors: readonly number[];
}

async function play(change: ArmParams): Promise<Played> {
  const epochs: EpochMetrics[] = [];
  const tensors: number[] = [];
  const outcome = await train(
    trainRequest({}, { dataset, params: paramsOf(change), samplesPerClass: 10, ...seeds }),
    trainHooks({
      onEpoch: (metrics) => {
        epochs.push({ ...metrics, seconds: 0 });
        tensors.push(tf.memory().numTensors);
      },
    }),
  );
  return { outcome: { ...outcome, seconds: 0, imagesPerSecond: 0 }, epochs, tensors };
}

describe('a training with augmentation', () => {
  // 23 trainings of a few steps: seconds, and minutes on a machine that is busy with others.
  it('differs for each setting, and equals itself to the bit', { timeout: 300_000 }, async () => {
    const seen = new Set([JSON.stringify((await play({ epochs: 1 })).epochs)]);
    for (const key of AUGMENTATIONS) {
      const first = await play({ epochs: 1, [key]: ON[key] });
      const { outcome, epochs } = await play({ epochs: 1, [key]: ON[key] });
      expect({ outcome, epochs }, key).toEqual({ outcome: first.outcome, epochs: first.epochs });
      expect(outcome.status).toBe('succeeded');
      seen.add(JSON.stringify(epochs));
    }
    expect(seen.size).toBe(1 + AUGMENTATIONS.length);
  });

  it('learns with everything on, and leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    const { epochs, tensors } = await play({ ...ON, epochs: 5, patience: 5 });
    expect(epochs.every(({ trainLoss, valLoss }) => trainLoss! > 0 && valLoss! > 0)).toBe(true);
    expect(new Set(tensors.slice(1)).size).toBe(1);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('works with each loss where images have two labels', async () => {
    for (const loss of ['mse', 'hinge', 'focal']) {
      const { outcome } = await play({ loss, mixup: 1, epochs: 1 });
      expect(outcome.trainLoss).toBeGreaterThan(0);
    }
  });
});

describe('the images of a step', () => {
  const { entry } = dataset;
  const split = splitFor({
    labels: dataset.train.labels,
    classes: entry.classes.length,
    samplesPerClass: 10,
    ...seeds,
  });
  const indices = Int32Array.from([3, 0, 17, 5]);
  const gatherWith = (change: ArmParams, epoch = 1) => {
    const params = paramsOf(change);
    const images = trainingImages(entry, dataset.train, split.train);
    const gather = createGather({ params, format: entry, positions: split.train, seeds });
    const batch = gather(images, indices, epoch);
    return { batch, images, end: () => (images.dispose(), tf.dispose(Object.values(batch))) };
  };

  it('are as they are in the data set without augmentation', () => {
    const { batch, images, end } = gatherWith({});
    const plain = images.gather(indices);
    expect(batch.mixed).toBeUndefined();
    expect([...batch.images.dataSync()]).toEqual([...plain.images.dataSync()]);
    expect([...batch.labels.dataSync()]).toEqual([...plain.labels.dataSync()]);
    tf.dispose([plain.images, plain.labels]);
    end();
  });

  it('are those of the augmenter, with their own labels and those of their partners', () => {
    const params = paramsOf(ON);
    const { batch, images, end } = gatherWith(ON, 3);
    const augmenter = createAugmenter({
      settings: augmentationOf(params)!,
      format: entry,
      seeds,
      positions: split.train,
    });
    const expected = augmenter.augment(indices, 3, (places) =>
      tf.tidy(() => images.gather(places).images.dataSync<'float32'>()),
    );
    expect([...batch.images.dataSync()]).toEqual([...expected.pictures]);
    const labelsOf = (places: Int32Array): number[] =>
      [...places].map((place) => dataset.train.labels[split.train[place]!]!);
    expect([...batch.labels.dataSync()]).toEqual(labelsOf(indices));
    expect([...batch.mixed!.labels.dataSync()]).toEqual(labelsOf(expected.mixed!.partners));
    expect([...batch.mixed!.shares.dataSync()]).toEqual([...expected.mixed!.shares]);
    tf.dispose([batch.mixed!.labels, batch.mixed!.shares]);
    end();
  });
});

describe('images with two labels', () => {
  const logits = tf.tensor2d([2, -1, 0.5, 0, 1, 3, 1, 1, -2], [3, 3]);
  const batch = {
    images: tf.zeros<tf.Rank.R4>([3, 1, 1, 1]),
    labels: tf.tensor1d([0, 1, 2], 'int32'),
    mixed: { labels: tf.tensor1d([1, 2, 0], 'int32'), shares: tf.tensor1d([0.75, 0.25, 0.5]) },
  };

  it('have the loss of both, by their shares', () => {
    for (const name of ['cross-entropy', 'mse', 'hinge']) {
      const loss = createLoss({ name, labelSmoothing: 0, focalGamma: 2 });
      const own = loss(logits, batch.labels).dataSync();
      const other = loss(logits, batch.mixed.labels).dataSync();
      const expected = [0.75, 0.25, 0.5].map((share, i) => share * own[i]! + (1 - share) * other[i]!);
      batchLoss(loss, logits, batch)
        .dataSync()
        .forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
    }
  });

  it('have the cross-entropy of the mixed target, with its slope', () => {
    const loss = createLoss({ name: 'cross-entropy', labelSmoothing: 0, focalGamma: 2 });
    const slope = tf
      .grad((at) => tf.sum(batchLoss(loss, at as tf.Tensor2D, batch)))(logits)
      .dataSync();
    const target = [0.75, 0.25, 0, 0, 0.25, 0.75, 0.5, 0, 0.5];
    tf.softmax(logits)
      .dataSync()
      .forEach((p, i) => expect(slope[i]).toBeCloseTo(p - target[i]!, 5));
  });

  it('count as the one with the larger share, and as their own where both are equal', () => {
    expect([...mainLabels(batch).dataSync()]).toEqual([0, 2, 2]);
    const { labels, images } = batch;
    expect([...mainLabels({ labels, images }).dataSync()]).toEqual([0, 1, 2]);
  });
});
