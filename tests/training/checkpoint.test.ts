import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-node-gpu';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ElbowError } from '../../src/errors.js';
import { decodeTensors, encodeTensors } from '../../src/safetensors.js';
import { AUGMENTATIONS, LOSSES, OPTIMIZERS, SCHEDULES } from '../../src/spec/known.js';
import type { ArmParams } from '../../src/spec/types.js';
import type { EpochMetrics, Outcome } from '../../src/storage/storage.js';
import { train, type TrainRequest } from '../../src/training/index.js';
import { syntheticDataset } from '../support/dataset.js';
import { trainHooks, trainRequest } from '../support/training.js';

const EPOCHS = 4;
const PAIRS = 40;
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

/** Tells a training to stop once it has looked at its messages so often: between two steps, or while it evaluates. */
async function stopAfter(request: TrainRequest, pauses: number): Promise<void> {
  let count = 0;
  const hooks = trainHooks({
    pause: () => {
      if (++count === pauses) throw new ElbowError('trial-cancelled', 'stop');
      return Promise.resolve();
    },
  });
  await expect(train(request, hooks)).rejects.toMatchObject({ code: 'trial-cancelled' });
}

/** Everything of a training but its times. */
function bitsOf({ outcome, epochs }: Played): unknown {
  return {
    outcome: { ...outcome, seconds: 0, imagesPerSecond: 0 },
    epochs: epochs.map((one) => ({ ...one, seconds: 0 })),
  };
}

/** Each augmentation switched off, and as people switch it on. */
const augmentations: Readonly<
  Record<(typeof AUGMENTATIONS)[number], readonly [number | boolean, number | boolean]>
> = {
  flip: [false, true],
  crop: [0, 4],
  translate: [0, 0.1],
  rotate: [0, 15],
  zoom: [0, 0.1],
  brightness: [0, 0.2],
  contrast: [0, 0.2],
  saturation: [0, 0.2],
  cutout: [0, 8],
  mixup: [0, 0.4],
  cutmix: [0, 1],
};

const others = fc.record({
  ...Object.fromEntries(
    Object.entries(augmentations).map(([name, values]) => [name, fc.constantFrom(...values)]),
  ),
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
});

/** Random settings in which every optimizer, schedule and loss comes several times, and the epoch of the interruption. */
function pairsOf(seed: number): (readonly [ArmParams, number])[] {
  const random = fc.sample(fc.tuple(others, fc.integer({ min: 1, max: EPOCHS - 1 })), {
    numRuns: PAIRS,
    seed,
  });
  return random.map(([params, epoch], i) => {
    const loss = LOSSES[i % LOSSES.length]!;
    const named = {
      optimizer: OPTIMIZERS[i % OPTIMIZERS.length]!,
      // Schedules meet every loss and optimizer.
      schedule: SCHEDULES[(i + Math.floor(i / SCHEDULES.length)) % SCHEDULES.length]!,
      loss,
      ...(loss === 'cross-entropy' && i % 2 === 0 ? { labelSmoothing: 0.1 } : {}),
    };
    return [{ ...(params as ArmParams), ...named }, epoch];
  });
}

describe('a training that goes on from a checkpoint', () => {
  it(
    'equals the undisturbed one to the bit, for every optimizer, schedule and loss, with and without each augmentation',
    { timeout: 300_000 },
    async () => {
      const seed = Number(process.env['ELBOW_TEST_SEED'] ?? fc.sample(fc.nat(), 1)[0]);
      const pairs = pairsOf(seed);
      for (const name of AUGMENTATIONS) {
        expect(new Set(pairs.map(([params]) => params[name])), name).toEqual(new Set(augmentations[name]));
      }
      for (const [params, epoch] of pairs) {
        const what = `ELBOW_TEST_SEED=${seed}: ${JSON.stringify(params)} after epoch ${epoch}`;
        const before = tf.memory().numTensors;
        const undisturbed = await play(kept(params));
        rmSync(checkpoints(), { recursive: true });
        // A training whose loss is no number any more ends early, and has no epoch to be interrupted in.
        const last = Math.min(epoch, undisturbed.epochs.length - 1);
        if (last > 0) {
          await playUntil(kept(params), last);
          const resumed = await play(kept(params));
          expect(resumed.begin, what).toBe(last);
          expect(resumed.notes, what).toContain(`goes on after epoch ${last}, from its checkpoint`);
          expect(resumed.outcome.weights, what).toMatch(/^[0-9a-f]{64}$/);
          expect(bitsOf(resumed), what).toEqual(bitsOf(undisturbed));
          rmSync(checkpoints(), { recursive: true });
        }
        expect(tf.memory().numTensors, what).toBe(before);
      }
    },
  );

  it(
    'equals the undisturbed one to the bit wherever it was told to stop, and loses no step',
    { timeout: 120_000 },
    async () => {
      const seed = Number(process.env['ELBOW_TEST_SEED'] ?? fc.sample(fc.nat(), 1)[0]);
      for (const [i, [params]] of pairsOf(seed).slice(0, 12).entries()) {
        const request = kept({ ...params, batchSize: 16 });
        const undisturbed = await play(request);
        rmSync(checkpoints(), { recursive: true, force: true });
        const before = tf.memory().numTensors;
        // 5 steps of 16 and 2 or 3 evaluations an epoch: twice within a training, so that what was stopped stops again.
        const [first, second] = [1 + ((i * 5) % 17), 1 + (i % 3)];
        await stopAfter(request, first);
        await stopAfter(request, second);
        const { begin, notes, ...resumed } = await play(request);
        const what = `ELBOW_TEST_SEED=${seed}: ${JSON.stringify(params)} stopped after ${first} and ${second}`;
        expect(begin, what).toBeLessThan(EPOCHS);
        expect(notes, what).toContainEqual(
          expect.stringMatching(/^goes on after (step [1-5] of )?epoch \d, from its checkpoint$/),
        );
        expect(bitsOf({ ...resumed, begin, notes }), what).toEqual(bitsOf(undisturbed));
        expect(tf.memory().numTensors, what).toBe(before);
        rmSync(checkpoints(), { recursive: true });
      }
    },
  );

  it(
    'ends when the undisturbed one does: epochs without a better one count on',
    { timeout: 120_000 },
    async () => {
      // 80 steps an epoch, so that the second is the first that counts.
      const params = { batchSize: 1, epochs: 12, patience: 3, learningRate: 0.003 };
      const undisturbed = await play(kept(params));
      rmSync(checkpoints(), { recursive: true, force: true });
      const { epochs, bestEpoch } = undisturbed.outcome;
      expect(epochs).toBeLessThan(params.epochs);
      expect(epochs - bestEpoch!).toBe(params.patience);
      for (const epoch of [epochs - 2, epochs - 1]) {
        await playUntil(kept(params), epoch);
        const resumed = await play(kept(params));
        expect(resumed.begin).toBe(epoch);
        expect(bitsOf(resumed)).toEqual(bitsOf(undisturbed));
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
      expect(files().at(-1)).toMatch(new RegExp(`^00000${epoch}-000000-`));
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

  /** Writes a checkpoint anew as another machine would have. */
  const rewrite = (file: string, change: (machine: string) => string): void => {
    const path = join(checkpoints(), file);
    const { tensors, metadata } = decodeTensors(readFileSync(path), path);
    const header = JSON.parse(metadata['checkpoint']!) as { machine: string };
    const machine = change(header.machine);
    expect(machine).not.toBe(header.machine);
    const bytes = encodeTensors({
      tensors,
      metadata: { ...metadata, checkpoint: JSON.stringify({ ...header, machine }) },
    });
    rmSync(path);
    const digest = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(checkpoints(), file.replace(/[0-9a-f]{64}/, digest)), bytes);
  };

  it('was made by another version, or on another CPU: the training starts over, and says so', async () => {
    const changes = [
      (machine: string) => machine.replace(/training code \S+/, 'training code 0123456789ab'),
      (machine: string) => machine.replace(/TensorFlow \S+/, 'TensorFlow 2.3.4'),
      (machine: string) => `${machine} avx1024`,
      (machine: string) => machine.replace(/on a .*/, 'on a GPU'),
    ];
    for (const change of changes) {
      await playUntil(kept({}), 2);
      files().forEach((file) => rewrite(file, change));
      const { begin, notes } = await play(kept({}));
      expect(begin).toBe(0);
      expect(
        notes.filter((text) => /is not used: it was made by .*, and this is .*/.test(text)),
      ).toHaveLength(2);
      rmSync(checkpoints(), { recursive: true });
    }
    // What `rewrite` leaves is a whole checkpoint.
    await playUntil(kept({}), 2);
    files().forEach((file) => rewrite(file, (machine) => `${machine} `));
    files().forEach((file) => rewrite(file, (machine) => machine.trimEnd()));
    expect((await play(kept({}))).begin).toBe(2);
  });

  it('has the name that an earlier version gave: it is told and removed', async () => {
    await playUntil(kept({}), 2);
    for (const file of files()) {
      const path = join(checkpoints(), file);
      const { tensors, metadata } = decodeTensors(readFileSync(path), path);
      const header = JSON.parse(metadata['checkpoint']!) as object;
      const earlier = { ...metadata, checkpoint: JSON.stringify({ ...header, format: 2 }) };
      const bytes = encodeTensors({ tensors, metadata: earlier });
      const digest = createHash('sha256').update(bytes).digest('hex');
      rmSync(path);
      writeFileSync(join(checkpoints(), `${file.slice(0, 6)}-${digest}.safetensors`), bytes);
    }
    const earlier = files();
    const { begin, notes } = await play(kept({}));
    expect(begin).toBe(0);
    expect(notes.filter((text) => text.includes('it is of another version of elbow'))).toHaveLength(2);
    expect(files().filter((file) => earlier.includes(file))).toEqual([]);
  });

  it('cannot be written: the training goes on, and says so', async () => {
    writeFileSync(checkpoints(), 'a file where the folder should be');
    const { outcome, notes } = await play(kept({}));
    expect(outcome.epochs).toBe(EPOCHS);
    expect(notes.filter((text) => text.includes('could not be written'))).toHaveLength(EPOCHS - 1);
  });
});
