import { describe, expect, it } from 'vitest';
import { fixture, manyArms, noop, program, quickstart, threeArms, troubled } from './fixture.js';

const codes = (model: ReturnType<typeof fixture>): string[] => model.notes.map((note) => note.code);
const none = {
  testAccuracy: null,
  trainAccuracy: null,
  valAccuracy: null,
  objective: null,
  epochs: 0,
  bestEpoch: null,
} as const;

describe('the report of one arm', () => {
  const model = fixture({ text: quickstart });

  it('is plain JSON, and equal for equal input', () => {
    expect(JSON.parse(JSON.stringify(model))).toEqual(model);
    expect(fixture({ text: quickstart })).toEqual(model);
  });

  it('has a point a size with every replicate in it', () => {
    expect(model.arms).toHaveLength(1);
    expect(model.sizes).toEqual([10, 20, 50, 100, 200, 500, 1000]);
    for (const point of model.arms[0]!.points) {
      expect(point.scores.map((one) => one.replicate)).toEqual([0, 1, 2]);
      const own = model.trialReports.filter((trial) => trial.samplesPerClass === point.n);
      expect(point.mean).toBeCloseTo(own.reduce((sum, trial) => sum + trial.testAccuracy!, 0) / 3, 12);
    }
    // The spread of all sizes is borrowed: more degrees of freedom than a size has, fewer than all together.
    for (const { freedom } of model.arms[0]!.points) {
      expect(freedom).toBeGreaterThan(2);
      expect(freedom).toBeLessThan(14);
    }
  });

  it('answers how much data, where the elbow is, what a doubling brings and what the target takes', () => {
    expect(model.answers).toHaveLength(4);
    expect(model.answers[0]).toMatch(
      /^With 1,000 samples per class, lenet reaches a mean test accuracy of 0\.\d{3} \(95 % interval 0\.\d{3} to 0\.\d{3}; on new images 0\.\d{3} to 0\.\d{3}; 3 replicates\)\.$/,
    );
    expect(model.answers[1]).toMatch(
      /^Elbow not reached: the doubling from 500 to 1,000 samples per class still brings \+0\.0\d\d \(\+0\.0\d\d to \+0\.\d{3}\), not below δ = 0\.01\./,
    );
    expect(model.answers[2]).toMatch(
      /^Doubling to 2,000 samples per class would bring about \+0\.\d{3} \(.* for 10,000 more labels\.$/,
    );
    expect(model.answers[3]).toMatch(/^A test accuracy of 0\.6 takes about [\d,]+ samples per class \(/);
  });

  it('has intervals on new images that are wider, and a curve to be drawn', () => {
    const { points, fit } = model.arms[0]!;
    for (const { pooled, elsewhere } of points) {
      expect(elsewhere!.lo).toBeLessThan(pooled!.lo);
      expect(elsewhere!.hi).toBeGreaterThan(pooled!.hi);
    }
    expect(fit!.at.map(({ n }) => n)).toEqual([2000, 4000]);
    expect(fit!.curve[0]!.n).toBe(10);
    expect(fit!.curve.at(-1)!.n).toBeCloseTo(4000, 6);
    expect(fit!.at[0]!.gain.value).toBeGreaterThan(0);
  });

  it('says when a target is reached within the data', () => {
    const reached = fixture({ text: quickstart.replace('0.6', '0.3') });
    expect(reached.answers[3]).toMatch(
      /^A test accuracy of 0\.3 takes about (5\d|6\d|7\d|8\d) samples per class \(\d+ to \d+\)\.$/,
    );
  });

  it('says when a target is out of reach, and when the data cannot tell', () => {
    const flat = fixture({
      text: quickstart.replace('0.6', '0.9'),
      change: (_, trial) => ({
        testAccuracy: 0.5 - 0.3 * 0.5 ** (trial.samplesPerClass! / 50) + 0.002 * trial.replicate,
      }),
    });
    expect(flat.answers[3]).toMatch(/^A test accuracy of 0\.9 is not reachable: /);
    const far = fixture({ text: quickstart.replace('0.6', '0.75') });
    expect(far.answers[3]).toMatch(
      /^(Whether a test accuracy of 0\.75 can be reached cannot be said; \d+ of 100|A test accuracy of 0\.75 takes about [\d,]+ .*further than anybody has checked)/,
    );
  });

  it('names its error bars, and the environment it was made in', () => {
    expect(codes(model)).toEqual(['error-bars']);
    expect(model.made.environments).toEqual([
      expect.objectContaining({ trials: 21, hosts: ['lab-2'], device: 'cpu' }),
    ]);
  });
});

describe('the elbow sentence', () => {
  const flat = (scores: (n: number) => number) =>
    fixture({ text: quickstart, change: (_, trial) => ({ testAccuracy: scores(trial.samplesPerClass!) }) })
      .answers[1];

  it('says from where on more data no longer pays', () => {
    expect(flat((n) => Math.min(0.5, n / 200))).toMatch(
      /^Elbow at about (5\d|[6-9]\d|1\d\d) \(\d+ to \d+\) samples per class: from there on no doubling/,
    );
  });
  it('says when it lies before the smallest size', () => {
    expect(flat(() => 0.5)).toMatch(/^Past the elbow from the start: no doubling from 10 to 1,000/);
  });
  it('says when it cannot be said', () => {
    const near = fixture({ text: 'name: a\nspace: { samplesPerClass: [10, 15] }' });
    expect(near.answers[1]).toMatch(/cannot be said/);
  });
  it('is silent of it where there is one size: nobody asked', () => {
    const single = fixture({ text: 'name: a\nspace: { samplesPerClass: [10] }\nreport: { target: 0.9 }' });
    expect(single.arms[0]!.fit).toBeNull();
    expect(single.answers).toHaveLength(2);
    expect(single.answers[1]).toMatch(/^The target of 0.9 is not reached/);
  });
  it('says when the replicates do not agree, and what the means say', () => {
    const model = fixture({
      text: quickstart,
      // At each of 10, 20, 50, 100, … other replicates are lucky.
      change: (_, { samplesPerClass, replicate }) => ({
        testAccuracy: 0.5 + [0, 0.12, -0.1][(replicate + Math.round(3 * Math.log10(samplesPerClass!))) % 3]!,
      }),
    });
    expect(model.answers[1]).toMatch(
      /^Elbow undecided: the doubling from 500 to 1,000 samples per class brings .* which may be more or less than δ/,
    );
  });
});

describe('the report of several arms', () => {
  it('names the best by validation with its test accuracy, and warns of choosing', () => {
    const model = fixture({ text: threeArms });
    const best = model.arms.find((arm) => arm.rank === 1)!;
    expect(Math.max(...model.arms.map((arm) => arm.objective!))).toBe(best.objective);
    expect(model.answers[0]).toContain(`${best.label} has the highest mean validation accuracy of 4 arms`);
    expect(codes(model)).toContain('chosen');
    expect(model.arms.every((arm) => arm.isHighlighted)).toBe(true);
  });

  it('highlights six of very many', () => {
    const model = fixture({ text: manyArms });
    expect(model.arms).toHaveLength(48);
    expect(
      model.arms
        .filter((arm) => arm.isHighlighted)
        .map((arm) => arm.rank!)
        .sort(),
    ).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('ranks a loss the other way round', () => {
    const model = fixture({ text: `${threeArms}objective: { metric: val_loss }\n` });
    const best = model.arms.find((arm) => arm.rank === 1)!;
    expect(Math.min(...model.arms.map((arm) => arm.objective!))).toBe(best.objective);
    expect(model.answers[0]).toContain('has the lowest mean validation loss');
  });
});

describe('the report of a program', () => {
  it('is about test accuracy where every trial has told one, without chance and rates', () => {
    const model = fixture({ text: program.replace('rate:', 'learningRate: [0.1, 0.2], rate:') });
    expect(model.score).toEqual({ name: 'test accuracy', isAccuracy: true, direction: 'maximize' });
    expect(model).toMatchObject({ chance: null, rates: null, sizes: [10, 100, 1000] });
    expect(model.answers[0]).toMatch(/has the highest mean validation accuracy of 4 arms .* test accuracy/);
    expect(model.notes.map(({ code }) => code)).toContain('chosen');
  });

  it('is about its objective where one has not', () => {
    const text = program.replace('val_accuracy', 'wer, direction: minimize');
    const model = fixture({
      text,
      change: ({ objective }, { number }) => (number === 0 ? { testAccuracy: null, objective } : {}),
    });
    expect(model.score).toEqual({ name: 'wer', isAccuracy: false, direction: 'minimize' });
    // Nobody here knows its test set, nor what bounds it.
    expect(model.arms[0]!.points[0]!.elsewhere).toBeNull();
    expect(model.arms[0]!.fit!.asymptote).not.toBeUndefined();
    const [point] = model.arms[0]!.points;
    const own = model.trialReports.filter(
      ({ armHash, samplesPerClass }) => armHash === model.arms[0]!.hash && samplesPerClass === 10,
    );
    expect(point!.mean).toBeCloseTo(
      own.reduce((sum, { objective }) => sum + objective! / own.length, 0),
      12,
    );
    expect(model.answers[0]).toMatch(/has the lowest mean wer of 2 arms/);
    expect(model.notes.map(({ code }) => code)).not.toContain('chosen');
  });
});

describe('the report of a noop', () => {
  it('has scores without sizes, and no elbow', () => {
    const model = fixture({ text: noop });
    expect(model.sizes).toEqual([]);
    expect(model.arms.every((arm) => arm.fit === null && arm.sizeless?.count === 4)).toBe(true);
    expect(model.score).toEqual({ name: 'score', isAccuracy: false, direction: 'maximize' });
    expect(model.answers).toEqual([
      expect.stringMatching(/^color=\w+ shape=\w+ has the highest mean score of 6 arms/),
      expect.stringMatching(/^color=\w+ shape=\w+ is ahead of the runner-up, .*: undecided;/),
    ]);
  });
  it('has curves when it has sizes', () => {
    expect(
      fixture({ text: `${noop.replace('space: {', 'space: { samplesPerClass: [1, 2],')}` }).sizes,
    ).toEqual([1, 2]);
  });
});

describe('the report of a sweep in trouble', () => {
  const model = fixture(troubled);

  it('says what is missing and why, most important first', () => {
    expect(codes(model)).toEqual([
      'partial',
      'missing',
      'diagnosis',
      'epoch-limit',
      'large-batch',
      'no-validation',
      'reruns',
      'error-bars',
    ]);
    expect(model.notes[0]!.text).toBe('This report is partial: of 24 trials, 1 running and 1 queued.');
    expect(model.notes[1]!.text).toBe('Not in the curves: 2 failed of 24 trials.');
    expect(model.notes[3]!.text).toContain('at 1,000 per class (2 of 2)');
    expect(model.notes[4]!.text).toContain('at 2 per class');
  });

  it('gathers what was found by code, most telling first, with the trial in which it says most', () => {
    const groups = model.diagnoses.map(({ code, trials, arms }) => ({
      code,
      trials: trials.length,
      of: arms.map((arm) => [arm.trials, arm.of]),
    }));
    const succeeded = model.counts.succeeded;
    expect(groups).toEqual([
      { code: 'diverged', trials: 1, of: [[1, succeeded]] },
      { code: 'exploding-gradients', trials: 1, of: [[1, succeeded]] },
      { code: 'epoch-limit', trials: 2, of: [[2, succeeded]] },
      { code: 'overfitting', trials: 2, of: [[2, succeeded]] },
    ]);
    expect(model.diagnoses[0]!.example).toMatchObject({ trial: 10, layers: [] });
    expect(model.diagnoses[1]!.example.layers).toHaveLength(2);
  });

  it('groups failures by code', () => {
    expect(model.failures.map((group) => [group.code, group.trials])).toEqual([
      ['out-of-memory', [3]],
      ['data-missing', [6]],
    ]);
    expect(model.failures[0]!.meaning).toMatch(/memory/);
  });

  it('leaves failed, running and queued trials out of the curve, and diverged ones in', () => {
    const replicates = Object.fromEntries(model.arms[0]!.points.map((point) => [point.n, point.replicates]));
    expect(replicates).toEqual({ 2: 3, 10: 3, 20: 3, 50: 2, 100: 3, 200: 3, 500: 1, 1000: 2 });
  });

  it('has an answer when nothing succeeded', () => {
    const failed = fixture({
      text: quickstart,
      change: () => ({ ...none, status: 'failed', failureCode: 'data-missing', failureMessage: 'gone' }),
    });
    expect(failed.answers).toEqual([expect.stringContaining('None of the 21 trials succeeded')]);
    expect(failed.arms[0]).toMatchObject({ rank: null, fit: null, points: [] });
    const queued = fixture({ text: quickstart, change: () => ({ ...none, status: 'queued' }) });
    expect(queued.answers).toEqual(['No trial has succeeded yet; 21 trials of 21 have not ended.']);
  });

  it('counts a succeeded trial without a score as missing', () => {
    const model = fixture({ text: quickstart, change: (_, trial) => (trial.number === 0 ? none : {}) });
    expect(model.notes.find((note) => note.code === 'missing')!.text).toContain('1 without a score');
  });
});

describe('the report of single values', () => {
  it('of one replicate has no error bars and says so', () => {
    const model = fixture({ text: 'name: a\nspace: { samplesPerClass: [100, 200] }' });
    expect(codes(model)).toEqual(['one-replicate']);
    expect(model.answers[0]).toContain('1 replicate, so no interval');
  });
  it('puts all images at the data set’s largest size', () => {
    const model = fixture({ text: 'name: a\nspace: { samplesPerClass: [100, null] }' });
    expect(model.sizes).toEqual([100, 5000]);
  });
});
