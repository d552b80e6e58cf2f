import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ElbowError } from '../../src/errors.js';
import { initialiserOf, layersOf, readModel } from '../../src/models/index.js';
import { withDefaults } from '../../src/spec/index.js';
import type { PredictJob } from '../../src/trainer/protocol.js';
import { buildNetwork } from '../../src/training/build.js';
import { createEvaluator } from '../../src/training/evaluate.js';
import { loadModel, predict, streamImages, train, type PredictHooks } from '../../src/training/index.js';
import { createLoss } from '../../src/training/losses.js';
import { saveModel } from '../../src/training/model-file.js';
import { syntheticDataset } from '../support/dataset.js';
import { trainHooks, trainRequest } from '../support/training.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'elbow-predict-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const dataset = syntheticDataset({ perClass: 30 });
const pause = async (): Promise<void> => undefined;
const placeOf = (digest: string): PredictJob['place'] => ({
  folder,
  digest,
  sweep: 'seen',
  trial: 0,
  host: null,
});
const all = Uint32Array.from(dataset.test.labels, (_, i) => i);

describe('a kept network', () => {
  it.each([
    { model: 'lenet' },
    { model: 'lenet', batchNorm: false },
    { model: 'mlp' },
    { model: 'resnet20' },
  ])('%j answers as it did before it was kept, to the bit', async (settings) => {
    const tensors = tf.memory().numTensors;
    const layers = layersOf(withDefaults(settings), 10);
    const network = buildNetwork(
      layers,
      [32, 32, 3],
      { sweepSeed: 1, replicate: 0 },
      initialiserOf('he-normal'),
    );
    const images = streamImages(dataset.entry, dataset.test, all);
    const evaluator = createEvaluator(
      createLoss({ name: 'cross-entropy', labelSmoothing: 0, focalGamma: 0 }),
      pause,
    );
    const { parameters } = network;
    const moments = await evaluator.moments({ network, parameters }, images, 100);
    const digest = saveModel(
      folder,
      { network, layers, entry: dataset.entry },
      { epoch: 1, parameters, moments, validation: null },
    );
    const expected = tf.tidy(() => {
      const parts = network.split(parameters);
      const logits = network.forward(images.read(0, 100).images, parts, { kind: 'inference', moments });
      return logits.dataSync<'float32'>();
    });
    tf.dispose([...moments.flatMap(({ mean, variance }) => [mean, variance])]);
    network.dispose();
    const model = loadModel(readModel(placeOf(digest)));
    const { logits, features } = await model.respond(images, pause);
    expect(logits).toEqual(expected);
    expect(features.length % 100).toBe(0);
    expect(features.length).toBeGreaterThan(logits.length);
    model.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('whose tensors are not those of its layers is refused', async () => {
    const outcome = await trained(10);
    const model = readModel(placeOf(outcome.weights!));
    const tensors = tf.memory().numTensors;
    const { layers } = model.description;
    const other = layersOf(withDefaults({ model: 'lenet', width: 2 }), 10);
    expect(() => loadModel({ ...model, description: { ...model.description, layers: other } })).toThrow(
      /expected 0\.conv\.kernel of the shape 5×5×3×40, got 0\.conv\.kernel of the shape 5×5×3×20/,
    );
    const less = layers.filter(({ kind }) => kind !== 'batch-norm');
    expect(() => loadModel({ ...model, description: { ...model.description, layers: less } })).toThrow(
      ElbowError,
    );
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

const trained = (samplesPerClass: number) =>
  train(
    trainRequest(
      {},
      {
        samplesPerClass,
        keep: { models: folder, checkpoints: join(folder, 'checkpoints'), checkpointSeconds: 1e6 },
      },
    ),
    trainHooks(),
  );

/** The test images as pictures. */
const pictures = Array.from(all, (i) => Buffer.from(dataset.test.planes(i)).toString('base64'));

const jobOf = (weights: string, changes: Partial<PredictJob> = {}): PredictJob => ({
  place: placeOf(weights),
  dataset: 'cifar10',
  dataDir: folder,
  dataDigest: dataset.digest,
  samplesPerClass: 10,
  sweepSeed: 42,
  replicate: 0,
  pictures,
  ...changes,
});

/** @param asked counts how often the data set is asked for */
const hooks = (asked = { times: 0 }): PredictHooks => ({
  dataset: async () => {
    asked.times++;
    return dataset;
  },
  onNote: () => undefined,
  pause,
});

describe('pictures', () => {
  it('are answered as the evaluation of the trial answered them, calibrated once', async () => {
    const outcome = await trained(10);
    const asked = { times: 0 };
    const job = jobOf(outcome.weights!);
    const first = await predict(job, hooks(asked));
    const right = first.answers.map(({ logits }, i) =>
      logits.indexOf(Math.max(...logits)) === dataset.test.labels[i] ? 1 : 0,
    );
    const bits = Buffer.from(outcome.answers!.correct, 'base64');
    expect(right).toEqual(right.map((_, i) => (bits[i >> 3]! >> (i & 7)) & 1));
    const loss = first.answers.map(({ logits }, i) => {
      const sum = logits.reduce((total, z) => total + Math.exp(z), 0);
      return Math.log(sum) - logits[dataset.test.labels[i]!]!;
    });
    const mean = loss.reduce((total, one) => total + one, 0) / loss.length;
    expect(mean).toBeCloseTo(outcome.metrics['test_log_loss']!, 5);

    expect(first.problem).toBeNull();
    expect(first.calibration).toMatchObject({ validationImages: 20, falseAlarmRate: 0.05 });
    expect(first.answers[0]!.unfamiliarity).toMatchObject({ isUnfamiliar: expect.any(Boolean) });
    expect(readdirSync(folder)).toContain(`${outcome.weights}.calibration.json`);
    expect(await predict(job, hooks(asked))).toEqual(first);
    expect(asked.times).toBe(1);
    // Another trial may have the same weights and other validation images.
    await predict({ ...job, replicate: 1 }, hooks(asked));
    expect(asked.times).toBe(2);
  });

  it('are answered with a damaged calibration, which is made anew', async () => {
    const { weights } = await trained(10);
    const job = jobOf(weights!);
    const first = await predict(job, hooks());
    for (const content of ['{', '{"format":0}', '']) {
      writeFileSync(join(folder, `${weights}.calibration.json`), content);
      expect(await predict(job, hooks())).toEqual(first);
    }
  });

  it('are answered without a calibration where there can be none, and it is said why', async () => {
    const { weights } = await trained(10);
    const missing = await predict(jobOf(weights!), {
      ...hooks(),
      dataset: async () => {
        throw new ElbowError('data-missing', 'there is no manifest');
      },
    });
    expect(missing).toMatchObject({
      calibration: null,
      problem: 'The data set is needed for it: there is no manifest.',
    });
    expect(missing.answers).toHaveLength(100);
    expect(missing.answers[0]!.unfamiliarity).toBeNull();
    const changed = await predict(jobOf(weights!, { dataDigest: '1'.repeat(64) }), hooks());
    expect(changed.problem).toMatch(/^The data set cifar10 has changed since this network was trained/);
    const unknown = await predict(jobOf(weights!, { dataDigest: null }), hooks());
    expect(unknown.problem).toMatch(/not known which data set/);
    const few = await trained(4);
    const none = await predict(jobOf(few.weights!, { samplesPerClass: 4 }), hooks());
    expect(none.problem).toBe('This trial has no validation images (fewer than 5 samples per class).');
    expect(missing.answers.map(({ logits }) => logits)).toEqual(
      (await predict(jobOf(weights!), hooks())).answers.map(({ logits }) => logits),
    );
  });
});
