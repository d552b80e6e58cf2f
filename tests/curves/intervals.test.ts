import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanOrNull, pooledIntervals, tInterval } from '../../src/curves/index.js';

const finite = fc.double({ min: -1e3, max: 1e3, noNaN: true });

describe('a t interval', () => {
  it('is the one of R', () => {
    // R: t.test(c(0.38, 0.40, 0.45))$conf.int; sd(c(0.38, 0.40, 0.45))
    const { mean, std, interval } = tInterval([0.38, 0.4, 0.45], 0.95);
    expect(mean).toBeCloseTo(0.41, 12);
    expect(std).toBeCloseTo(0.03605551, 8);
    // half width: qt(0.975, 2) * sd / sqrt(3) = 4.302652730 * 0.03605551275 / 1.7320508076
    expect(interval!.hi - mean).toBeCloseTo(0.0895669, 6);
    expect(mean - interval!.lo).toBeCloseTo(0.0895669, 6);
  });

  it('of one value has neither spread nor interval', () => {
    expect(tInterval([0.5], 0.95)).toEqual({ count: 1, mean: 0.5, std: null, interval: null });
  });

  it('of equal values has no width, exactly', () => {
    expect(tInterval([0.1, 0.1, 0.1], 0.95)).toEqual({
      count: 3,
      mean: 0.1,
      std: 0,
      interval: { lo: 0.1, hi: 0.1 },
    });
  });

  it.each([[[]], [[Number.NaN]], [[1, Infinity]]])('refuses %j', (values) => {
    expect(() => tInterval(values, 0.95)).toThrow(/an interval needs/);
  });

  it.each([0, 1, -1, Number.NaN])('refuses a confidence of %s', (confidence) => {
    expect(() => tInterval([1, 2], confidence)).toThrow(/confidence/);
  });

  it('does not depend on the order, and holds its mean', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 2, maxLength: 12 }), (values) => {
        const one = tInterval(values, 0.95);
        const other = tInterval([...values].reverse(), 0.95);
        expect(other.mean).toBeCloseTo(one.mean, 6);
        expect(one.interval!.lo).toBeLessThanOrEqual(one.mean);
        expect(one.interval!.hi).toBeGreaterThanOrEqual(one.mean);
        expect(tInterval(values, 0.99).interval!.hi).toBeGreaterThanOrEqual(one.interval!.hi);
      }),
    );
  });
});

describe('pooled intervals', () => {
  it('use one spread with all degrees of freedom', () => {
    // Two groups with sd 1 and 2, three values each: pooled sd = sqrt((2*1 + 2*4) / 4) = 1.5811388, df = 4;
    // half width = qt(0.975, 4) * sd / sqrt(3) = 2.776445105 * 1.5811388 / 1.7320508 = 2.534537
    const { std, freedom, intervals } = pooledIntervals(
      [
        [0, 1, 2],
        [10, 12, 14],
      ],
      0.95,
    );
    expect(std).toBeCloseTo(1.5811388, 6);
    expect(freedom).toBe(4);
    expect(intervals[0]!.hi - 1).toBeCloseTo(2.534537, 5);
    expect(intervals[1]!.hi - 12).toBeCloseTo(2.534537, 5);
  });

  it('of a single group is the plain one', () => {
    const values = [0.2, 0.3, 0.35];
    expect(pooledIntervals([values], 0.95).intervals[0]).toEqual(tInterval(values, 0.95).interval);
  });

  it('lend their spread to a group of one value, and have none to lend without repetition', () => {
    expect(pooledIntervals([[1, 2], [5]], 0.95).intervals[1]).not.toBeNull();
    expect(pooledIntervals([[1], [5]], 0.95)).toEqual({ std: null, freedom: 0, intervals: [null, null] });
    expect(pooledIntervals([], 0.95)).toEqual({ std: null, freedom: 0, intervals: [] });
  });
});

it('takes the mean of values that may be none', () => {
  expect(meanOrNull([1, 2, 6])).toBe(3);
  expect(meanOrNull([])).toBeNull();
  expect(() => meanOrNull([1, NaN])).toThrowError(expect.objectContaining({ code: 'bug' }));
});
