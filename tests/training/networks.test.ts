import * as tf from '@tensorflow/tfjs-node-gpu';
import { expect, it } from 'vitest';
import type { ArmParams } from '../../src/spec/types.js';
import { isGpu, train } from '../../src/training/index.js';
import { syntheticDataset } from '../support/dataset.js';
import { trainHooks, trainRequest } from '../support/training.js';

const dataset = syntheticDataset({ perClass: 10 });

async function lossesOf(params: ArmParams): Promise<(number | null)[]> {
  const losses: (number | null)[] = [];
  const outcome = await train(
    trainRequest({ batchSize: 40, epochs: 1, ...params }, { dataset }),
    trainHooks({ onEpoch: ({ trainLoss, valLoss }) => void losses.push(trainLoss, valLoss) }),
  );
  expect(outcome).toMatchObject({ status: 'succeeded', failure: null, epochs: 1 });
  return losses;
}

it.each([
  ['mlp', 0.1],
  ['vgg11', 0.05],
  ['resnet20', 0.1],
])('%s trains, with equal bits for equal settings, and leaves no tensor behind', async (model, width) => {
  const before = tf.memory().numTensors;
  const params = { model, width, batchNorm: true, dropout: 0.2, initialiser: 'he-normal' };
  const losses = await lossesOf(params);
  expect(losses.every((loss) => loss !== null && loss > 0)).toBe(true);
  // A GPU adds in an order of its own.
  if (!isGpu()) expect(await lossesOf(params)).toEqual(losses);
  expect(await lossesOf({ ...params, initialiser: 'glorot-normal' })).not.toEqual(losses);
  expect(await lossesOf({ ...params, batchNorm: false })).not.toEqual(losses);
  expect(tf.memory().numTensors).toBe(before);
});
