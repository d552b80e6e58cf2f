import { describe, expect, it } from 'vitest';
import { compareArms } from '../../src/curves/compare.js';
import { differenceBand } from '../../src/curves/crossing.js';
import { luckOf } from '../../src/curves/fit.js';
import type { ComparedArm } from '../../src/curves/paired.js';

const SIZES = [10, 30, 100, 300, 1000];

/** Two arms, the first ahead by so much at each size; replicates share half of their luck. */
function arms(ahead: readonly number[], { seed = 1, replicates = 5, spread = 0.004 } = {}): ComparedArm[] {
  const luck = luckOf(seed);
  const rows = SIZES.flatMap((n, i) =>
    Array.from({ length: replicates }, (_, replicate) => {
      const shared = 0.5 + spread * luck.normal();
      return {
        n,
        replicate,
        a: shared + ahead[i]! + spread * luck.normal(),
        b: shared + spread * luck.normal(),
      };
    }),
  );
  return (['a', 'b'] as const).map((arm) => ({
    arm,
    scores: rows.map(({ n, replicate, ...row }) => ({ n, replicate, score: row[arm] })),
  }));
}

const bandOf = ([first, second]: readonly ComparedArm[]) => differenceBand(first!, second!);

describe('curves', () => {
  it('cross between the sizes at which the band of their difference leaves out 0 on either side', () => {
    expect(bandOf(arms([0.05, 0.03, 0, -0.03, -0.05])).crossings).toEqual([
      { before: 'a', after: 'b', from: 30, to: 300 },
    ]);
    expect(bandOf(arms([0.05, 0.03, 0, -0.03, -0.05]).toReversed()).crossings).toEqual([
      { before: 'a', after: 'b', from: 30, to: 300 },
    ]);
  });

  it('cross twice where they come back', () => {
    expect(bandOf(arms([0.05, -0.05, -0.05, 0.05, 0.05])).crossings).toEqual([
      { before: 'a', after: 'b', from: 10, to: 30 },
      { before: 'b', after: 'a', from: 100, to: 300 },
    ]);
  });

  it('do not where one is ahead at some sizes and the others decide nothing', () => {
    for (const ahead of [
      [0.05, 0.03, 0.01, 0, -0.002],
      [0.002, 0, -0.01, -0.03, -0.05],
    ]) {
      const { sizes, crossings } = bandOf(arms(ahead, { seed: 2 }));
      // By the means alone they cross.
      expect(sizes.some(({ difference }) => difference > 0)).toBe(true);
      expect(sizes.some(({ difference }) => difference < 0)).toBe(true);
      expect(crossings).toEqual([]);
    }
  });

  it('are turned round where lower scores are better', () => {
    const [first, second] = arms([0.05, 0.03, 0, -0.03, -0.05]);
    expect(differenceBand(first!, second!, { direction: 'minimize' }).crossings).toEqual([
      { before: 'b', after: 'a', from: 30, to: 300 },
    ]);
  });

  it('have a band of what comparisons have, at a level shared by all sizes', () => {
    const own = arms([0.01, 0.01, 0.01, 0.01, 0.01]);
    for (const { n, difference, lo, hi } of bandOf(own).sizes) {
      const single = compareArms(own, { at: n, confidence: 1 - 0.05 / SIZES.length }).pairs[0]!;
      expect(difference).toBeCloseTo(single.difference!, 12);
      expect(lo).toBeCloseTo(single.lo!, 12);
      expect(hi).toBeCloseTo(single.hi!, 12);
    }
  });

  it('have no band at sizes with one replicate in common, nor without sizes in common', () => {
    const [first, second] = arms([0.05, 0.03, 0, -0.03, -0.05]);
    const scores = second!.scores.filter(({ n, replicate }) => n !== 10 || replicate === 0);
    expect(differenceBand(first!, { arm: 'b', scores }).sizes.map(({ n }) => n)).toEqual([
      30, 100, 300, 1000,
    ]);
    const elsewhere = { arm: 'b', scores: second!.scores.map((one) => ({ ...one, n: one.n + 1 })) };
    expect(differenceBand(first!, elsewhere)).toEqual({ sizes: [], crossings: [] });
  });

  it('that are equal cross by luck far less often than one time in twenty', () => {
    let found = 0;
    for (let seed = 1; seed <= 300; seed++)
      if (bandOf(arms([0, 0, 0, 0, 0], { seed, replicates: 3 })).crossings.length > 0) found++;
    expect(found / 300).toBeLessThan(0.02);
  });
});
