import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MNIST } from '../../src/data/catalog.js';
import { withDefaults } from '../../src/spec/index.js';
import { diagnose } from '../../src/training/diagnose.js';
import type { Evidence, WatchState } from '../../src/training/evidence.js';
import { epoch } from '../support/rows.js';

const LAYERS = ['0.conv', '3.conv', '8.dense'];

/** Norms of the three layers with such a pull; kernels have the length 10, and the first loss is 2. */
const norms = (...pulls: readonly number[]) => ({
  epoch: 1,
  layers: pulls.map((pull) => ({ gradient: pull / 5, weight: 10 })),
});

const steps = (change: Partial<WatchState> = {}): WatchState => ({
  firstLoss: 2,
  lastLoss: { step: 99, loss: 1.2 },
  first: norms(3, 8, 2),
  last: { ...norms(1, 2, 1), epoch: 10 },
  steepest: { step: 0, length: 5, layers: norms(3, 8, 2).layers },
  ...change,
});

/** A training that learned, and that patience ended after epoch 7 was the best. */
const evidence = (change: Partial<Evidence> = {}): Evidence => ({
  settings: withDefaults({}),
  hasDiverged: false,
  wasStopped: true,
  epochs: Array.from({ length: 10 }, (_, i) =>
    epoch(i + 1, { valLoss: i < 7 ? 2 - 0.1 * i : 1.6, valAccuracy: i < 7 ? 0.4 + 0.02 * i : 0.5 }),
  ),
  stepsPerEpoch: 10,
  bestEpoch: 7,
  trainAccuracy: 0.58,
  validationAccuracy: 0.52,
  testAccuracy: 0.5,
  testLogLoss: 1.4,
  trainImages: 8_000,
  validationImages: 2_000,
  testPerClass: new Array(10).fill(1_000),
  steps: steps(),
  layers: LAYERS,
  units: [
    { layer: '0.conv', units: 20, dead: 0 },
    { layer: '5.activation', units: 50, dead: 4 },
  ],
  ...change,
});

const atChance = { testAccuracy: 0.1, trainAccuracy: 0.1, testLogLoss: Math.log(10) };
const codes = (change: Partial<Evidence> = {}): string[] =>
  diagnose(evidence(change)).map(({ code }) => code);
const finding = (code: string, change: Partial<Evidence>) =>
  diagnose(evidence(change)).find((one) => one.code === code)!;

describe('the diagnosis of a training', () => {
  it('is none when it learned something and stopped by itself', () => {
    expect(codes()).toEqual([]);
  });

  it('has a figure in every evidence and a setting in every remedy, for any settings', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.record({
          hasDiverged: fc.boolean(),
          wasStopped: fc.boolean(),
          trainAccuracy: share,
          testAccuracy: share,
          testLogLoss: fc.constantFrom(0.1, Math.log(10), 20),
          bestEpoch: fc.constantFrom(null, 1, 10),
          validationAccuracy: fc.option(share),
          trainImages: fc.integer({ min: 1, max: 50_000 }),
          batchNorm: fc.boolean(),
          pull: fc.constantFrom(0, 1e-3, 1, 1e6),
        }),
        ({ batchNorm, pull, ...change }) => {
          const layers = norms(1, 1, pull);
          for (const one of diagnose(
            evidence({
              ...change,
              settings: withDefaults({ batchNorm }),
              steps: steps({
                first: layers,
                last: layers,
                steepest: { step: 3, length: pull, layers: layers.layers },
              }),
            }),
          )) {
            expect(one.evidence).toMatch(/^[A-Z].*\d.*\.$/);
            expect(one.evidence).not.toMatch(/NaN|Infinity|undefined|null/);
            for (const remedy of one.remedies) expect(remedy).toMatch(/^[a-zA-Z0-9]+: .+ – /);
            expect(batchNorm && one.remedies.some((remedy) => remedy.startsWith('batchNorm'))).toBe(false);
          }
        },
      ),
    );
  });

  it('names the failure first, then its cause, and asks for no fit where nothing was learned', () => {
    const flat = norms(0.001, 0.002, 0.02);
    const stuck = {
      ...atChance,
      settings: withDefaults({ batchNorm: false }),
      steps: steps({ first: flat, last: flat, steepest: { step: 0, length: 0.001, layers: flat.layers } }),
    };
    expect(codes(stuck)).toEqual(['chance-level', 'vanishing-gradients']);
    expect(codes({ ...stuck, wasStopped: false, bestEpoch: 9 })).toEqual([
      'chance-level',
      'vanishing-gradients',
      'epoch-limit',
    ]);
    expect(finding('vanishing-gradients', stuck).remedies.map((text) => text.split(':')[0])).toEqual([
      'initialiser',
      'batchNorm',
      'learningRate',
      'warmupEpochs',
    ]);
  });
});

describe('chance level', () => {
  it('is only where both accuracy and loss are those of a network that tells nothing', () => {
    expect(codes(atChance)).toEqual(['chance-level']);
    // Of 10,000 images at 1/10, 99 % of guesses lie within 2.576 √(0.1 · 0.9 / 10,000) = 0.0077.
    expect(codes({ ...atChance, testAccuracy: 0.1077 })).toContain('chance-level');
    expect(codes({ ...atChance, testAccuracy: 0.1078 })).not.toContain('chance-level');
    expect(codes({ ...atChance, testAccuracy: 0.0922 })).not.toContain('chance-level');
    expect(codes({ ...atChance, testLogLoss: 2.5 })).not.toContain('chance-level');
  });

  it('says how strongly the gradients pulled, and has them by layer', () => {
    const { evidence, layers } = finding('chance-level', atChance);
    expect(evidence).toMatch(
      /In epoch 10 a change .* changed the loss by 1 \(0\.conv\) to 2 \(3\.conv\) of what it was at the start\.$/,
    );
    expect(layers?.map(({ layer, gradientLast }) => [layer, gradientLast])).toEqual([
      ['0.conv', 0.2],
      ['3.conv', 0.4],
      ['8.dense', 0.2],
    ]);
  });

  it('is that of a network that always names one class, however many images the class has', () => {
    const { testPerClass } = MNIST;
    for (const count of testPerClass) {
      expect(codes({ ...atChance, testPerClass, testAccuracy: count / 10_000 })).toContain('chance-level');
    }
    // 0.0077 beside the rarest class, 5, and the most frequent one, 1.
    for (const testAccuracy of [0.0892 - 0.0078, 0.1135 + 0.0078]) {
      expect(codes({ ...atChance, testPerClass, testAccuracy })).not.toContain('chance-level');
    }
  });

  it('asks for a higher rate where the loss fell in every epoch, and for a lower one elsewhere', () => {
    const losses = (all: readonly number[]) => all.map((trainLoss, i) => epoch(i + 1, { trainLoss }));
    const rates = (all: readonly number[]) =>
      finding('chance-level', { ...atChance, epochs: losses(all), bestEpoch: 1 }).remedies.filter((text) =>
        text.startsWith('learningRate'),
      );
    expect(rates([2.304, 2.303, 2.302])).toEqual([expect.stringContaining('0.01 –')]);
    expect(rates([2.304, 2.302, 2.303])).toEqual([expect.stringContaining('0.0001 –')]);
  });

  it('does not take the settling of VGG16 without batch norm for a slow training', () => {
    const all = [2.308096656, 2.302710352, 2.30270492, 2.302703681, 2.302673819];
    const epochs = all.map((trainLoss, i) => epoch(i + 1, { trainLoss }));
    const { evidence, remedies } = finding('chance-level', { ...atChance, epochs, bestEpoch: 4 });
    expect(evidence).not.toContain('slowly');
    expect(remedies.some((text) => text.startsWith('learningRate: 0.01'))).toBe(false);
  });
});

describe('divergence', () => {
  it('comes before all else, and says where it happened', () => {
    const change = {
      ...atChance,
      hasDiverged: true,
      wasStopped: false,
      bestEpoch: null,
      epochs: [epoch(1, { trainLoss: null, valLoss: null })],
      steps: steps({ lastLoss: { step: 3, loss: 4.56e12 } }),
    };
    expect(codes(change)).toEqual(['diverged']);
    expect(finding('diverged', change).evidence).toBe(
      "The loss stopped being a number in epoch 1: it was 2 at the first step and 4.56e+12 at step 4, the last with a number; the rate was 0.001. At step 1, where the gradient was the longest, a change of a layer's weights by their own size changed the loss by 2 (8.dense) to 8 (3.conv) of what it was at the start. No epoch stayed finite, so the scores are those of guessing.",
    );
    expect(finding('diverged', change).remedies[0]).toMatch(/^learningRate: 0\.0001 /);
    const inValidation = { ...change, bestEpoch: 1, steps: steps({ lastLoss: { step: 9, loss: 5 } }) };
    expect(finding('diverged', inValidation).evidence).toContain('in epoch 1, in validation: ');
    const atOnce = {
      ...change,
      steps: steps({ firstLoss: null, lastLoss: null, first: null, last: null, steepest: null }),
    };
    expect(finding('diverged', atOnce).evidence).toContain('from the first step on');
    expect(finding('diverged', atOnce).evidence).not.toContain('gradient');
  });
});

describe('gradients', () => {
  const vanishing = (first: readonly number[], last: readonly number[]) =>
    codes({ steps: steps({ first: norms(...first), last: norms(...last) }) });

  it('mean the same for every loss: a hundredth of it has a hundredth of the pull', () => {
    const small = norms(0.03, 0.08, 0.02);
    expect(codes({ steps: steps({ first: small, last: small }) })).toEqual([]);
    expect(codes({ steps: steps({ first: small, last: small, firstLoss: 200 }) })).toEqual([
      'vanishing-gradients',
    ]);
  });
  it('vanish where a layer has no pull from the first epoch to the last', () => {
    expect(vanishing([0.009, 1, 1], [0.009, 1, 1])).toEqual(['vanishing-gradients']);
    expect(vanishing([0, 0, 0], [0, 0, 0])).toEqual(['vanishing-gradients']);
  });
  it('do not vanish where all has been learned, or where learning began late', () => {
    expect(vanishing([3, 8, 2], [0.001, 0.002, 0.001])).toEqual([]);
    expect(vanishing([0.001, 0.002, 0.001], [3, 8, 2])).toEqual([]);
  });
  it('explode where a step is far longer than the slope holds', () => {
    const steepest = (pull: number) =>
      steps({ steepest: { step: 4, length: pull, layers: norms(1, pull, 1).layers } });
    expect(codes({ steps: steepest(999) })).toEqual([]);
    expect(codes({ steps: steepest(1_001) })).toEqual(['exploding-gradients']);
    const { evidence: text, layers } = finding('exploding-gradients', { steps: steepest(5_000) });
    expect(text).toMatch(/^At step 5 .* of 3\.conv .* 5000/);
    expect(layers!.map(({ layer }) => layer)).toEqual(LAYERS);
  });
  it('are not judged where no step was looked at', () => {
    expect(codes({ steps: steps({ first: null, last: null, steepest: null }) })).toEqual([]);
  });
});

describe('dead units', () => {
  it('are found where a layer has lost most of its units', () => {
    const units = (dead: number) => [{ layer: '5.activation', units: 50, dead }];
    expect(codes({ units: units(39) })).toEqual([]);
    expect(codes({ units: units(40) })).toEqual(['dead-units']);
  });
  it('belong to the layer with a kernel that stands before them', () => {
    const { layers } = finding('dead-units', { units: [{ layer: '5.activation', units: 50, dead: 50 }] });
    expect(layers!.map(({ layer, units, dead }) => [layer, units, dead])).toEqual([
      ['0.conv', null, null],
      ['3.conv', 50, 50],
      ['8.dense', null, null],
    ]);
  });
});

describe('the fit', () => {
  it('is too close where the gap is above a tenth beyond chance', () => {
    const gap = (trainAccuracy: number, trainImages: number) =>
      codes({ trainAccuracy, trainImages, testAccuracy: 0.5 });
    expect(gap(0.65, 8_000)).toEqual(['overfitting']);
    // 80 images leave 0.14 to chance at each side.
    expect(gap(0.65, 80)).toEqual([]);
    expect(gap(1, 80)).toEqual(['overfitting']);
    expect(gap(0.6, 8_000)).toEqual([]);
  });

  it('is too loose where the training images are not learned and the test images as little', () => {
    expect(codes({ trainAccuracy: 0.32, testAccuracy: 0.31 })).toEqual(['underfitting']);
    expect(codes({ trainAccuracy: 0.32, testAccuracy: 0.31, trainImages: 80 })).toEqual([]);
    expect(codes({ trainAccuracy: 0.57, testAccuracy: 0.55 })).toEqual([]);
    const settings = withDefaults({ dropout: 0.5, l2: 0.1 });
    const { remedies } = finding('underfitting', { trainAccuracy: 0.32, testAccuracy: 0.31, settings });
    expect(remedies.slice(0, 2).map((text) => text.split(' –')[0])).toEqual(['dropout: 0', 'l2: 0']);
  });

  it('is never both', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        share,
        share,
        fc.integer({ min: 10, max: 50_000 }),
        (trainAccuracy, testAccuracy, trainImages) => {
          const found = codes({ trainAccuracy, testAccuracy, trainImages });
          return !(found.includes('overfitting') && found.includes('underfitting'));
        },
      ),
    );
  });
});

describe('the end', () => {
  /** The best epoch is 7, with a validation loss of 1.4 and an accuracy of 0.52. */
  const after = (valLoss: number, valAccuracy: number, validationImages: number) =>
    codes({
      validationImages,
      epochs: evidence().epochs.map((one) => (one.epoch > 7 ? { ...one, valLoss, valAccuracy } : one)),
    });

  it('came too early where the loss still fell and the accuracy was within an error of the best', () => {
    // One standard error of 200 images at 0.52 is 0.035.
    expect(after(1.3, 0.49, 200)).toEqual(['stopped-too-early']);
    expect(after(1.3, 0.48, 200)).toEqual([]);
    expect(after(1.3, 0.49, 2_000)).toEqual([]);
    expect(after(1.5, 0.49, 200)).toEqual([]);
  });

  it('was the limit of epochs only where the best one was near it', () => {
    expect(codes({ wasStopped: false, bestEpoch: 8 })).toEqual(['epoch-limit']);
    expect(codes({ wasStopped: false, bestEpoch: 7 })).toEqual([]);
    expect(finding('epoch-limit', { wasStopped: false, bestEpoch: 8 }).remedies).toEqual([
      expect.stringMatching(/^epochs: 100 /),
    ]);
    // However patient: 50 epochs whose best was the tenth are not too few.
    const patient = (epochs: number, bestEpoch: number) =>
      codes({
        settings: withDefaults({ patience: 50 }),
        wasStopped: false,
        bestEpoch,
        epochs: Array.from({ length: epochs }, (_, i) => ({ ...evidence().epochs[0]!, epoch: i + 1 })),
      });
    expect(patient(50, 10)).toEqual([]);
    expect(patient(50, 37)).toEqual([]);
    expect(patient(50, 38)).toEqual(['epoch-limit']);
    expect(patient(5, 2)).toEqual([]);
    expect(patient(5, 3)).toEqual(['epoch-limit']);
    const blind = { wasStopped: false, bestEpoch: 10, validationAccuracy: null, validationImages: 0 };
    expect(finding('epoch-limit', blind).evidence).toContain('without validation images');
  });
});
