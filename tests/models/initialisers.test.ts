import { describe, expect, it } from 'vitest';
import { initialiserNames, initialiserOf } from '../../src/models/index.js';
import { withDefaults } from '../../src/spec/index.js';

const fans = { in: 300, out: 100 };
const count = 100_000;

const start = (initialiser: string, seed: number): Float32Array =>
  initialiserOf(initialiser)(count, fans, seed);

/** Mean of the values' n-th powers. */
const moment = (values: Float32Array, n: number): number =>
  values.reduce((sum, value) => sum + value ** n, 0) / values.length;

describe('start values', () => {
  // Glorot and Bengio 2010, eq. 12; He et al., arXiv:1502.01852, eq. 10. Kurtosis: 9/5 of a uniform, 3 of a normal one.
  it.each([
    ['glorot-uniform', 2 / 400, 1.8],
    ['glorot-normal', 2 / 400, 3],
    ['he-uniform', 2 / 300, 1.8],
    ['he-normal', 2 / 300, 3],
  ])('of %s have mean 0, variance %d and kurtosis %d', (name, variance, kurtosis) => {
    for (const seed of [1, 2, 3]) {
      const values = start(name, seed);
      // Five standard errors of 100,000 draws.
      expect(Math.abs(moment(values, 1))).toBeLessThan(5 * Math.sqrt(variance / count));
      expect(Math.abs(moment(values, 2) / variance - 1)).toBeLessThan(5 * Math.sqrt((kurtosis - 1) / count));
      expect(Math.abs(moment(values, 4) / moment(values, 2) ** 2 - kurtosis)).toBeLessThan(0.1);
    }
  });

  it('of uniform ones stay below their limit', () => {
    const most = (name: string): number =>
      start(name, 1).reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    expect(most('glorot-uniform')).toBeLessThanOrEqual(Math.fround(Math.sqrt(6 / 400)));
    expect(most('he-uniform')).toBeLessThanOrEqual(Math.fround(Math.sqrt(6 / 300)));
    expect(most('he-normal')).toBeGreaterThan(Math.sqrt(6 / 300));
  });

  it('come from the seed alone', () => {
    for (const name of initialiserNames) {
      expect(start(name, 7)).toEqual(start(name, 7));
      expect(start(name, 8)).not.toEqual(start(name, 7));
    }
  });

  it("are Glorot's uniform ones where an arm says nothing, and an error where it says nonsense", () => {
    expect(withDefaults({})['initialiser']).toBe('glorot-uniform');
    expect(() => initialiserOf('xavier')).toThrowError(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining('no initialiser xavier') }),
    );
  });
});
