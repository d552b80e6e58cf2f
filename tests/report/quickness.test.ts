import { describe, expect, it } from 'vitest';
import { meanQuickness, quicknessOf } from '../../src/report/quickness.js';
import { fixture, quickstart } from './fixture.js';

const metrics = { epochs_to_90_percent: 2, steps_to_90_percent: 14 };

describe('how quick a trial was', () => {
  it('is told by its metrics and the seconds of its epochs, and not at all without the metrics', () => {
    expect(quicknessOf({ metrics, secondsTo90Percent: 1.25 })).toEqual({
      epochs: 2,
      steps: 14,
      seconds: 1.25,
    });
    expect(quicknessOf({ metrics: {}, secondsTo90Percent: null })).toBeNull();
    expect(quicknessOf({ metrics: { epochs_to_90_percent: 1 }, secondsTo90Percent: null })).toEqual({
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
