import { expect, it } from 'vitest';
import { kneedle } from '../../src/curves/kneedle.js';

/** Ten points of y = −1/(x + 0.1) + 5 on [0, 1], figure 2 of the paper, whose knee is at 0.22. */
const PAPER = Array.from({ length: 10 }, (_, i) => i / 9).map((x) => ({ n: x, mean: -1 / (x + 0.1) + 5 }));

it('finds the knee of the paper', () => {
  const knee = kneedle(PAPER, 'linear');
  expect(knee.n).toBeCloseTo(0.22, 2);
  expect(knee.range![0]).toBeCloseTo(0.22, 2);
});

it('finds none on a line, and none where nothing rises', () => {
  const line = [1, 2, 3, 4, 5].map((n) => ({ n, mean: n }));
  expect(kneedle(line, 'linear')).toEqual({ axis: 'linear', n: null, range: null });
  expect(
    kneedle(
      line.map(({ n }) => ({ n, mean: 1 })),
      'linear',
    ).n,
  ).toBeNull();
});

it('depends on the axis', () => {
  const curve = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000].map((n) => ({
    n,
    mean: 0.8 - 1.1 * n ** -0.35,
  }));
  expect(kneedle(curve, 'linear').n).not.toBe(kneedle(curve, 'log').n);
});
