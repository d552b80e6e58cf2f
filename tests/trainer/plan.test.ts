import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { ElbowError } from '../../src/errors.js';
import { largestBatch, layersOf, type MemoryRequest } from '../../src/models/index.js';
import { withDefaults } from '../../src/spec/index.js';
import { endFailure, failureOf } from '../../src/trainer/failures.js';
import { planMemory, slotMemory } from '../../src/trainer/plan.js';

const request: MemoryRequest = {
  layers: layersOf(withDefaults({ model: 'resnet20' }), 10),
  input: [32, 32, 3],
  batchSize: 256,
  optimizer: 'adam',
  weightDecay: 0,
  l2: 0,
  clipNorm: 0,
  emaDecay: 0,
  hasOwnOperations: false,
  keepsValues: true,
  trainingImages: 800,
  validationImages: 200,
};
/** The forecast is about 1,500 MB. */
const BASE_MB = 500;
const limitedTo = (trainerMemoryMb: number) =>
  planMemory(request, slotMemory({ trainerMemoryMb, machineMb: 64_000, slots: 2 }), BASE_MB);

describe('the plan of a training’s memory', () => {
  it('notes what is needed', () => {
    const { notes, refusal } = limitedTo(4_000);
    expect(notes).toEqual([
      expect.stringMatching(
        /^memory: about 1,\d{3} MB at a batch of 256 \(.*\), beside 500 MB of library and data$/,
      ),
    ]);
    expect(refusal).toBeNull();
  });

  it('warns where it may not fit, and refuses where it certainly does not, with the largest batch', () => {
    const close = limitedTo(1_900);
    expect(close.notes[1]).toBe('that may be more than the 1,900 MB of `--trainer-memory`');
    expect(close.refusal).toBeNull();
    const small = limitedTo(1_000).refusal!;
    expect(small).toBeInstanceOf(ElbowError);
    expect(small.code).toBe('out-of-memory');
    expect(small.message).toMatch(
      /^the trial would take about 1,\d{3} MB at a batch of 256 \(.*\) beside 500 MB .* and may use 1,000 MB \(`--trainer-memory`\)$/,
    );
    // A fifth of the 500 MB is kept in hand.
    const largest = largestBatch(request, 400e6);
    expect(largest).toBeGreaterThan(20);
    expect(small.hint).toBe(`The largest \`batchSize\` expected to fit is ${largest}.`);
  });

  it('says that none fits where none does', () => {
    expect(limitedTo(550).refusal!.hint).toMatch(/^No `batchSize` is expected to fit: a smaller `width`/);
  });

  it('takes the whole machine as the limit where there is none, and tells the share of a slot', () => {
    const slot = slotMemory({ trainerMemoryMb: null, machineMb: 3_000, slots: 2 });
    expect(slot).toMatchObject({ limitMb: 3_000, shareMb: 1_500 });
    const { notes, refusal } = planMemory(request, slot, BASE_MB);
    expect(refusal).toBeNull();
    expect(notes[1]).toBe('that is more than the 1,500 MB that each slot has when all are busy');
  });

  it('names a smaller batch than the one that ran out, although that was expected to fit', () => {
    const { hint } = limitedTo(10_000);
    const named = Number(/(\d+)\.$/.exec(hint)![1]);
    expect(named).toBeGreaterThan(150);
    expect(named).toBeLessThan(256);
  });
});

describe('a training that threw', () => {
  it('ran out of memory when TensorFlow says so, with what was expected', () => {
    let thrown: unknown;
    try {
      // 16 TiB.
      tf.tile(tf.ones([1, 1]), [2 ** 21, 2 ** 21]);
    } catch (error) {
      thrown = error;
    }
    const failure = failureOf(thrown, limitedTo(4_000));
    expect(failure).toMatchObject({
      code: 'out-of-memory',
      message: expect.stringMatching(
        /^TensorFlow could not get the memory it needed: .*; expected was about 1,/s,
      ),
      hint: expect.stringMatching(/^The largest `batchSize` expected to fit is \d+\. Fewer slots/),
    });
    expect(failureOf(thrown).hint).toMatch(/^A smaller `batchSize` needs less\. Fewer slots/);
  });

  it('ran out of the GPU’s memory when that is named', () => {
    const text =
      'OOM when allocating tensor with shape[128,64] on /job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc';
    expect(failureOf(new Error(text)).code).toBe('device-out-of-memory');
  });

  it('found the disk full when the system says so', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    expect(failureOf(full)).toMatchObject({ code: 'disk-full', message: expect.stringContaining('write') });
  });

  it('is a bug when it is nothing else', () => {
    expect(failureOf(new Error('no'))).toMatchObject({ code: 'bug', message: 'no', hint: null });
    expect(failureOf(new ElbowError('data-missing', 'gone', { hint: 'bring it' }))).toMatchObject({
      code: 'data-missing',
      hint: 'bring it',
      stack: null,
    });
  });
});

describe('a trainer that ended', () => {
  const end = { code: null, signal: 'SIGABRT' as const, isStart: false, plan: limitedTo(4_000) };

  it('ran out of memory where its last lines say so: the largest batch is named', () => {
    const lines = ["terminate called after throwing an instance of 'std::bad_alloc'"];
    const failure = endFailure({ ...end, lines });
    expect(failure.code).toBe('out-of-memory');
    expect(failure.message).toContain('std::bad_alloc');
    expect(failure.hint).toBe(failureOf(new Error('failed to allocate memory'), limitedTo(4_000)).hint);
  });

  it('crashed where they do not', () => {
    expect(endFailure({ ...end, lines: ['Segmentation fault'] })).toMatchObject({ code: 'trainer-crashed' });
  });

  it('was killed by the system: the largest batch is named', () => {
    const failure = endFailure({ ...end, signal: 'SIGKILL', lines: [] });
    expect(failure.code).toBe('trainer-killed');
    expect(failure.hint).toContain(limitedTo(4_000).hint);
  });
});
