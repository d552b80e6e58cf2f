import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differenceOfShares, figure, wilson } from '../../../src/training/rules/figures.js';

describe('intervals of shares', () => {
  it('are Newcombe’s of his table II, comparison (a): 56/70 − 48/80', () => {
    // Newcombe (1998), table II, method 10: 0.0524 to 0.3339; single shares by method 3 of his first paper.
    const z95 = wilson(56 / 70, 70, 1.959964);
    expect(z95.lo).toBeCloseTo(0.692, 3);
    expect(z95.hi).toBeCloseTo(0.877, 3);
    const { lo, hi } = differenceOfShares(
      { share: 56 / 70, count: 70 },
      { share: 48 / 80, count: 80 },
      1.959964,
    );
    expect(lo).toBeCloseTo(0.0524, 4);
    expect(hi).toBeCloseTo(0.3339, 4);
  });

  it('have a width at shares of 0 and 1, hold the difference and turn with its sign', () => {
    expect(wilson(1, 80).lo).toBeLessThan(1);
    const part = fc.record({
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      count: fc.integer({ min: 1, max: 100_000 }),
    });
    fc.assert(
      fc.property(part, part, (a, b) => {
        const { lo, hi } = differenceOfShares(a, b);
        const turned = differenceOfShares(b, a);
        expect(lo).toBeLessThanOrEqual(a.share - b.share);
        expect(hi).toBeGreaterThanOrEqual(a.share - b.share);
        expect(turned.lo).toBeCloseTo(-hi, 12);
        expect(turned.hi).toBeCloseTo(-lo, 12);
      }),
    );
  });
});

describe('figures', () => {
  it('have three significant digits', () => {
    expect([2.30258, 0.000421234, 4.5e12, 1e30, 0].map(figure)).toEqual([
      '2.3',
      '0.000421',
      '4.50e+12',
      '1.00e+30',
      '0',
    ]);
  });
});
