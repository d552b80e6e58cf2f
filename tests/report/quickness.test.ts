import { describe, expect, it } from 'vitest';
import { meanQuickness, quicknessOf } from '../../src/report/quickness.js';
import { fixture, quickstart } from './fixture.js';

const metrics = { epochs_to_90_percent: 2, steps_to_90_percent: 14 };
const epoch = (number: number, seconds: number) => ({
  epoch: number,
  trainLoss: null,
  trainAccuracy: null,
  valLoss: null,
  valAccuracy: null,
  learningRate: null,
  seconds,
});

describe('how quick a trial was', () => {
  it('adds up the seconds of the epochs it needed, in any order, and not those after', () => {
    expect(quicknessOf({ metrics }, [epoch(3, 100), epoch(2, 0.5), epoch(1, 0.75)])).toEqual({
      epochs: 2,
      steps: 14,
      seconds: 1.25,
    });
  });

  it('has no seconds where an epoch is missing, and nothing without the metrics', () => {
    expect(quicknessOf({ metrics }, [epoch(1, 0.75), epoch(3, 1)])).toMatchObject({
      epochs: 2,
      seconds: null,
    });
    expect(quicknessOf({ metrics: {} }, [epoch(1, 0.75)])).toBeNull();
    expect(quicknessOf({ metrics: { epochs_to_90_percent: 1 } }, [])).toEqual({
      epochs: 1,
      steps: null,
      seconds: null,
    });
  });
});

describe('how quick trials were', () => {
  it('is the mean of each figure over the trials that have it', () => {
    expect(
      meanQuickness([{ epochs: 2, steps: 14, seconds: 1 }, null, { epochs: 3, steps: 22, seconds: null }]),
    ).toEqual({ epochs: 2.5, steps: 18, seconds: 1 });
  });

  it('is nothing where none has a figure', () => {
    expect(meanQuickness([])).toBeNull();
    expect(meanQuickness([null, null])).toBeNull();
    expect(meanQuickness([{ epochs: 2, steps: null, seconds: null }])).toEqual({
      epochs: 2,
      steps: null,
      seconds: null,
    });
  });

  it('stands in the report by arm, size and trial', () => {
    const { arms, trialReports } = fixture({ text: quickstart });
    for (const { n, quickness } of arms[0]!.splits) {
      const own = trialReports.filter((trial) => trial.samplesPerClass === n);
      const mean = own.reduce((sum, trial) => sum + trial.quickness!.epochs!, 0) / own.length;
      expect(quickness!.epochs).toBeCloseTo(mean, 12);
      expect(quickness!.seconds).toBeCloseTo((mean * n) / 3000, 12);
    }
  });
});
