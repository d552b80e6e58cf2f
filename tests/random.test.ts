import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { streamOf } from '../src/random.js';

/** Made by augmentation/golden/pictures.py, after PractRand's own source. */
const golden = JSON.parse(
  readFileSync(new URL('augmentation/golden/pictures.json', import.meta.url), 'utf8'),
) as { sfc32: { seed: number; index: number; numbers: number[] }[] };

const numbers = (seed: number, index: number, count: number): number[] => {
  const uniform = streamOf(seed, index);
  return Array.from({ length: count }, uniform);
};

describe('a stream of uniform numbers', () => {
  it.each(golden.sfc32)('is that of sfc32 with the seed $seed and the index $index', (one) => {
    expect(numbers(one.seed, one.index, 4).map((u) => u * 2 ** 32)).toEqual(one.numbers);
  });

  it('is of its seed and index alone, and in [0, 1)', () => {
    const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(word, word, fc.integer({ min: 1, max: 2 ** 31 }), (seed, index, other) => {
        const own = numbers(seed, index, 8);
        expect(numbers(seed, index, 8)).toEqual(own);
        expect(own.every((u) => u >= 0 && u < 1)).toBe(true);
        expect(numbers(seed, (index + other) % 2 ** 32, 8)).not.toEqual(own);
        expect(numbers((seed + other) % 2 ** 32, index, 8)).not.toEqual(own);
      }),
    );
  });

  it('is spread evenly over neighbouring indices, and they are not correlated', () => {
    // The first numbers of 20,000 neighbours: what the images of a data set draw first.
    const first = Array.from({ length: 20_000 }, (_, index) => numbers(42, index, 2));
    for (const at of [0, 1]) {
      const counts = new Array<number>(10).fill(0);
      for (const one of first) counts[Math.floor(one[at]! * 10)]!++;
      // χ² with 9 degrees of freedom: above 27.9 in one of a thousand.
      const chi = counts.reduce((sum, count) => sum + (count - 2_000) ** 2 / 2_000, 0);
      expect(chi).toBeLessThan(27.9);
    }
    const covariance = first
      .slice(1)
      .reduce((sum, one, i) => sum + (one[0]! - 0.5) * (first[i]![0]! - 0.5), 0);
    // Of a product of two independent ones the deviation is 1/12, of the sum √20,000 / 12 = 11.8.
    expect(Math.abs(covariance)).toBeLessThan(4 * 11.8);
  });
});
