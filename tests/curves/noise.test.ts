import { describe, expect, it } from 'vitest';
import { cellsOf, type SizedScore } from '../../src/curves/cells.js';
import { luckOf } from '../../src/curves/fit.js';
import { meanIntervals, noiseOf } from '../../src/curves/noise.js';

const SIZES = [10, 20, 50, 100, 200, 500, 1000];

interface Made {
  readonly replicates: number;
  readonly deviation: (n: number) => number;
  readonly shared?: number;
  readonly nested?: number;
  readonly seed?: number;
}

/** Scores around 0.5. */
function made({ replicates, deviation, shared = 0, nested = 0, seed = 1 }: Made): SizedScore[] {
  const luck = luckOf(seed);
  return Array.from({ length: replicates }, (_, replicate) => {
    const common = luck.normal();
    let walk = 0;
    let before = 0;
    return SIZES.map((n) => {
      walk += Math.sqrt(n - before) * luck.normal();
      before = n;
      const own = Math.sqrt(1 - shared - nested) * luck.normal();
      const noise = Math.sqrt(shared) * common + Math.sqrt(nested / n) * walk + own;
      return { n, replicate, score: 0.5 + deviation(n) * noise };
    });
  }).flat();
}

describe('the spread of replicates', () => {
  it('is found at each size where it is the same at all, and where it falls', () => {
    for (const deviation of [() => 0.02, (n: number) => 0.05 * (n / 10) ** -0.3]) {
      const { logVariance } = noiseOf(cellsOf(made({ replicates: 200, deviation })))!;
      for (const [i, n] of SIZES.entries()) {
        // Two standard errors of the end sizes are 7 %.
        const ratio = Math.exp(logVariance[i]! / 2) / deviation(n);
        expect(Math.abs(ratio - 1)).toBeLessThan(0.1);
      }
    }
  });

  it('has degrees of freedom that leverages share out: together as many parameters as can be seen', () => {
    const { freedom } = noiseOf(cellsOf(made({ replicates: 3, deviation: () => 0.02 })))!;
    const parameters = freedom.reduce((sum, one) => sum + 2 / one, 0);
    expect(parameters).toBeGreaterThan(1);
    expect(parameters).toBeLessThan(5);
    // The ends know less than the middle, and no size more than all together.
    expect(freedom[0]!).toBeLessThan(freedom[3]!);
    expect(Math.max(...freedom)).toBeLessThanOrEqual(2 * SIZES.length);
  });

  it('tells less where scores go together', () => {
    const apart = noiseOf(cellsOf(made({ replicates: 60, deviation: () => 0.02 })))!;
    const together = noiseOf(cellsOf(made({ replicates: 60, deviation: () => 0.02, shared: 0.75 })))!;
    expect(together.freedom[3]!).toBeLessThan(0.6 * apart.freedom[3]!);
  });

  it.each([
    [0, 0],
    [0.45, 0],
    [0, 0.6],
    [0.3, 0.45],
  ])('has its correlation found: %s shared by all sizes, %s by nested subsets', (shared, nested) => {
    const { correlations } = noiseOf(
      cellsOf(made({ replicates: 400, deviation: () => 0.02, shared, nested })),
    )!;
    const likeliest = correlations.reduce((most, one) => (one.probability > most.probability ? one : most));
    expect(likeliest.shared).toBeCloseTo(shared, 1);
    expect(Math.abs(likeliest.nested - nested)).toBeLessThanOrEqual(0.15 + 1e-9);
    expect(correlations.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
  });

  it('of scores that nothing pairs has none', () => {
    const scores = made({ replicates: 5, deviation: () => 0.02, shared: 0.75 });
    const { correlations } = noiseOf(cellsOf(scores.map((one) => ({ ...one, replicate: null }))))!;
    expect(correlations).toEqual([{ shared: 0, nested: 0, probability: 1 }]);
  });

  it('is what came with the scores where that is told, and guessed from single ones', () => {
    const told = noiseOf(cellsOf(SIZES.map((n) => ({ n, replicate: null, score: 0.5, se: 0.03 }))))!;
    for (const log of told.logVariance) expect(Math.exp(log / 2)).toBeCloseTo(0.03, 9);
    const single = noiseOf(cellsOf(made({ replicates: 1, deviation: () => 0.02 })))!;
    expect(single.isGuessed).toBe(true);
    // Seven sizes less the four of a cubic.
    expect(single.freedom[0]).toBe(3);
    expect(noiseOf(cellsOf([10, 20].map((n) => ({ n, replicate: 0, score: 0.5 }))))).toBeNull();
  });
});

describe('intervals of the means', () => {
  it.each([2, 3, 5])('hold 95 of 100 times with %i replicates, at the end sizes as well', (replicates) => {
    const curves = 400;
    const held = SIZES.map(() => 0);
    for (let seed = 1; seed <= curves; seed++) {
      const deviation = (n: number): number => 0.05 * (n / 10) ** -0.25;
      const cells = cellsOf(made({ replicates, deviation, shared: 0.3, nested: 0.3, seed }));
      for (const [i, { lo, hi }] of meanIntervals(cells, noiseOf(cells)!, 0.95).entries())
        if (lo <= 0.5 && 0.5 <= hi) held[i]!++;
    }
    // Three standard errors of 400 curves are 3.3 points.
    for (const count of held) expect(count / curves).toBeGreaterThan(0.917);
    expect(held.reduce((sum, count) => sum + count, 0) / curves / SIZES.length).toBeLessThan(0.985);
  });
});
