import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitFor } from '../../src/data/index.js';

/** Labels of 10 classes with `each` images, in an order that is nobody's. */
const labelsOf = (each: number): Uint8Array =>
  Uint8Array.from({ length: 10 * each }, (_, i) => (i * 7 + Math.floor(i / 10)) % 10);

const each = 400;
const labels = labelsOf(each);
const draw = (samplesPerClass: number | null, sweepSeed = 42, replicate = 0) =>
  splitFor({ labels, classes: 10, samplesPerClass, sweepSeed, replicate });
const countsOf = (positions: Uint32Array): number[] => {
  const counts = new Array<number>(10).fill(0);
  for (const position of positions) counts[labels[position]!]!++;
  return counts;
};
const isWithin = (small: Uint32Array, large: Uint32Array): boolean => {
  const all = new Set(large);
  return small.every((position) => all.has(position));
};
const size = fc.integer({ min: 1, max: each });
const seed = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const replicate = fc.integer({ min: 0, max: 99 });

describe('the images of a trial', () => {
  it('has as many images of every class, a fifth of them for validation', () => {
    fc.assert(
      fc.property(size, seed, replicate, (n, s, r) => {
        const { train, validation } = draw(n, s, r);
        const held = n < 5 ? 0 : Math.floor(n / 5);
        expect(countsOf(validation)).toEqual(new Array(10).fill(held));
        expect(countsOf(train)).toEqual(new Array(10).fill(n - held));
      }),
    );
  });

  it('never trains on an image it validates with, nor on one twice', () => {
    fc.assert(
      fc.property(size, seed, replicate, (n, s, r) => {
        const { train, validation } = draw(n, s, r);
        expect(new Set([...train, ...validation]).size).toBe(train.length + validation.length);
      }),
    );
  });

  it('nests: a larger size sees all that a smaller one saw, in the same roles', () => {
    const sizes = fc.tuple(size, size).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    fc.assert(
      fc.property(sizes, seed, replicate, ([small, large], s, r) => {
        const few = draw(small, s, r);
        const many = draw(large, s, r);
        expect(isWithin(few.validation, many.validation)).toBe(true);
        // Below 5 there is no validation, so all that is there is for training.
        if (small >= 5 || large < 5) expect(isWithin(few.train, many.train)).toBe(true);
        expect(
          isWithin(
            Uint32Array.from([...few.train, ...few.validation]),
            Uint32Array.from([...many.train, ...many.validation]),
          ),
        ).toBe(true);
      }),
    );
  });

  it('is the same for equal seeds and another for another seed or replicate', () => {
    expect(draw(50, 1, 2)).toEqual(draw(50, 1, 2));
    expect(draw(50, 1, 2).train).not.toEqual(draw(50, 1, 3).train);
    expect(draw(50, 1, 2).train).not.toEqual(draw(50, 2, 2).train);
  });

  it('draws each class by itself: what other classes have changes nothing', () => {
    const fewer = labels.filter((label) => label !== 9);
    const nine = splitFor({ labels: fewer, classes: 9, samplesPerClass: 20, sweepSeed: 42, replicate: 0 });
    const kept = [...labels.keys()].filter((i) => labels[i] !== 9);
    const ofNine = (positions: Iterable<number>) => [...positions].filter((i) => labels[i] !== 9).sort();
    expect([...nine.train].map((i) => kept[i]!).sort()).toEqual(ofNine(draw(20).train));
  });

  it('has no validation below 5 and a single image at 1', () => {
    for (const n of [1, 2, 3, 4]) {
      expect(draw(n).validation).toHaveLength(0);
      expect(draw(n).train).toHaveLength(10 * n);
    }
    expect(draw(5).validation).toHaveLength(10);
    expect(draw(5).train).toHaveLength(40);
  });

  it('recalibrates with the first 200 training images of each class, all where there are fewer', () => {
    const many = draw(each);
    expect(many.recalibration).toBe(2000);
    expect(countsOf(many.train.subarray(0, 2000))).toEqual(new Array(10).fill(200));
    expect(draw(200).recalibration).toBe(draw(200).train.length);
  });

  it('takes all images of the smallest class when no size is given', () => {
    expect(draw(null)).toEqual(draw(each));
    const uneven = Uint8Array.from([...labels, 3, 3, 3]);
    const split = splitFor({
      labels: uneven,
      classes: 10,
      samplesPerClass: null,
      sweepSeed: 1,
      replicate: 0,
    });
    expect(split.train.length + split.validation.length).toBe(10 * each);
  });

  it('takes all images of every class without balance, and nothing else then', () => {
    // Three of class 0, six of class 1, eleven of class 2.
    const unequal = Uint8Array.from({ length: 20 }, (_, i) => (i < 3 ? 0 : i < 9 ? 1 : 2));
    const drawn = (samplesPerClass: number | null, balance?: 'none') =>
      splitFor({ labels: unequal, classes: 3, samplesPerClass, balance, sweepSeed: 42, replicate: 0 });
    const { train, validation, recalibration } = drawn(null, 'none');
    const of = (positions: Uint32Array) =>
      [0, 1, 2].map((label) => positions.filter((position) => unequal[position] === label).length);
    // A class of fewer than five has none for validation.
    expect(of(validation)).toEqual([0, 1, 2]);
    expect(of(train)).toEqual([3, 5, 9]);
    expect(new Set([...train, ...validation]).size).toBe(20);
    expect(recalibration).toBe(17);
    expect(of(drawn(null).train)).toEqual([3, 3, 3]);
    expect(drawn(3, 'none')).toEqual(drawn(3));
    expect(() => drawn(4, 'none')).toThrowError(/at most 3 samples per class, got 4/);
  });

  it('names the largest size when more is asked for than a class has', () => {
    expect(() => draw(each + 1)).toThrowError(
      expect.objectContaining({
        code: 'data-too-small',
        message: expect.stringContaining('at most 400 samples per class, got 401'),
        hint: 'The largest possible size is 400.',
      }),
    );
    expect(() => draw(each)).not.toThrow();
  });
});
