import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, placeScore } from '../../src/predict/index.js';
import { shareBelow, unusualFrom } from '../../src/predict/conformal.js';
import { normals } from '../../src/random.js';

describe('the threshold of unusual scores', () => {
  it('lets at most the stated share of new pictures be called unusual, in the mean', () => {
    // Exact for continuous scores: rank ⌈(n + 1)(1 − α)⌉ leaves n + 1 − rank of n + 1 places above.
    for (const n of [19, 100, 333]) {
      let above = 0;
      const rounds = 2_000;
      const all = normals((n + 1) * rounds, 11);
      for (let round = 0; round < rounds; round++) {
        const scores = all.subarray(round * (n + 1), (round + 1) * (n + 1));
        const limit = unusualFrom(scores.slice(0, n).sort(), 0.05)!;
        if (scores[n]! > limit) above++;
      }
      const exact = (n + 1 - Math.ceil((n + 1) * 0.95)) / (n + 1);
      expect(exact).toBeLessThanOrEqual(0.05);
      // Three standard deviations of a share of 2,000.
      expect(Math.abs(above / rounds - exact)).toBeLessThan(3 * Math.sqrt(0.05 / rounds));
    }
  });

  it('is kept on the calibration images themselves, with ties too', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 19, maxLength: 300 }), (scores) => {
        const sorted = Float64Array.from(scores).sort();
        const limit = unusualFrom(sorted, 0.05)!;
        expect(sorted.filter((score) => score > limit).length / scores.length).toBeLessThanOrEqual(0.05);
      }),
    );
  });

  it('cannot be said with fewer than 19 images at 5 %', () => {
    expect(unusualFrom(new Float64Array(18), 0.05)).toBeNull();
    expect(unusualFrom(new Float64Array(19), 0.05)).toBe(0);
    expect(placeScore(99, new Float64Array(18))).toEqual({
      score: 99,
      moreUnusualThan: 1,
      isUnfamiliar: null,
    });
  });

  it('counts scores that are lower, not equal ones', () => {
    const sorted = [1, 2, 2, 3];
    expect([0, 1, 2, 2.5, 3, 4].map((score) => shareBelow(sorted, score))).toEqual([
      0, 0, 0.25, 0.75, 0.75, 1,
    ]);
  });
});

const facts = {
  classes: ['cat', 'dog', 'ship'],
  temperature: 1,
  unfamiliarity: null,
  diagnosis: null,
  testAccuracy: 0.9,
  isBlank: false,
};

describe('a verdict', () => {
  it('names the likeliest classes first, the earlier one on a tie, and as many as were asked for', () => {
    const { top, doubts } = judge([1, 4, 1], 2, facts);
    expect(top.map((one) => one.class)).toEqual(['dog', 'cat']);
    expect(top[0]!.probability).toBeCloseTo(Math.exp(3) / (Math.exp(3) + 2), 12);
    expect(doubts).toEqual([]);
    expect(judge([1, 4, 1], 9, facts).top).toHaveLength(3);
  });

  it('is surer at a lower temperature', () => {
    const [cold, hot] = [0.5, 2].map((temperature) => judge([0, 1, 0], 1, { ...facts, temperature }));
    expect(cold!.top[0]!.probability).toBeGreaterThan(hot!.top[0]!.probability);
  });

  it('doubts pictures unlike the known ones, and not those just below the threshold', () => {
    const sorted = Float64Array.from({ length: 99 }, (_, i) => i);
    const verdict = (score: number) =>
      judge([0, 9, 0], 1, { ...facts, unfamiliarity: placeScore(score, sorted) }).doubts;
    expect(verdict(94)).toEqual([]);
    expect(verdict(94.5)).toEqual([
      {
        code: 'unfamiliar',
        message:
          'This picture is unlike the images the network knows (more unusual than 95 % of them): do not trust the answer.',
      },
    ]);
  });

  it('doubts guesses, single colours, and networks that have learned nothing', () => {
    const codes = (changes: object, logits = [0, 9, 0]) =>
      judge(logits, 1, { ...facts, ...changes }).doubts.map(({ code }) => code);
    expect(codes({}, [0, 0.1, 0])).toEqual(['unsure']);
    expect(codes({ isBlank: true })).toEqual(['blank']);
    expect(codes({ diagnosis: 'chance-level', testAccuracy: 0.33 })).toEqual(['chance-level']);
    expect(codes({ diagnosis: 'diverged' })).toEqual(['diverged']);
    expect(codes({ diagnosis: 'epoch-limit' })).toEqual([]);
  });
});
