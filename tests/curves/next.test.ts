import { describe, expect, it } from 'vitest';
import { fitCurve, type Addition, type SizedScore } from '../../src/curves/index.js';
import { luckOf } from '../../src/curves/fit.js';
import type { Luck } from '../../src/curves/posterior.js';

const SIZES = [10, 20, 50, 100, 200, 500, 1000];
const truth = (n: number): number => 0.8 - 1.1 * n ** -0.35;
const DEVIATION = 0.008;

const scoresAt = (luck: Luck, sizes: readonly number[], replicates: readonly number[]): SizedScore[] =>
  sizes.flatMap((n) =>
    replicates.map((replicate) => ({ n, replicate, score: truth(n) + DEVIATION * luck.normal() })),
  );

const additions: Addition[] = [SIZES.map((n) => ({ n, replicates: 12 })), [{ n: 2000, replicates: 3 }], []];

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

describe('what further scores would narrow', () => {
  it('is about what they do narrow when they are had', () => {
    const foretold: number[][] = additions.map(() => []);
    const had: number[][] = additions.map(() => []);
    for (let seed = 1; seed <= 9; seed++) {
      const luck = luckOf(seed);
      const scores = scoresAt(luck, SIZES, [0, 1, 2]);
      const before = fitCurve(scores, { at: [2000], additions });
      expect(before.narrowing.asked).toBe('score');
      for (const [i, addition] of additions.entries()) {
        const more = addition.flatMap(({ n, replicates }) => {
          const first = SIZES.includes(n) ? 3 : 0;
          return scoresAt(
            luck,
            [n],
            Array.from({ length: replicates }, (_, r) => first + r),
          );
        });
        const after = fitCurve([...scores, ...more], { at: [2000] });
        const width = ({ lo, hi }: { lo: number; hi: number }): number => hi - lo;
        had[i]!.push(width(after.at[0]!) / width(before.at[0]!));
        foretold[i]!.push(before.narrowing.widths[i]!);
      }
    }
    const ratios = foretold.map((own, i) => median(had[i]!) / median(own));
    expect(median(foretold[2]!)).toBe(1);
    for (const ratio of ratios) expect(ratio).toBeGreaterThan(0.6);
    for (const ratio of ratios) expect(ratio).toBeLessThan(1.7);
  });

  it('is asked of the target where there is one, and of the doubling that decides about an elbow', () => {
    const scores = scoresAt(luckOf(3), SIZES, [0, 1, 2]);
    const asked = (options: object): string => fitCurve(scores, { ...options, additions }).narrowing.asked;
    expect(asked({ target: 0.72 })).toBe('target');
    // What the last doubling brings, about 1.1·500^−0.35·(1 − 2^−0.35) = 0.027: half of the curves say more.
    expect(asked({ delta: fitCurve(scores).elbow.lastGain!.value })).toBe('elbow');
    expect(fitCurve([{ n: 10, replicate: 0, score: 0.5 }], { additions }).narrowing.widths).toEqual([]);
  });
});
