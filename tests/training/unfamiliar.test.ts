import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { SEVERITIES, WAYS } from '../../src/augmentation/index.js';
import { CIFAR10 } from '../../src/data/catalog.js';
import { loadDataset, type Dataset, type Images } from '../../src/data/index.js';
import { train } from '../../src/training/index.js';
import { realDataDir, syntheticDataset } from '../support/dataset.js';
import { trainHooks, trainRequest } from '../support/training.js';

/** The first images of a set. */
const firstOf = (images: Images, count: number): Images => ({
  ...images,
  labels: images.labels.subarray(0, count),
});

async function cifar(tests: number): Promise<Dataset> {
  const dataset = loadDataset('cifar10', await realDataDir());
  return { ...dataset, test: firstOf(dataset.test, tests) };
}

const namesOf = (ways: readonly string[]): string[] => [
  ...ways.flatMap((way) => [
    ...SEVERITIES.map((severity) => `unfamiliar_${way}_${severity}_accuracy`),
    `unfamiliar_${way}_accuracy`,
  ]),
  'unfamiliar_accuracy',
];
const unfamiliar = (metrics: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(metrics).filter(([name]) => name.startsWith('unfamiliar')));

describe('unfamiliar pictures', () => {
  // Two trainings and 70 passes over 200 images: seconds, and a minute on a machine that is busy with others.
  it(
    'are scored at the best weights: all ways and severities, their means, the same again, no tensor left',
    { timeout: 300_000 },
    async () => {
      const dataset = await cifar(200);
      const before = tf.memory().numTensors;
      const request = trainRequest(
        { epochs: 6, patience: 6 },
        { dataset, samplesPerClass: 40, unfamiliar: true },
      );
      const steps: number[] = [];
      const hooks = trainHooks({ onStep: (_epoch, step, count) => count === 35 && steps.push(step) });
      const { metrics, testAccuracy } = await train(request, hooks);
      const figures = unfamiliar(metrics);
      expect(Object.keys(figures).sort()).toEqual(namesOf(WAYS).sort());
      for (const way of WAYS) {
        const each = SEVERITIES.map((severity) => figures[`unfamiliar_${way}_${severity}_accuracy`]!);
        const mean = each.reduce((sum, x) => sum + x, 0) / 5;
        expect(figures[`unfamiliar_${way}_accuracy`]).toBeCloseTo(mean, 10);
      }
      const means = WAYS.map((way) => figures[`unfamiliar_${way}_accuracy`]!);
      expect(figures['unfamiliar_accuracy']).toBeCloseTo(means.reduce((sum, x) => sum + x, 0) / 7, 10);
      // What is hardly changed is named about as before, what is changed beyond recognition is not.
      expect(Math.abs(figures['unfamiliar_blurred_1_accuracy']! - testAccuracy!)).toBeLessThan(0.08);
      expect(figures['unfamiliar_accuracy']).toBeLessThan(testAccuracy!);
      expect(steps).toEqual(Array.from({ length: 35 }, (_, i) => i + 1));
      expect(unfamiliar((await train(request, trainHooks())).metrics)).toEqual(figures);
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it('change nothing else of an outcome, and are left out unless they are asked for', async () => {
    const timeless = async (asked: boolean) => {
      const outcome = await train(trainRequest({ epochs: 1 }, { unfamiliar: asked }), trainHooks());
      return { ...outcome, seconds: 0, imagesPerSecond: 0 };
    };
    const without = await timeless(false);
    expect(unfamiliar(without.metrics)).toEqual({});
    const { metrics, ...rest } = await timeless(true);
    const familiar = Object.entries(metrics).filter(([name]) => !name.startsWith('unfamiliar'));
    expect({ ...rest, metrics: Object.fromEntries(familiar) }).toEqual(without);
  });

  it('are at chance level where no epoch stayed finite', async () => {
    const diverging = { optimizer: 'sgd', learningRate: 1e30, batchNorm: false };
    const { metrics, bestEpoch } = await train(trainRequest(diverging, { unfamiliar: true }), trainHooks());
    expect(bestEpoch).toBeNull();
    expect(Object.values(unfamiliar(metrics))).toEqual(
      namesOf(WAYS).map(() => expect.closeTo(0.1, 12) as number),
    );
  });

  it('are not recoloured where they are grey', async () => {
    const { entry, train: images, test, digest } = syntheticDataset({ perClass: 10 });
    const grey = (colored: Images): Images => ({
      ...colored,
      planes: (position) => colored.planes(position).subarray(0, 1024),
    });
    const dataset: Dataset = {
      entry: { ...entry, channels: 1, mean: CIFAR10.mean.slice(0, 1), std: CIFAR10.std.slice(0, 1) },
      train: grey(images),
      test: grey(test),
      digest,
    };
    const request = trainRequest({ epochs: 1 }, { dataset, unfamiliar: true });
    const { metrics } = await train(request, trainHooks());
    const ways = WAYS.filter((way) => way !== 'recoloured');
    expect(Object.keys(unfamiliar(metrics)).sort()).toEqual(namesOf(ways).sort());
  });
});
