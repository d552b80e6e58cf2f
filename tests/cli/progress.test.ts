import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runningText, totalText } from '../../src/cli/progress-display.js';
import { endedLine, leftText, progressOf, rateText, secondsLeft } from '../../src/cli/progress.js';
import { at, look, queued, trial } from './results.js';

const now = at(100).getTime();

describe('the time left', () => {
  it('is not known before a trial has succeeded', () => {
    expect(secondsLeft(look([queued(), trial({ status: 'failed' })]), now)).toBeNull();
  });

  it('is the mean of the size, shared among those that run at once, less what they have run', () => {
    const running = { status: 'running', startedAt: at(94) } as const;
    const results = [
      trial({ seconds: 8 }),
      trial({ seconds: 12 }),
      queued(running),
      queued(running),
      queued(),
    ];
    // (10 − 6) + (10 − 6) + 10, two at once
    expect(secondsLeft(look(results), now)).toBeCloseTo(9);
  });

  it('grows with the size where that has not been seen', () => {
    const results = [trial({ samplesPerClass: 100, seconds: 10 }), queued({ samplesPerClass: 1000 })];
    expect(secondsLeft(look(results), now)).toBeCloseTo(100);
  });

  it('takes the nearest size, and the longest mean where a trial has none', () => {
    const ended = [trial({ samplesPerClass: 10, seconds: 1 }), trial({ samplesPerClass: 500, seconds: 20 })];
    expect(secondsLeft(look([...ended, queued({ samplesPerClass: 1000 })]), now)).toBeCloseTo(40);
    expect(secondsLeft(look([...ended, queued({ samplesPerClass: null })]), now)).toBeCloseTo(20);
  });

  it('is never negative and never NaN', () => {
    const any = fc.record({
      status: fc.constantFrom('queued', 'running', 'succeeded', 'failed', 'pruned', 'cancelled'),
      samplesPerClass: fc.option(fc.integer({ min: 1, max: 5000 })),
      seconds: fc.option(fc.double({ min: 0, max: 1e5, noNaN: true })),
      startedAt: fc.option(fc.integer({ min: 0, max: 200 }).map(at)),
    });
    fc.assert(
      fc.property(fc.array(any), (changes) => {
        const left = secondsLeft(
          look(changes.map((change) => trial(change as Partial<Parameters<typeof trial>[0]>))),
          now,
        );
        expect(left === null || left >= 0).toBe(true);
      }),
    );
  });

  it.each([
    [null, 'time left not known yet'],
    [0, 'about 1 s left'],
    [7.4, 'about 7 s left'],
    [87, 'about 1 m 30 s left'],
    [1234, 'about 21 m left'],
  ])('%s seconds are told as %s', (seconds, text) => {
    expect(leftText(seconds)).toBe(text);
  });
});

describe('progress', () => {
  const results = [
    trial({ trial: 0 }),
    trial({ trial: 1, status: 'failed', failureCode: 'out-of-memory' }),
    queued({ trial: 2, status: 'running', epochs: 7, startedAt: at(90) }),
    queued({ trial: 3 }),
  ];

  it('counts what ended since following began', () => {
    const since = { at: at(40).getTime(), ended: 1 };
    expect(progressOf(look(results), since, now)).toMatchObject({
      ended: 2,
      total: 4,
      failed: 1,
      rate: 1 / 60,
    });
    expect(progressOf(look(results), { ...since, ended: 2 }, now).rate).toBeNull();
  });

  it('is told in one line', () => {
    const progress = progressOf(look(results), { at: at(40).getTime(), ended: 1 }, now);
    expect(totalText(progress)).toBe('2/4 trials · 1 failed · 1.0 trials/min · about 8 s left');
    expect(totalText({ ...progress, total: 0 })).toBe('planning');
    expect(totalText({ ...progress, ended: 4, failed: 0, rate: null })).toBe('4/4 trials');
  });

  it('tells the epoch of a running trial', () => {
    expect(runningText(results[2]!)).toBe('trial 2: lenet · 100 per class · replicate 0 · epoch 7 of 50');
    expect(runningText(results[3]!)).toMatch(/starting$/);
  });

  it.each([
    [null, '–'],
    [12.3, '12 trials/s'],
    [1.25, '1.3 trials/s'],
    [0.5, '30 trials/min'],
    [0.05, '3.0 trials/min'],
  ])('rates of %s are told as %s', (rate, text) => {
    expect(rateText(rate)).toBe(text);
  });
});

describe('the line of an ended trial', () => {
  it('tells its figures', () => {
    expect(endedLine(trial({ trial: 12 }), 3, 21)).toBe(
      '[ 3/21] trial 12 succeeded: lenet · 100 per class · replicate 0 · test accuracy 0.423 · 9 epochs · 8.2 s',
    );
  });

  it('tells the score of a trainable without accuracy, and a diagnosis', () => {
    const line = endedLine(
      trial({ testAccuracy: null, objective: 0.25, epochs: 0, samplesPerClass: null, diagnosis: 'diverged' }),
      1,
      1,
    );
    expect(line).toBe('[1/1] trial 0 succeeded: lenet · replicate 0 · score 0.250 · 8.2 s · diverged');
  });

  it('leaves advice on how a training fits to those who look at it', () => {
    for (const diagnosis of ['overfitting', 'underfitting', 'stopped-too-early']) {
      expect(endedLine(trial({ diagnosis }), 1, 1)).toBe(endedLine(trial({ diagnosis: null }), 1, 1));
    }
  });

  it('tells why a trial failed', () => {
    const failed = trial({
      status: 'failed',
      failureCode: 'out-of-memory',
      failureMessage: 'used 1,300 MB',
    });
    expect(endedLine(failed, 1, 2)).toMatch(/trial 0 failed: .* · out-of-memory: used 1,300 MB$/);
  });
});
