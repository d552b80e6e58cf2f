import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-node-gpu';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LOSSES, OPTIMIZERS, SCHEDULES } from '../../src/spec/known.js';
import type { ArmParams } from '../../src/spec/types.js';
import type { EpochMetrics, Outcome } from '../../src/storage/storage.js';
import { train, type TrainRequest } from '../../src/training/index.js';
import { syntheticDataset } from '../support/dataset.js';
import { trainHooks, trainRequest } from '../support/training.js';

const EPOCHS = 4;
const dataset = syntheticDataset({ perClass: 10 });

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'elbow-checkpoint-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const checkpoints = (): string => join(home, 'checkpoints');
const files = (): string[] => readdirSync(checkpoints()).sort();

/** A training that keeps a checkpoint of every epoch. */
const kept = (params: ArmParams, changes: Partial<TrainRequest> = {}): TrainRequest =>
  trainRequest(
    { epochs: EPOCHS, patience: EPOCHS, ...params },
    {
      dataset,
      keep: { models: join(home, 'models'), checkpoints: checkpoints(), checkpointSeconds: 0 },
      ...changes,
    },
  );

interface Played {
  readonly outcome: Outcome;
  readonly epochs: readonly EpochMetrics[];
  readonly notes: readonly string[];
  /** After which epoch it went on. */
  readonly begin: number;
}

async function play(request: TrainRequest): Promise<Played> {
  const epochs: EpochMetrics[] = [];
  const notes: string[] = [];
  let begin = -1;
  const outcome = await train(
    request,
    trainHooks({
      onBegin: (epoch) => void (begin = epoch),
      onEpoch: (metrics) => void epochs.push(metrics),
      onNote: (text) => void notes.push(text),
    }),
  );
  return { outcome, epochs, notes, begin };
}

/** Ends a training in the middle of the epoch after `epoch`, as a machine does that loses its power. */
async function playUntil(request: TrainRequest, epoch: number): Promise<void> {
  let ended = 0;
  const hooks = trainHooks({
    onEpoch: (metrics) => void (ended = metrics.epoch),
    onStep: () => {
      if (ended === epoch) throw new Error('power cut');
    },
  });
  await expect(train(request, hooks)).rejects.toThrow('power cut');
}

/** Everything of a training but its times. */
function bitsOf({ outcome, epochs }: Played): unknown {
  return {
    outcome: { ...outcome, seconds: 0, imagesPerSecond: 0 },
    epochs: epochs.map((one) => ({ ...one, seconds: 0 })),
  };
}

const settings = fc.record({
  optimizer: fc.constantFrom(...OPTIMIZERS),
  schedule: fc.constantFrom(...SCHEDULES),
  loss: fc.constantFrom(...LOSSES),
  learningRate: fc.constantFrom(0.001, 0.01),
  scheduleEpochs: fc.constantFrom(1, 2),
  warmupEpochs: fc.constantFrom(0, 1.5),
  emaDecay: fc.constantFrom(0, 0.9),
  dropout: fc.constantFrom(0, 0.5),
  batchNorm: fc.boolean(),
  weightDecay: fc.constantFrom(null, 0.01),
  clipNorm: fc.constantFrom(0, 1),
  l2: fc.constantFrom(0, 0.001),
  batchSize: fc.constantFrom(16, 80),
  flip: fc.boolean(),
  crop: fc.constantFrom(0, 4),
  rotate: fc.constantFrom(0, 15),
  brightness: fc.constantFrom(0, 0.2),
  mixup: fc.constantFrom(0, 0.4),
  cutmix: fc.constantFrom(0, 1),
});

describe('a training that goes on from a checkpoint', () => {
  it(
    'equals the undisturbed one to the bit, for every optimizer, schedule and loss, with and without augmentation',
    { timeout: 300_000 },
    async () => {
      const pairs = fc.sample(fc.tuple(settings, fc.integer({ min: 1, max: EPOCHS - 1 })), {
        numRuns: 40,
        seed: 5,
      });
      const seen = new Set(pairs.flatMap(([one]) => [one.optimizer, one.schedule, one.loss] as string[]));
      expect(seen.size).toBe(OPTIMIZERS.length + SCHEDULES.length + LOSSES.length);
      for (const [params, epoch] of pairs) {
        const before = tf.memory().numTensors;
        const undisturbed = await play(kept(params, { keep: null }));
        await playUntil(kept(params), epoch);
        const resumed = await play(kept(params));
        expect(resumed.begin).toBe(epoch);
        const { weights, ...outcome } = resumed.outcome;
        expect(weights).toMatch(/^[0-9a-f]{64}$/);
        expect(bitsOf({ ...resumed, outcome: { ...outcome, weights: null } })).toEqual(bitsOf(undisturbed));
        expect(tf.memory().numTensors).toBe(before);
        rmSync(checkpoints(), { recursive: true });
      }
    },
  );

  it('tells the epochs before it again, with the times they took', async () => {
    await playUntil(kept({}), 2);
    const [first] = (await play(kept({}))).epochs;
    const [again] = (await play(kept({}))).epochs;
    expect(again).toEqual(first);
  });

  it('finds the newest two checkpoints, however often it was ended', async () => {
    for (const epoch of [1, 2, 3]) {
      await playUntil(kept({}), epoch);
      expect(files()).toHaveLength(Math.min(epoch, 2));
      expect(files().at(-1)).toMatch(new RegExp(`^00000${epoch}-`));
    }
    expect((await play(kept({}))).begin).toBe(3);
  });
});

describe('a checkpoint that cannot be used', () => {
  const spoil = (file: string, change: (bytes: Buffer) => Buffer): void => {
    const path = join(checkpoints(), file);
    writeFileSync(path, change(readFileSync(path)));
  };
  const flipped = (bytes: Buffer): Buffer => {
    const copy = Buffer.from(bytes);
    copy[copy.length - 5]! ^= 1;
    return copy;
  };

  it('is told and passed over for the one before it, then for a fresh start; the bits are the same', async () => {
    const undisturbed = await play(kept({}, { keep: null }));
    for (const change of [flipped, (bytes: Buffer) => bytes.subarray(0, 1000), () => Buffer.alloc(0)]) {
      await playUntil(kept({}), 3);
      const newest = files().at(-1)!;
      spoil(newest, change);
      const resumed = await play(kept({}));
      expect(resumed.begin).toBe(2);
      expect(resumed.notes).toContainEqual(expect.stringContaining(`${newest} is not used`));
      expect(resumed.epochs.map(({ valLoss }) => valLoss)).toEqual(
        undisturbed.epochs.map(({ valLoss }) => valLoss),
      );
      rmSync(checkpoints(), { recursive: true });
      await playUntil(kept({}), 3);
      files().forEach((file) => spoil(file, change));
      expect((await play(kept({}))).begin).toBe(0);
      rmSync(checkpoints(), { recursive: true });
    }
  });

  it('is of another training: one setting, seed, size or data set apart', async () => {
    const others = [
      kept({ learningRate: 0.002 }),
      kept({}, { sweepSeed: 43 }),
      kept({}, { samplesPerClass: 5 }),
      kept({}, { dataset: { ...dataset, digest: '1'.repeat(64) } }),
      kept({}, { threads: 2 }),
    ];
    for (const other of others) {
      await playUntil(kept({}), 2);
      const { begin, notes } = await play(other);
      expect(begin).toBe(0);
      expect(notes).toContainEqual(expect.stringContaining('it is of another training'));
      rmSync(checkpoints(), { recursive: true });
    }
  });

  it('cannot be written: the training goes on, and says so', async () => {
    writeFileSync(checkpoints(), 'a file where the folder should be');
    const { outcome, notes } = await play(kept({}));
    expect(outcome.epochs).toBe(EPOCHS);
    expect(notes.filter((text) => text.includes('could not be written'))).toHaveLength(EPOCHS - 1);
  });
});
