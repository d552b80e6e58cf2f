import { readFileSync } from 'node:fs';
import { Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { cellsOf, type SizedScore } from '../../src/curves/cells.js';
import { luckOf } from '../../src/curves/fit.js';
import { fitCurve } from '../../src/curves/index.js';
import { logLinearOf } from '../../src/curves/log-linear.js';
import { noiseOf, type Noise } from '../../src/curves/noise.js';

interface Line {
  readonly sizes: readonly number[];
  readonly a: number;
  readonly b: number;
  readonly r2: number;
  readonly p: number;
}

interface Generalised extends Line {
  readonly means: readonly number[];
  readonly replicates: number;
  readonly deviations: readonly number[];
  readonly shared: number;
  readonly nested: number;
  readonly freedom: number;
}

// Written by golden/log-linear.py.
const golden = JSON.parse(readFileSync(new URL('./golden/log-linear.json', import.meta.url), 'utf8')) as {
  readonly generalised: readonly Generalised[];
  readonly single: readonly (Line & { readonly scores: readonly number[] })[];
};

const SIZES = [10, 20, 50, 100, 200, 500, 1000];

/** Scores around a curve, three a size. */
function scoresOf(truth: (n: number) => number, noise: number, seed = 1): SizedScore[] {
  const luck = luckOf(seed);
  return SIZES.flatMap((n) =>
    [0, 1, 2].map((replicate) => ({ n, replicate, score: truth(n) + noise * luck.normal() })),
  );
}

const lineOf = (scores: readonly SizedScore[]) => {
  const cells = cellsOf(scores);
  return logLinearOf(cells, noiseOf(cells));
};

describe('the straight line in log n', () => {
  it.each(golden.generalised)(
    'is that of generalised least squares by an outside package: $replicates replicates, correlation $shared + $nested',
    ({ sizes, means, replicates, deviations, shared, nested, freedom, ...expected }) => {
      // Every replicate has the mean, and the spread is told.
      const cells = cellsOf(
        sizes.flatMap((n, i) =>
          Array.from({ length: replicates }, (_, replicate) => ({ n, replicate, score: means[i]! })),
        ),
      );
      const noise: Noise = {
        logVariance: deviations.map((deviation) => 2 * Math.log(deviation)),
        covariance: Matrix.eye(sizes.length, sizes.length),
        freedom: sizes.map(() => freedom),
        correlations: [{ shared, nested, probability: 1 }],
        isGuessed: false,
      };
      const line = logLinearOf(cells, noise)!;
      for (const key of ['a', 'b', 'r2', 'p'] as const) expect(line[key]).toBeCloseTo(expected[key], 8);
      expect(line.holds).toBe(expected.p >= 0.05);
    },
  );

  it.each(golden.single)(
    'of $sizes.length single scores is tested against what a cubic explains beyond it',
    ({ sizes, scores, ...expected }) => {
      const line = lineOf(sizes.map((n, i) => ({ n, replicate: 0, score: scores[i]! })))!;
      for (const key of ['a', 'b', 'r2', 'p'] as const) expect(line[key]).toBeCloseTo(expected[key], 8);
    },
  );

  it('is recovered from an exact line, and does not hold for one that bends', () => {
    const exact = fitCurve(scoresOf((n) => 0.1 + 0.06 * Math.log(n), 1e-5)).logLinear!;
    expect(exact.a).toBeCloseTo(0.1, 4);
    expect(exact.b).toBeCloseTo(0.06, 5);
    expect(exact.r2).toBeCloseTo(1, 6);
    expect(exact.holds).toBe(true);
    const bent = fitCurve(scoresOf((n) => 0.8 - 1.1 * n ** -0.35, 0.005)).logLinear!;
    expect(bent.p).toBeLessThan(1e-4);
    expect(bent.holds).toBe(false);
  });

  it('is refused in about one of twenty where it is true', () => {
    let refused = 0;
    for (let seed = 1; seed <= 400; seed++)
      if (!lineOf(scoresOf((n) => 0.1 + 0.06 * Math.log(n), 0.01, seed))!.holds) refused++;
    // Three standard errors of 400 are 3.3 points.
    expect(refused / 400).toBeLessThan(0.083);
    expect(refused / 400).toBeGreaterThan(0.01);
  });

  it('of losses is the mirror of that of scores', () => {
    const scores = scoresOf((n) => 0.8 - 1.1 * n ** -0.35, 0.01);
    const line = fitCurve(scores).logLinear!;
    const losses = scores.map((one) => ({ ...one, score: 1 - one.score }));
    const mirrored = fitCurve(losses, { direction: 'minimize' }).logLinear!;
    expect(mirrored.a).toBeCloseTo(1 - line.a, 10);
    expect(mirrored.b).toBeCloseTo(-line.b, 10);
    expect(mirrored.r2).toBeCloseTo(line.r2!, 10);
    expect(mirrored.p).toBeCloseTo(line.p!, 10);
  });

  it('is not there with one size, explains nothing of a constant, and is not tested by two', () => {
    expect(lineOf([0, 1].map((replicate) => ({ n: 10, replicate, score: 0.5 + replicate / 10 })))).toBeNull();
    expect(lineOf([10, 20].map((n) => ({ n, replicate: 0, score: 0.5 })))).toBeNull();
    expect(lineOf(scoresOf(() => 0.5, 0))).toMatchObject({ b: 0, r2: null, p: 1, holds: true });
    const two = lineOf(scoresOf((n) => n / 1000, 0.01).filter(({ n }) => n <= 20))!;
    expect(two).toMatchObject({ p: null, holds: null });
    expect(two.r2).toBeCloseTo(1, 10);
    // Four single scores leave nothing that tells their spread from a bend.
    expect(lineOf([10, 20, 40, 80].map((n) => ({ n, replicate: 0, score: Math.log(n) / 10 })))!.p).toBeNull();
  });
});
