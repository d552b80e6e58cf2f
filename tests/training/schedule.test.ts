import { describe, expect, it } from 'vitest';
import { createSchedule, type ScheduleSettings } from '../../src/training/schedule.js';
import golden from './golden/rules.json' with { type: 'json' };

/** 10 epochs of 4 steps. */
const scheduleOf = (change: Partial<ScheduleSettings>) =>
  createSchedule({
    name: 'constant',
    learningRate: 0.1,
    warmupEpochs: 0,
    factor: 0.5,
    every: 3,
    epochs: 10,
    stepsPerEpoch: 4,
    ...change,
  });
/** Falls after two epochs without a better one. */
const plateau = () => scheduleOf({ name: 'plateau', factor: 0.1, every: 2, stepsPerEpoch: 1 });

const rates = (change: Partial<ScheduleSettings>): number[] => {
  const schedule = scheduleOf(change);
  return Array.from({ length: 40 }, (_, step) => schedule.rateAt(step));
};

describe('the learning rate', () => {
  it('stays', () => {
    expect(new Set(rates({}))).toEqual(new Set([0.1]));
  });

  it('falls in steps', () => {
    const seen = rates({ name: 'step' });
    expect([seen[0], seen[11], seen[12], seen[24], seen[39]]).toEqual([0.1, 0.1, 0.05, 0.025, 0.0125]);
  });

  it('falls exponentially, by the factor in every so many epochs', () => {
    const seen = rates({ name: 'exponential' });
    expect(seen[12]).toBeCloseTo(0.05, 12);
    expect(seen[6]).toBeCloseTo(0.1 * Math.SQRT1_2, 12);
  });

  it('falls along half a cosine to 0 at the last step', () => {
    const seen = rates({ name: 'cosine' });
    expect(seen[0]).toBe(0.1);
    expect(seen[13]).toBeCloseTo(0.05 * (1 + Math.cos(Math.PI / 3)), 12);
    expect(seen[39]).toBeCloseTo(0, 12);
    expect(seen).toEqual(seen.toSorted((a, b) => b - a));
  });

  it('goes up and down in one cycle', () => {
    const seen = rates({ name: 'one-cycle' });
    expect(seen[0]).toBeCloseTo(0.1 / 25, 12);
    expect(Math.max(...seen)).toBeCloseTo(0.1, 3);
    expect(seen.indexOf(Math.max(...seen))).toBe(11);
    expect(seen[39]).toBeCloseTo(0.1 / 25 / 1e4, 12);
  });

  it.each([
    ['step', {}],
    ['exponential', {}],
    ['cosine', {}],
    ['one-cycle', {}],
    ['warm-up', { name: 'constant', warmupEpochs: 2 }],
  ] as const)('of %s is that of the reference implementation in every step', (name, change) => {
    const seen = rates({ name, ...change });
    expect(seen).toHaveLength(golden.schedules[name].length);
    golden.schedules[name].forEach((rate, step) => expect(seen[step]).toBeCloseTo(rate, 9));
  });

  it('of plateau is that of the reference implementation after every epoch', () => {
    const { accuracies, rates: expected } = golden.plateau;
    const schedule = plateau();
    let best = -Infinity;
    accuracies.forEach((accuracy, epoch) => {
      schedule.see({ isBetter: accuracy > best });
      best = Math.max(best, accuracy);
      expect(schedule.rateAt(epoch)).toBeCloseTo(expected[epoch]!, 9);
    });
  });

  it.each(['cosine', 'one-cycle'])('of %s is whole in a training of one step', (name) => {
    expect(rates({ name, epochs: 1, stepsPerEpoch: 1 })[0]).toBe(0.1);
  });

  it('rises linearly in a warm-up, before any other shape', () => {
    const seen = rates({ name: 'cosine', warmupEpochs: 2 });
    for (let step = 0; step < 8; step++) expect(seen[step]).toBeCloseTo((0.1 * (step + 1)) / 9, 12);
    expect(seen[8]).toBe(0.1);
    expect(seen[39]).toBeCloseTo(0, 12);
  });

  it('falls when nothing has become better for some epochs', () => {
    const schedule = plateau();
    const seen = [true, false, true, false, false, false, false].map((isBetter) => {
      schedule.see({ isBetter });
      return schedule.rateAt(1);
    });
    [0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.001].forEach((rate, i) => expect(seen[i]).toBeCloseTo(rate, 12));
  });

  it('is never of a schedule that there is not', () => {
    expect(() => rates({ name: 'stairs' })).toThrowError(
      'there is no schedule stairs; there are constant, step, exponential, cosine, one-cycle, plateau',
    );
  });
});
