/** Trainings of tests: complete requests and hooks, for tests to vary. */
import { withDefaults } from '../../src/spec/index.js';
import type { ArmParams } from '../../src/spec/types.js';
import type { TrainHooks, TrainRequest } from '../../src/training/index.js';
import { syntheticDataset } from './dataset.js';

const dataset = syntheticDataset({ perClass: 30 });

/** Three epochs of the LeNet on ten images of each class; nothing is kept. */
export const trainRequest = (params: ArmParams = {}, changes: Partial<TrainRequest> = {}): TrainRequest => ({
  dataset,
  params: withDefaults({ model: 'lenet', batchSize: 16, epochs: 3, ...params }),
  samplesPerClass: 10,
  sweepSeed: 42,
  replicate: 0,
  threads: 1,
  objective: 'val_accuracy',
  unfamiliar: false,
  keep: null,
  ...changes,
});

/** Hooks that hear nothing. */
export const trainHooks = (changes: Partial<TrainHooks> = {}): TrainHooks => ({
  onBegin: () => undefined,
  onStep: () => undefined,
  onEpoch: () => undefined,
  onCheckpoint: () => undefined,
  onNote: () => undefined,
  pause: async () => undefined,
  ...changes,
});
