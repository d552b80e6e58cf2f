/** Rows as elbow stores them, for tests to vary. */
import type { PlannedTrial, SweepSpec } from '../../src/spec/types.js';
import type { EpochMetrics, Outcome } from '../../src/storage/index.js';

/** A grid of sizes 10 and 20 with one replicate. */
export const sweepSpec = (name: string, changes: Partial<SweepSpec> = {}): SweepSpec => ({
  name,
  dataset: 'cifar10',
  seed: 42,
  replicates: 1,
  threads: 1,
  trainable: { kind: 'builtin' },
  space: { model: ['lenet'], samplesPerClass: [10, 20] },
  search: 'grid',
  objective: { metric: 'val_accuracy', direction: 'maximize' },
  budget: { maxTrials: null },
  pool: 'default',
  trialsPerWorkflow: 1,
  report: { target: null, delta: 0.01 },
  ...changes,
});

export const params = { model: 'lenet', optimizer: 'adam', batchNorm: true, loss: 'cross-entropy' };

/** Trials 0…count−1 of one arm, all of size 10 (null for a negative size). */
export const plan = (count: number, samplesPerClass: number | null = 10): PlannedTrial[] =>
  Array.from({ length: count }, (_, number) => ({
    number,
    arm: { hash: 'abcdef012345', params, label: 'lenet' },
    samplesPerClass,
    replicate: number,
  }));

/** Of a trial that succeeded. */
export const outcome = (changes: Partial<Outcome> = {}): Outcome => ({
  status: 'succeeded',
  epochs: 2,
  bestEpoch: 1,
  trainLoss: 0.5,
  valLoss: 1.25,
  testLoss: 1.5,
  trainAccuracy: 0.9,
  valAccuracy: 0.4,
  testAccuracy: 0.375,
  objective: 0.4,
  metrics: {},
  seconds: 12.5,
  imagesPerSecond: 1000,
  diagnosis: null,
  findings: [],
  answers: null,
  weights: null,
  failure: null,
  ...changes,
});

/** Metrics of an epoch, from 1. */
export const epoch = (number: number, changes: Partial<EpochMetrics> = {}): EpochMetrics => ({
  epoch: number,
  trainLoss: 1 / number,
  trainAccuracy: 0.1 * number,
  valLoss: 2 / number,
  valAccuracy: 0.05 * number,
  learningRate: 0.001,
  seconds: 0.5,
  ...changes,
});
