import { describe, expect, it } from 'vitest';
import { compareArms, holm, type ComparedArm } from '../../src/curves/compare.js';
import { luckOf } from '../../src/curves/fit.js';
import golden from './golden/comparisons.json' with { type: 'json' };

const armOf = (arm: string, scores: readonly number[], n = 100): ComparedArm => ({
  arm,
  scores: scores.map((score, replicate) => ({ n, replicate, score })),
});

const pairOf = (a: readonly number[], b: readonly number[], margin = 0.01) =>
  compareArms([armOf('a', a), armOf('b', b)], { margin }).pairs[0]!;

describe('two arms at one size', () => {
  it.each(golden.cases.map((one, i) => [i, one] as const))(
    'are judged as SciPy and statsmodels do: case %i',
    (_, one) => {
      const pair = pairOf(one.a, one.b, golden.margin);
      expect(pair.p).toBeCloseTo(one.p, 9);
      expect(pair.lo).toBeCloseTo(one.lo, 9);
      expect(pair.hi).toBeCloseTo(one.hi, 9);
      expect(pair.smallestMargin! < golden.margin).toBe(one.tost < 0.05);
      if (one.a.length >= 6) expect(pair.signFlip).toBeCloseTo(one.signFlip, 9);
      else expect(pair.signFlip).toBeNull();
    },
  );

  it('have p values that are adjusted as Holm does', () => {
    for (const [i, p] of holm(golden.ps).entries()) expect(p).toBeCloseTo(golden.holm[i]!, 12);
    expect(holm([0.04, null, 0.01])).toEqual([0.04, null, 0.02]);
    expect(holm([])).toEqual([]);
  });

  it('are different, equivalent, or cannot be told apart', () => {
    const base = [0.61, 0.62, 0.6, 0.63, 0.64];
    const wobble = [0.001, -0.001, 0.002, 0, -0.002];
    const shifted = (by: number, factor: number): number[] =>
      base.map((value, i) => value + by + factor * wobble[i]!);
    expect(pairOf(shifted(0.05, 1), base)).toMatchObject({ verdict: 'different', replicatesNeeded: null });
    expect(pairOf(shifted(0.0005, 1), base)).toMatchObject({ verdict: 'equivalent', replicatesNeeded: null });
    const undecided = pairOf(shifted(0.01, 10), base);
    expect(undecided.verdict).toBe('undecided');
    expect(undecided.smallestMargin!).toBeGreaterThan(0.01);
    expect(undecided.replicatesNeeded!).toBeGreaterThan(5);
    // A margin above the smallest one would have been enough.
    expect(pairOf(shifted(0.01, 10), base, undecided.smallestMargin! + 1e-9).verdict).toBe('equivalent');
  });

  it('that are undecided among many need more replicates than there are, and more than alone', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const luck = luckOf(seed);
      const arms = Array.from({ length: 6 }, (_, arm) =>
        armOf(
          String(arm),
          Array.from({ length: 3 }, () => 0.5 + arm / 100 + 0.004 * luck.normal()),
        ),
      );
      for (const { a, b, verdict, replicatesNeeded } of compareArms(arms).pairs) {
        if (verdict !== 'undecided' || replicatesNeeded === null) continue;
        expect(replicatesNeeded).toBeGreaterThan(3);
        const alone = compareArms(arms.filter(({ arm }) => arm === a || arm === b)).pairs[0]!;
        expect(alone.replicatesNeeded ?? 0).toBeLessThanOrEqual(replicatesNeeded);
      }
    }
  });

  it('mirror each other, and losses scores', () => {
    const [a, b] = [golden.cases[3]!.a, golden.cases[3]!.b];
    const [there, back] = [pairOf(a, b), pairOf(b, a)];
    expect(back.difference).toBeCloseTo(-there.difference!, 12);
    expect(back.lo).toBeCloseTo(-there.hi!, 12);
    expect(back.p).toBeCloseTo(there.p!, 12);
    const losses = compareArms([armOf('a', a), armOf('b', b)], { direction: 'minimize' }).pairs[0]!;
    expect(losses.difference).toBeCloseTo(-there.difference!, 12);
  });

  it('are equal to the last digit, or differ by the same each time', () => {
    expect(pairOf([0.5, 0.6], [0.5, 0.6])).toMatchObject({ difference: 0, p: 1, verdict: 'equivalent' });
    expect(pairOf([0.5, 0.5, 0.5], [0.25, 0.25, 0.25])).toMatchObject({
      difference: 0.25,
      p: 0,
      verdict: 'different',
    });
  });

  it('are compared by the replicates that both have, and not at all with one', () => {
    const a = armOf('a', [0.5, 0.6, 0.7, 0.65]);
    const b = {
      arm: 'b',
      scores: armOf('b', [0.4, 0.5, 0.55, 0.6]).scores.filter(({ replicate }) => replicate !== 1),
    };
    expect(compareArms([a, b]).pairs[0]!.replicates).toBe(3);
    const one = compareArms([armOf('a', [0.5]), armOf('b', [0.4])]);
    expect(one.pairs[0]).toMatchObject({ replicates: 1, p: null, verdict: null, lo: null });
    expect(one.pairs[0]!.difference).toBeCloseTo(0.1, 12);
    expect(one.family).toBe(0);
    const unpaired = { arm: 'c', scores: a.scores.map((score) => ({ ...score, replicate: null })) };
    expect(compareArms([a, unpaired])).toMatchObject({
      at: null,
      pairs: [{ replicates: 0, difference: null }],
    });
  });

  it('are all compared with each other at the largest size that all have', () => {
    const arms = ['a', 'b', 'c'].map((arm, i) => ({
      arm,
      scores: [10, 100, 1000]
        .slice(0, 3 - (i === 2 ? 1 : 0))
        .flatMap((n) => armOf(arm, [0.5, 0.52, 0.51 + i / 100], n).scores),
    }));
    const { at, family, pairs } = compareArms(arms);
    expect(at).toBe(100);
    expect(family).toBe(3);
    expect(pairs.map(({ a, b }) => a + b)).toEqual(['ab', 'ac', 'bc']);
    expect(compareArms(arms, { at: 'mean' }).at).toBe('mean');
  });
});

describe('arms beside one of them', () => {
  const arms = ['a', 'b', 'c', 'd'].map((arm, i) =>
    armOf(arm, [0.5, 0.52 + i / 100, 0.51 + i / 50, 0.53 + i / 90]),
  );

  it('are compared with that one alone, in a smaller family', () => {
    const all = compareArms(arms);
    const few = compareArms(arms, { against: 'b' });
    expect(few.pairs.map(({ a, b }) => a + b)).toEqual(['ab', 'cb', 'db']);
    expect([all.family, few.family]).toEqual([6, 3]);
    const there = all.pairs.find(({ a, b }) => a === 'b' && b === 'd')!;
    const back = few.pairs[2]!;
    expect(back.p).toBeCloseTo(there.p!, 12);
    expect(back.difference).toBeCloseTo(-there.difference!, 12);
    expect(few.at).toBe(all.at);
  });

  it('are none where there is no such arm', () => {
    expect(compareArms(arms, { against: 'x' })).toMatchObject({ family: 0, pairs: [] });
  });
});

describe('chance alone', () => {
  const SIZES = [10, 30, 100, 300, 1000];
  /** Two arms that differ by `effect`, replicates sharing a part of their luck. */
  const arms = (seed: number, replicates: number, effect: number): ComparedArm[] => {
    const luck = luckOf(seed);
    const luckOfReplicate = Array.from({ length: replicates }, () => SIZES.map(() => luck.normal()));
    return ['a', 'b'].map((arm, i) => ({
      arm,
      scores: luckOfReplicate.flatMap((shared, replicate) =>
        SIZES.map((n, at) => ({
          n,
          replicate,
          score: 0.6 + (i === 0 ? effect : 0) + 0.01 * (shared[at]! + luck.normal()),
        })),
      ),
    }));
  };
  const rate = (replicates: number, effect: number, at: 'mean' | null): number => {
    let found = 0;
    for (let seed = 1; seed <= 600; seed++)
      if (compareArms(arms(seed, replicates, effect), { at }).pairs[0]!.p! <= 0.05) found++;
    return found / 600;
  };

  it.each([3, 5, 8])('makes a difference of none in one of twenty, with %i replicates', (replicates) => {
    // Three standard errors of 600 are 2.7 points.
    expect(rate(replicates, 0, null)).toBeLessThan(0.077);
    expect(rate(replicates, 0, 'mean')).toBeLessThan(0.077);
  });

  it('hides a real one less often when the spread of all sizes is known', () => {
    const borrowed = rate(3, 0.02, null);
    let alone = 0;
    for (let seed = 1; seed <= 600; seed++) {
      const last = arms(seed, 3, 0.02).map(({ arm, scores }) => ({
        arm,
        scores: scores.filter(({ n }) => n === 1000),
      }));
      if (compareArms(last).pairs[0]!.p! <= 0.05) alone++;
    }
    expect(borrowed).toBeGreaterThan(alone / 600);
  });

  /** scipy 1.17.1: `ttest_ind(a, b, equal_var=False)`, its `df` and `confidence_interval()`. */
  it('are compared by Welch’s t where they share no replicates', () => {
    const unpaired = (arm: string, values: readonly number[]): ComparedArm => ({
      arm,
      pairing: arm,
      scores: values.map((score, replicate) => ({ n: 100, replicate, score })),
    });
    const a = unpaired(
      'a',
      [27.5, 21, 19, 23.6, 17, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19, 21.7, 21.4],
    );
    const b = unpaired(
      'b',
      [27.1, 22, 20.8, 23.4, 23.4, 23.5, 25.8, 22, 24.8, 20.2, 21.9, 22.1, 22.9, 20.5, 24.4],
    );
    const [pair] = compareArms([a, b]).pairs;
    expect(pair).toMatchObject({ isPaired: false, replicates: 15, signFlip: null, verdict: 'different' });
    expect(pair!.difference).toBeCloseTo(-2.1666666666666714, 12);
    expect(pair!.degreesOfFreedom).toBeCloseTo(24.988529290231416, 9);
    expect(pair!.p).toBeCloseTo(0.021378001462866992, 9);
    expect(pair!.lo).toBeCloseTo(-3.984096267140929, 9);
    expect(pair!.hi).toBeCloseTo(-0.3492370661924069, 9);
    const [few] = compareArms([
      unpaired('a', [0.71, 0.74, 0.69]),
      unpaired('b', [0.66, 0.67, 0.7, 0.65, 0.68]),
    ]).pairs;
    expect(few).toMatchObject({ replicates: 3 });
    expect(few!.p).toBeCloseTo(0.08101972967166854, 9);
    expect(few!.degreesOfFreedom).toBeCloseTo(3.4367105818760844, 9);
    const [turned] = compareArms([b, a], { direction: 'minimize' }).pairs;
    expect(turned).toMatchObject({ a: 'b', difference: pair!.difference, p: pair!.p });
  });

  it('without pairs need two replicates of each, and one size in common', () => {
    const one = (arm: string, n: number, values: readonly number[]): ComparedArm => ({
      arm,
      pairing: arm,
      scores: values.map((score, replicate) => ({ n, replicate, score })),
    });
    const [single] = compareArms([one('a', 10, [0.5, 0.6]), one('b', 10, [0.4])]).pairs;
    expect(single).toMatchObject({ replicates: 1, p: null, verdict: null });
    expect(single!.difference).toBeCloseTo(0.15, 12);
    const [apart] = compareArms([one('a', 10, [0.5, 0.6]), one('b', 20, [0.4, 0.5])]).pairs;
    expect(apart).toMatchObject({ replicates: 0, difference: null, isPaired: false });
    const equal = [one('a', 10, [0.5, 0.5]), one('b', 10, [0.5, 0.5])];
    expect(compareArms(equal).pairs[0]).toMatchObject({ p: 1, degreesOfFreedom: 2, difference: 0 });
  });

  it('over all sizes without pairs are means of the sizes that every replicate of both has', () => {
    const many = (arm: string, shift: number, sizes: readonly number[]): ComparedArm => ({
      arm,
      pairing: arm,
      scores: sizes.flatMap((n) =>
        [0, 1, 2].map((replicate) => ({ n, replicate, score: shift + 0.01 * replicate + 0.001 * n })),
      ),
    });
    const [pair] = compareArms([many('a', 0.5, [10, 20, 40]), many('b', 0.4, [20, 40, 80])], {
      at: 'mean',
    }).pairs;
    expect(pair).toMatchObject({ replicates: 3, isPaired: false });
    expect(pair!.difference).toBeCloseTo(0.1, 12);
    expect(pair!.degreesOfFreedom).toBeCloseTo(4, 9);
  });
});
