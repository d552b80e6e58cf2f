import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanOrNull, tInterval } from '../../src/curves/index.js';

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

it('takes the mean of values that may be none', () => {
  expect(meanOrNull([1, 2, 6])).toBe(3);
  expect(meanOrNull([])).toBeNull();
  expect(() => meanOrNull([1, NaN])).toThrowError(expect.objectContaining({ code: 'bug' }));
});
