import { describe, expect, it } from 'vitest';
import { bestOf, type ArmOutcomes } from '../../src/curves/best-of.js';
import { luckOf } from '../../src/curves/fit.js';

const armOf = (
  arm: string,
  pairs: readonly (readonly [validation: number, test: number])[],
): ArmOutcomes => ({
  arm,
  outcomes: pairs.map(([validation, test], replicate) => ({ replicate, validation, test })),
});

describe('the best of several arms', () => {
  it('is scored on replicates that it was not chosen on', () => {
    // By hand: on replicates 1 and 2 b is best, on 0 and 2 a, on 0 and 1 a.
    const best = bestOf([
      armOf('a', [
        [0.9, 0.8],
        [0.5, 0.4],
        [0.5, 0.6],
      ]),
      armOf('b', [
        [0.4, 0.3],
        [0.6, 0.5],
        [0.5, 0.7],
      ]),
    ])!;
    expect(best).toMatchObject({
      arms: 2,
      replicates: 3,
      leftOut: 0,
      plain: { arm: 'a' },
      chosen: [
        { arm: 'a', times: 2 },
        { arm: 'b', times: 1 },
      ],
    });
    expect(best.plain.score).toBeCloseTo(0.6, 12);
    expect(best.honest.score).toBeCloseTo((0.3 + 0.4 + 0.6) / 3, 12);
    // Two degrees of freedom: t is 4.3027.
    const half = (4.302652729911275 * Math.sqrt(0.14 / 3 / 2)) / Math.sqrt(3);
    expect(best.honest.hi - best.honest.score).toBeCloseTo(half, 9);
  });

  it('is the one with the lowest loss where that is asked for, and the earlier one on a tie', () => {
    const [a, b] = [
      armOf('a', [
        [0.2, 0.5],
        [0.2, 0.5],
      ]),
      armOf('b', [
        [0.1, 0.6],
        [0.1, 0.6],
      ]),
    ];
    expect(bestOf([a, b], { direction: 'minimize' })!.plain).toEqual({ arm: 'b', score: 0.6 });
    expect(bestOf([a, b])!.plain.arm).toBe('a');
    expect(bestOf([a, { ...a, arm: 'c' }])!.chosen).toEqual([{ arm: 'a', times: 2 }]);
  });

  it('leaves out replicates that some arm lacks', () => {
    const whole = armOf('a', [
      [0.5, 0.5],
      [0.5, 0.5],
      [0.5, 0.5],
    ]);
    const part = { arm: 'b', outcomes: whole.outcomes.slice(1) };
    expect(bestOf([whole, part])).toMatchObject({ replicates: 2, leftOut: 1 });
    expect(bestOf([whole, { arm: 'b', outcomes: whole.outcomes.slice(2) }])).toBeNull();
  });

  it('is nothing to choose with a single arm, and refuses a replicate twice', () => {
    expect(
      bestOf([
        armOf('a', [
          [0.5, 0.5],
          [0.5, 0.5],
        ]),
      ]),
    ).toBeNull();
    expect(bestOf([])).toBeNull();
    const twice = {
      arm: 'a',
      outcomes: [...armOf('a', [[1, 1]]).outcomes, ...armOf('a', [[1, 1]]).outcomes],
    };
    expect(() => bestOf([twice, armOf('b', [[1, 1]])])).toThrow('once');
  });

  it('of equal ones flatters when it is chosen on what scores it, and does not otherwise', () => {
    const SPREAD = 0.01;
    const runs = 400;
    const biases = Array.from({ length: runs }, (_, seed) => {
      const luck = luckOf(seed + 1);
      // A model's luck is in its validation and in its test; each has some of its own.
      const arms = Array.from({ length: 12 }, (_, arm) =>
        armOf(
          String(arm),
          Array.from({ length: 3 }, () => {
            const model = 0.5 + SPREAD * luck.normal();
            return [model + 0.003 * luck.normal(), model + 0.003 * luck.normal()] as const;
          }),
        ),
      );
      const { plain, honest } = bestOf(arms)!;
      return { plain: plain.score - 0.5, honest: honest.score - 0.5 };
    });
    const mean = (of: 'plain' | 'honest'): number => biases.reduce((sum, one) => sum + one[of], 0) / runs;
    // The best of twelve means of three lies 1.63 standard errors up.
    expect(mean('plain')).toBeGreaterThan(0.008);
    // Three standard errors of 400 means of three.
    expect(Math.abs(mean('honest'))).toBeLessThan(0.0009);
  });
});
