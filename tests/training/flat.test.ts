import * as tf from '@tensorflow/tfjs-node-gpu';
import { expect, it } from 'vitest';
import { withDefaults } from '../../src/spec/index.js';
import { train } from '../../src/training/index.js';
import { trainHooks, trainRequest } from '../support/training.js';

const EPOCHS = 200;

/** Memory outside of JavaScript's heap, in MB. */
const nativeMb = (): number => {
  const { rss, heapTotal } = process.memoryUsage();
  return (rss - heapTotal) / 1e6;
};

it('has as many tensors and as much memory after 200 epochs as before', async () => {
  const tensors: number[] = [];
  const memory: number[] = [];
  const params = withDefaults({
    model: 'lenet',
    batchSize: 16,
    epochs: EPOCHS,
    patience: EPOCHS,
    dropout: 0.2,
    emaDecay: 0.9,
    clipNorm: 1,
    l2: 0.001,
    flip: true,
    rotate: 10,
    saturation: 0.2,
  });
  await train(
    trainRequest({}, { samplesPerClass: 5, params }),
    trainHooks({
      onEpoch: () => {
        tensors.push(tf.memory().numTensors);
        memory.push(nativeMb());
      },
    }),
  );
  expect(tensors).toHaveLength(EPOCHS);
  expect(new Set(tensors.slice(1)).size).toBe(1);
  // JavaScript's heap gives pages back when it likes, and goes on growing for a hundred epochs.
  const least = (from: number, to: number): number => Math.min(...memory.slice(from, to));
  // The images of the fifty epochs between, kept by mistake, would be 25 MB.
  expect(least(150, 200) - least(100, 150)).toBeLessThan(12);
}, 120_000);
