import { describe, expect, it } from 'vitest';
import { createRecord } from '../../../src/trainer/command/record.js';
import type { EpochMetrics } from '../../../src/storage/index.js';

function record(objective = 'score') {
  const told = { epochs: [] as EpochMetrics[], begins: [] as number[], notes: [] as string[] };
  const made = createRecord(objective, {
    onEpoch: (metrics) => told.epochs.push(metrics),
    onBegin: (epoch) => told.begins.push(epoch),
    onNote: (text) => told.notes.push(text),
  });
  return { ...told, made };
}

describe('the record of a program', () => {
  it('takes the time between epochs, and adds to one what several lines tell of it', () => {
    const { made, epochs, begins, notes } = record();
    made.take({ epoch: 1, train_loss: 3 }, 2);
    made.take({ epoch: 1, val_loss: 4 }, 3);
    made.take({ epoch: 2, train_loss: 2 }, 7);
    made.endEpoch();
    made.endEpoch();
    expect(epochs).toMatchObject([
      { epoch: 1, trainLoss: 3, valLoss: 4, seconds: 2 },
      { epoch: 2, trainLoss: 2, valLoss: null, seconds: 5 },
    ]);
    expect(begins).toEqual([0]);
    expect(notes).toEqual([]);
  });

  it('says after which epoch a program goes on', () => {
    const { made, begins } = record();
    made.take({ epoch: 6, score: 1 }, 1);
    made.take({ epoch: 7, score: 1 }, 2);
    expect(begins).toEqual([5]);
    expect(made.outcome(3).epochs).toBe(7);
  });

  it.each([0, -1, 1.5, NaN, 2 ** 31])(
    'keeps the values of epoch %s, which is none, and says so once',
    (epoch) => {
      const { made, epochs, notes } = record();
      made.take({ epoch, score: 1 }, 1);
      made.take({ epoch, score: 2 }, 2);
      made.endEpoch();
      expect(epochs).toEqual([]);
      expect(notes).toEqual([expect.stringContaining('expected epochs as whole numbers from 1 on')]);
      expect(made.outcome(3)).toMatchObject({ epochs: 0, objective: 2 });
    },
  );

  it('does not write an epoch again that came before', () => {
    const { made, epochs, notes } = record();
    for (const epoch of [1, 2, 1, 3]) made.take({ epoch, val_loss: epoch, score: epoch }, epoch);
    made.endEpoch();
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(notes).toEqual([expect.stringContaining('epoch 1 came after epoch 2')]);
  });

  it('ends with the last finite value of each metric', () => {
    const { made } = record('val_loss');
    made.take({ val_loss: 3, test_accuracy: 0.5, custom: 1 }, 1);
    made.take({ val_loss: 2, custom: NaN }, 2);
    expect(made.outcome(4)).toMatchObject({
      status: 'succeeded',
      objective: 2,
      valLoss: 2,
      testAccuracy: 0.5,
      metrics: { custom: 1 },
      diagnosis: null,
      seconds: 4,
    });
  });

  it('has diverged where its objective was not finite at last, and counts with the last finite value', () => {
    const { made, epochs } = record('val_loss');
    made.take({ epoch: 1, val_loss: 3 }, 1);
    made.take({ epoch: 2, val_loss: NaN }, 2);
    made.endEpoch();
    expect(epochs[1]).toMatchObject({ valLoss: null });
    const outcome = made.outcome(3);
    expect(outcome).toMatchObject({ status: 'succeeded', objective: 3, valLoss: 3, diagnosis: 'diverged' });
    expect(outcome.findings).toEqual([
      { code: 'diverged', evidence: expect.stringContaining('val_loss was not finite'), remedies: [] },
    ]);
  });

  it('lacks its objective where it was never finite', () => {
    const { made } = record();
    made.take({ score: NaN }, 1);
    expect(() => made.outcome(1)).toThrowError(/expected the metric score, .* NaN or infinite each time/);
  });

  it('names at most ten of the metrics that were printed in place of the objective', () => {
    const { made } = record();
    made.take(Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`m${i}`, i])), 1);
    expect(() => made.outcome(1)).toThrowError(/printed m0, .*, m9 and 2 more$/);
  });

  it('keeps an accuracy outside of 0 to 1 with the other metrics, and says so', () => {
    const { made, epochs, notes } = record('val_accuracy');
    made.take({ epoch: 1, val_accuracy: 61.5, train_accuracy: 0.5 }, 1);
    made.endEpoch();
    expect(epochs).toMatchObject([{ valAccuracy: null, trainAccuracy: 0.5 }]);
    expect(notes).toEqual(['expected val_accuracy from 0 to 1, got 61.5: it is kept with the other metrics']);
    expect(made.outcome(1)).toMatchObject({
      objective: 61.5,
      valAccuracy: null,
      trainAccuracy: 0.5,
      metrics: { val_accuracy: 61.5 },
    });
  });

  it('is bounded: ten thousand epochs and a thousand metrics, and the objective always', () => {
    const { made, epochs, notes } = record();
    for (let epoch = 1; epoch <= 10_005; epoch++) made.take({ epoch, [`m${epoch}`]: 1 }, epoch);
    made.take({ score: 7 }, 1);
    made.endEpoch();
    expect(epochs).toHaveLength(10_000);
    const outcome = made.outcome(1);
    expect(outcome).toMatchObject({ epochs: 10_005, objective: 7 });
    expect(Object.keys(outcome.metrics)).toHaveLength(1_001);
    expect(notes).toHaveLength(2);
  });
});
