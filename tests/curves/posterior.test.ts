import { Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { layCandidates, shapeAt, wholeBox } from '../../src/curves/candidates.js';
import { FAMILIES, type FamilyName } from '../../src/curves/families.js';
import { luckOf } from '../../src/curves/fit.js';
import { drawCurve, weigh, weightsOf } from '../../src/curves/posterior.js';

const RANGE = { lo: 0, hi: 1 };
const SIZES = [10, 100, 1000];
const MEANS = [0.3, 0.55, 0.7];
const DEVIATION = 0.02;
const ROOT = Matrix.eye(3, 3, 1 / DEVIATION);

const familyOf = (name: FamilyName) => FAMILIES.find((one) => one.name === name)!;

/** Likelihood of a family, its parameters and both end values integrated out. */
function massOf(name: FamilyName, steps: number): number {
  const candidates = layCandidates([wholeBox(familyOf(name))], [1, steps, steps], SIZES, RANGE);
  return weigh(candidates, MEANS, ROOT).logs.reduce((sum, log) => sum + Math.exp(log), 0);
}

/** What a curve counts whose next doubling brings so much of what the last one brought: half a normal distribution. */
const doubtOf = (ratio: number): number => Math.exp(-0.5 * (ratio / 0.8) ** 2);

describe('how likely a family is', () => {
  it.each(['pow2', 'pow3', 'exp3', 'log-power', 'vapor-pressure'] as const)(
    'does not depend on the steps of its grid: %s',
    (name) => {
      expect(massOf(name, 160) / massOf(name, 80)).toBeCloseTo(1, 2);
    },
  );

  it('of a family with a base is what summing over both end values gives', () => {
    // Of pow2 any two end values name an exponent: 1 − last = (1 − first)·(1000/10)^−b.
    const step = 0.0005;
    let sum = 0;
    for (let first = 0.2; first < 0.4; first += step) {
      for (let last = 0.6; last < 0.8; last += step) {
        const b = Math.log((1 - first) / (1 - last)) / Math.log(100);
        if (b < 0.05 || b > 3) continue;
        const middle = 1 - (1 - first) * 10 ** -b;
        const squares = [first, middle, last].reduce(
          (total, value, i) => total + ((value - MEANS[i]!) / DEVIATION) ** 2,
          0,
        );
        // Of a power law each doubling brings 2^−b of what the one before brought.
        sum += doubtOf(2 ** -b) * Math.exp(-squares / 2) * step * step;
      }
    }
    // There the covariance's own factor is left out, here too: it is the same for all families. 1/DEVIATION² is in both.
    expect(massOf('pow2', 400) / sum).toBeCloseTo(1, 1);
  });

  it('of a family without one is so, too', () => {
    const step = 0.002;
    const candidates = layCandidates([wholeBox(familyOf('log2'))], [1, 1, 1], SIZES, { lo: null, hi: null });
    let sum = 0;
    for (let first = 0.1; first < 0.5; first += step)
      for (let last = 0.5; last < 0.9; last += step) {
        const squares = [first, (first + last) / 2, last].reduce(
          (total, value, i) => total + ((value - MEANS[i]!) / DEVIATION) ** 2,
          0,
        );
        // Every doubling brings as much.
        sum += doubtOf(1) * Math.exp(-squares / 2) * step * step;
      }
    expect(Math.exp(weigh(candidates, MEANS, ROOT).logs[0]!) / sum).toBeCloseTo(1, 2);
  });
});

describe('curves that are drawn', () => {
  it('have the estimated mean and covariance where nothing bounds them', () => {
    const candidates = layCandidates([wholeBox(familyOf('log2'))], [1, 1, 1], SIZES, RANGE);
    const weighed = weigh(candidates, MEANS, ROOT);
    const luck = luckOf(3);
    const draws = Array.from({ length: 4000 }, () =>
      drawCurve(candidates, weighed, weightsOf(weighed), luck),
    );
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const first = draws.map((draw) => draw.first);
    const last = draws.map((draw) => draw.last);
    const [m1, m2, v11, v12, v22] = weighed.estimates as unknown as [number, number, number, number, number];
    expect(mean(first)).toBeCloseTo(m1, 2);
    expect(mean(last)).toBeCloseTo(m2, 2);
    expect(mean(first.map((value) => (value - m1) ** 2)) / v11).toBeCloseTo(1, 1);
    expect(mean(last.map((value) => (value - m2) ** 2)) / v22).toBeCloseTo(1, 1);
    expect(mean(first.map((value, i) => (value - m1) * (last[i]! - m2))) / v12).toBeCloseTo(1, 0);
  });

  it('end within the range, also where what fits best does not', () => {
    const steep = [0.3, 0.62, 0.94];
    const candidates = layCandidates([wholeBox(familyOf('pow3'))], [1, 60, 1], SIZES, RANGE);
    const weighed = weigh(candidates, steep, ROOT);
    const luck = luckOf(5);
    for (let i = 0; i < 500; i++) {
      const { candidate, first, last } = drawCurve(candidates, weighed, weightsOf(weighed), luck);
      expect(first + (last - first) * candidates.limit[candidate]!).toBeLessThanOrEqual(1 + 1e-9);
    }
  });

  it('are numbers where nearly no curve of a candidate ends within the range', () => {
    // From 0 to the bound in the last step: what goes through all means ends hundreds of deviations above it.
    const candidates = layCandidates([wholeBox(familyOf('mmf4'))], [1, 1, 20], SIZES, RANGE);
    const weighed = weigh(candidates, [0, 0, 1], Matrix.eye(3, 3, 1e6));
    const weights = weightsOf(weighed);
    expect(weights.every(Number.isFinite)).toBe(true);
    const luck = luckOf(7);
    for (let i = 0; i < 500; i++) {
      const { candidate, first, last } = drawCurve(candidates, weighed, weights, luck);
      expect(first + (last - first) * candidates.limit[candidate]!).toBeLessThanOrEqual(1 + 1e-9);
    }
  });

  it('have shapes that are 0 and 1 at the ends, or 1 at the largest with a base', () => {
    const candidates = layCandidates(FAMILIES.map(wholeBox), [1, 9, 5], SIZES, RANGE);
    for (let c = 0; c < candidates.count; c++) {
      if (Number.isNaN(candidates.base[c]!)) expect(shapeAt(candidates, c, 10)).toBeCloseTo(0, 12);
      expect(shapeAt(candidates, c, 1000)).toBeCloseTo(1, 12);
      const values = [10, 30, 100, 300, 1000, 3000, 10_000].map((n) => shapeAt(candidates, c, n));
      const steps = values.slice(1).map((value, i) => value - values[i]!);
      expect(steps.every((step) => step >= -1e-12) || steps.every((step) => step <= 1e-12)).toBe(true);
      expect(values.every(Number.isFinite)).toBe(true);
    }
  });
});
