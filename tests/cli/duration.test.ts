import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationOf, type MachineSpeed } from '../../src/cli/duration.js';
import { parseSweep } from '../../src/spec/index.js';
import type { OwnDataset } from '../../src/spec/types.js';

const spec = (text: string) => parseSweep(`name: a\n${text}`, 'f');
const machine = (slots: number, imagesPerSecond = 1_000): MachineSpeed => ({
  slots,
  speeds: [{ model: 'lenet', batchSize: 64, imagesPerSecond }],
});

describe('how long a sweep takes', () => {
  it('is images times epochs, evaluations at a third, over the slots', () => {
    // 500 per class: 4,000 training and 1,000 validation images, 63 steps an epoch; the second epoch is the first that counts.
    const one = durationOf(spec('space: { samplesPerClass: 500, batchNorm: false }'), machine(1))!;
    const trial = (epochs: number): number =>
      0.3 + epochs * 4 + (epochs * 1_000 + 10_000 + 4_000) / 3 / 1_000;
    // least: epoch 1 the best, then 3 without a better one; about: 3 rounds of that; most: all 50.
    expect(one.least).toBeCloseTo(trial(4), 6);
    expect(one.about).toBeCloseTo(trial(10), 6);
    expect(one.most).toBeCloseTo(trial(50), 6);
  });

  it('counts test images once more for each way and severity of unfamiliar pictures', () => {
    const text = 'space: { samplesPerClass: 500 }';
    const plain = durationOf(spec(text), machine(1))!;
    const unfamiliar = durationOf(spec(`unfamiliar: true\n${text}`), machine(1))!;
    expect(unfamiliar.most - plain.most).toBeCloseTo((35 * 10_000) / 3 / 1_000, 6);
  });

  it('counts early stopping from step 100 on, and never without validation images', () => {
    // 20 per class: 160 images, 3 steps an epoch, epoch 34 is the first that counts: 33 + 3.
    const few = durationOf(spec('space: { samplesPerClass: 20, batchNorm: false }'), machine(1))!;
    expect(few.least).toBeCloseTo(0.3 + 36 * 0.16 + (36 * 40 + 10_000 + 160) / 3 / 1_000, 6);
    const none = durationOf(spec('space: { samplesPerClass: 4 }'), machine(1))!;
    expect(none.least).toBe(none.most);
  });

  it('is in proportion to a network’s work, by the nearest one that was measured', () => {
    const small = durationOf(spec('space: { samplesPerClass: 500 }'), machine(1))!.most;
    const large = durationOf(spec('space: { samplesPerClass: 500, model: vgg16 }'), machine(1))!.most;
    expect(large / small).toBeGreaterThan(50);
    const both = {
      slots: 1,
      speeds: [...machine(1).speeds, { model: 'vgg11', batchSize: 64, imagesPerSecond: 50 }],
    };
    const measured = durationOf(spec('space: { samplesPerClass: 500, model: vgg11 }'), both)!;
    expect(measured.most).toBeCloseTo(0.3 + (50 * 4_000 + (50 * (1_000 + 2_000) + 14_000) / 3) / 50, 6);
  });

  it('takes the work of a network of the file from its layers', () => {
    const own = durationOf(
      spec('space: { model: mine, samplesPerClass: 500 }\nnetworks: { mine: [flatten, { dense: classes }] }'),
      machine(1),
    )!;
    const lenet = durationOf(spec('space: { samplesPerClass: 500 }'), machine(1))!;
    // 32·32·3·10 of the dense layer against 3,739,000 of the LeNet.
    expect((own.most - 0.3) / (lenet.most - 0.3)).toBeLessThan(0.01);
  });

  it('is never less than its longest trial, and nothing is said of trials that wait', () => {
    const text = 'replicates: 2\nspace: { samplesPerClass: 500 }';
    expect(durationOf(spec(text), machine(8))!.about).toBe(durationOf(spec(text), machine(2))!.about);
    expect(durationOf(spec(text), machine(1))!.about).toBeCloseTo(
      2 * durationOf(spec(text), machine(2))!.about,
      6,
    );
    expect(durationOf(spec('trainable: noop'), machine(1))).toBeNull();
  });

  it('is in order and in proportion to the speed, whatever the settings', () => {
    const space = fc.record({
      samplesPerClass: fc.integer({ min: 1, max: 5_000 }),
      epochs: fc.integer({ min: 1, max: 200 }),
      patience: fc.integer({ min: 1, max: 300 }),
      batchSize: fc.integer({ min: 1, max: 512 }),
    });
    fc.assert(
      fc.property(space, (settings) => {
        const { least, about, most } = durationOf(spec(`space: ${JSON.stringify(settings)}`), machine(1))!;
        expect(least).toBeLessThanOrEqual(about);
        expect(about).toBeLessThanOrEqual(most);
        const faster = durationOf(spec(`space: ${JSON.stringify(settings)}`), machine(1, 2_000))!;
        expect(2 * (faster.most - 0.3)).toBeCloseTo(most - 0.3, 6);
      }),
    );
  });
});

it('a data set of one’s own takes as long as its images, and all of unequal classes where these are not balanced', () => {
  const own: OwnDataset = {
    ...{ kind: 'folder', name: 'mine', path: '/mine', digest: 'ab'.repeat(32), size: 32, channels: 3 },
    ...{ test: 0.2, balance: 'smallest', unreadable: 'refuse', classes: ['a', 'b'], image: [32, 32, 3] },
    ...{ trainPerClass: [100, 300], testPerClass: [25, 75] },
  };
  const most = (dataset: OwnDataset, text = ''): number =>
    durationOf(parseSweep(`name: a\ndataset: ./mine\n${text}`, 'f', { own: dataset }), machine(1))!.most;
  expect(most(own)).toBe(most(own, 'space: { samplesPerClass: 100 }'));
  // Of two classes of 200 on average, 320 for training and 80 for validation.
  const all = most({ ...own, balance: 'none' });
  expect(all).toBeGreaterThan(1.8 * most(own));
});
