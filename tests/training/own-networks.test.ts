import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { layersOf } from '../../src/models/index.js';
import { parseSweep, withDefaults } from '../../src/spec/index.js';
import type { ArmParams, OwnNetworks } from '../../src/spec/types.js';
import type { EpochMetrics, Outcome } from '../../src/storage/storage.js';
import { train } from '../../src/training/index.js';
import { writtenAs } from '../support/own-networks.js';
import { trainHooks, trainRequest } from '../support/training.js';

const parsed = (layers: unknown): OwnNetworks =>
  parseSweep(JSON.stringify({ name: 'a', networks: { mine: layers }, space: { model: 'mine' } }), 'f')
    .networks!;

interface Trained {
  readonly outcome: Outcome;
  readonly epochs: readonly EpochMetrics[];
}

/** A training without its times. */
async function trained(params: ArmParams, networks?: OwnNetworks): Promise<Trained> {
  const epochs: EpochMetrics[] = [];
  const outcome = await train(
    trainRequest(
      { epochs: 2, ...params },
      { samplesPerClass: 20, ...(networks === undefined ? {} : { networks }) },
    ),
    trainHooks({ onEpoch: (metrics) => void epochs.push({ ...metrics, seconds: 0 }) }),
  );
  return { outcome: { ...outcome, seconds: 0, imagesPerSecond: 0 }, epochs };
}

describe('a network written in a sweep file', () => {
  it.each([
    ['lenet', {}],
    ['lenet', { batchNorm: false, dropout: 0.3, width: 0.5 }],
    ['mlp', { batchNorm: true, dropout: 0.2, width: 0.1 }],
    ['resnet20', { batchNorm: false, width: 0.1, epochs: 1 }],
  ])('with the layers of %s trains to the same bits: %o', async (model, settings) => {
    const networks = parsed(writtenAs(layersOf(withDefaults({ model, dropout: 0.5 }), 10)));
    const own = await trained({ ...settings, model: 'mine' }, networks);
    expect(own).toEqual(await trained({ ...settings, model }));
    expect(own.outcome).toMatchObject({ status: 'succeeded', failure: null });
    expect(own).not.toEqual(
      await trained({ ...settings, model: 'mine', initialiser: 'he-normal' }, networks),
    );
  });

  it('learns with every kind of layer, and leaves no tensor behind', async () => {
    const networks = parsed([
      { conv: 8, size: 3, padding: 'same', bias: false },
      'batch-norm',
      { activation: 'relu' },
      { 'max-pool': 2 },
      {
        residual: [
          { conv: 16, size: 3, stride: 2, padding: 'same', activation: 'relu' },
          { residual: [{ conv: 16, size: 1 }, 'dropout'] },
        ],
      },
      { 'max-pool': 2 },
      { conv: 16, size: 4, activation: 'relu' },
      'global-average-pool',
      'flatten',
      { residual: [{ dense: 16, activation: 'relu' }, 'batch-norm', { dense: 16 }] },
      { dropout: 0.1 },
      { dense: 10, bias: false },
    ]);
    const settings = { model: 'mine', dropout: 0.1, epochs: 12, learningRate: 0.01 };
    const before = tf.memory().numTensors;
    const { outcome, epochs } = await trained(settings, networks);
    expect(tf.memory().numTensors).toBe(before);
    expect(outcome).toMatchObject({ status: 'succeeded', failure: null });
    expect(epochs.at(-1)!.trainLoss!).toBeLessThan(epochs[0]!.trainLoss! / 2);
    expect(outcome.testAccuracy).toBeGreaterThan(0.5);
    expect((await trained(settings, networks)).epochs).toEqual(epochs);
  });
});
