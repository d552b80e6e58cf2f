import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAMILIES, type FamilyName } from '../../src/curves/families.js';
import { luckOf } from '../../src/curves/fit.js';
import { fitCurve, type SizedScore } from '../../src/curves/index.js';

const SIZES = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

/** Scores around a curve, so little that only the curve decides. */
function scoresOf(
  truth: (n: number) => number,
  { sizes = SIZES, replicates = 3, noise = 1e-4, seed = 1 } = {},
): SizedScore[] {
  const luck = luckOf(seed);
  return sizes.flatMap((n) =>
    Array.from({ length: replicates }, (_, replicate) => ({
      n,
      replicate,
      score: truth(n) + noise * luck.normal(),
    })),
  );
}

/** One of each family, of the kind that networks show. */
const EXACT: Readonly<Record<FamilyName, (n: number) => number>> = {
  pow2: (n) => 1 - 1.4 * n ** -0.3,
  pow3: (n) => 0.8 - 1.1 * n ** -0.35,
  pow4: (n) => 0.8 - 3 * (n + 40) ** -0.5,
  exp3: (n) => 0.7 - 0.4 * Math.exp(-n / 900),
  log2: (n) => 0.1 + 0.06 * Math.log(n),
  ilog2: (n) => 0.9 - 1.5 / Math.log(n),
  mmf4: (n) => 0.15 + 0.6 / (1 + (300 / n) ** 1.1),
  wbl4: (n) => 0.75 - 0.5 * Math.exp(-((n / 400) ** 0.6)),
  'log-power': (n) => 0.8 / (1 + (60 / n) ** 0.7),
  'vapor-pressure': (n) => Math.exp(-1.2 - 5 / n + 0.08 * Math.log(n)),
};

/** Whether every number in it is one. */
function expectFinite(value: unknown): void {
  if (typeof value === 'number') expect(value).toSatisfy(Number.isFinite);
  else if (typeof value === 'object' && value !== null) Object.values(value).forEach(expectFinite);
}

describe('sizes of which one is known a thousand times as well as another', () => {
  it('leave no number that is none', () => {
    // Made by a sweep whose smallest sizes were all at one score.
    const scores = [
      [10, 0.08, 0.08],
      [50, 0.08, 0.08],
      [200, 0.1650598206507405, 0.16704804380390698],
      [1000, 0.32183795827286205, 0.31385429370993634],
    ].flatMap(([n, ...own]) => own.map((score, replicate) => ({ n: n!, replicate, score })));
    const fit = fitCurve(scores, { target: 0.5, testSize: 10_000 });
    expectFinite(fit);
    expect(fit.elbow.state).toBe('not-reached');
    expect(fit.at[0]!.score).toBeGreaterThan(0.32);
  });

  it('leave none in whatever order of magnitude spreads are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -7, max: -1 }), { minLength: 3, maxLength: 6 }),
        fc.integer({ min: 0, max: 1000 }),
        (powers, seed) => {
          const luck = luckOf(seed);
          const scores = powers.flatMap((power, i) =>
            [0, 1, 2].map((replicate) => ({
              n: 10 * 3 ** i,
              replicate,
              score: Math.min(1, Math.max(0, 0.2 + 0.1 * i + 10 ** power * luck.normal())),
            })),
          );
          expectFinite(fitCurve(scores, { target: 0.9, testSize: 1_000, pool: 5_000 }));
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('an exact curve', () => {
  it.each(FAMILIES.map(({ name }) => name))('of %s is recovered at its sizes and beyond them', (name) => {
    const truth = EXACT[name];
    const { at, families, warnings } = fitCurve(scoresOf(truth), { at: [300, 10_000, 20_000] });
    expect(families.map(({ family }) => family)).toContain(name);
    for (const { n, score, lo, hi } of at) {
      expect(score).toBeCloseTo(truth(n), n > 5000 ? 2 : 3);
      expect(lo).toBeLessThanOrEqual(truth(n) + 1e-3);
      expect(hi).toBeGreaterThanOrEqual(truth(n) - 1e-3);
    }
    expect(warnings.map(({ code }) => code)).not.toContain('not-monotone');
  });

  it('has the parameters that made it', () => {
    const { family, parameters, asymptote } = fitCurve(scoresOf(EXACT.pow3));
    expect(family).toBe('pow3');
    // The basis is −(n/last)^−b: 0.8 − 1.1·n^−0.35 = 0.8 + 1.1·5000^−0.35 · basis.
    expect(parameters['b']).toBeCloseTo(0.35, 2);
    expect(parameters['offset']).toBeCloseTo(0.8, 2);
    expect(parameters['factor']).toBeCloseTo(1.1 * 5000 ** -0.35, 2);
    expect(asymptote!.value).toBeCloseTo(0.8, 2);
  });

  it('has the elbow and needs the samples that its equation says', () => {
    const { elbow, target } = fitCurve(scoresOf(EXACT.pow3), { delta: 0.02, target: 0.76 });
    // The gain of a doubling is 1.1·n^−0.35·(1 − 2^−0.35).
    const exact = ((1.1 * (1 - 2 ** -0.35)) / 0.02) ** (1 / 0.35);
    expect(elbow).toMatchObject({ state: 'reached', reached: true, share: 1 });
    expect(Math.abs(Math.log(elbow.n! / exact))).toBeLessThan(0.03);
    expect(elbow.lo!).toBeLessThan(exact);
    expect(elbow.hi!).toBeGreaterThan(exact);
    const needed = (1.1 / 0.04) ** (1 / 0.35);
    expect(target!.lo!).toBeLessThan(needed);
    expect(target!.hi!).toBeGreaterThan(needed);
    expect(Math.abs(Math.log(target!.n! / needed))).toBeLessThan(0.15);
  });

  it('that gains as much with every doubling has its elbow at the start or not at all', () => {
    // 0.06·ln 2 = 0.0416 a doubling.
    const scores = scoresOf(EXACT.log2);
    expect(fitCurve(scores, { delta: 0.03 }).elbow).toMatchObject({
      state: 'not-reached',
      n: null,
      lo: null,
      hi: null,
      reached: false,
    });
    expect(fitCurve(scores, { delta: 0.06 }).elbow).toMatchObject({
      state: 'from-the-start',
      n: 10,
      lo: 10,
      hi: 10,
      reached: true,
    });
  });

  it('ends below a target that it cannot reach', () => {
    const { target } = fitCurve(scoresOf(EXACT.exp3), { target: 0.75 });
    expect(target).toMatchObject({ reachable: false, n: null, lo: null, hi: null });
  });

  it('of losses is the mirror of one of scores', () => {
    const loss = fitCurve(
      scoresOf((n) => 0.2 + 1.1 * n ** -0.35, { seed: 3 }).map((one) => ({ ...one })),
      { direction: 'minimize', range: { lo: 0, hi: 1 }, target: 0.24 },
    );
    expect(loss.asymptote!.value).toBeCloseTo(0.2, 2);
    expect(loss.at[0]!.lo).toBeLessThanOrEqual(loss.at[0]!.hi);
    expect(loss.target!.n).not.toBeNull();
    expect(loss.elbow.lastGain!.value).toBeGreaterThan(0);
  });
});

describe('beyond the data', () => {
  const { at } = fitCurve(scoresOf(EXACT.log2), { at: [5000.001, 10_000, 20_000, 80_000] });
  const widths = at.map(({ lo, hi }) => hi - lo);
  const gains = at.map(({ n }) => 0.06 * Math.log(n / 5000));

  it('what no family knows grows with the root of the doublings, to the second', () => {
    expect(widths[0]).toBeLessThan(0.001);
    // In units of the gain: 2·1.96·0.16 at one doubling.
    const [, one, two, four] = widths.map((width, i) => width / gains[i]!) as [
      number,
      number,
      number,
      number,
    ];
    expect(one).toBeGreaterThan(0.5);
    expect(one).toBeLessThan(0.8);
    expect(two / one).toBeCloseTo(Math.SQRT2, 0);
    expect(four / two).toBeCloseTo(1, 1);
  });
});

describe('a noisy curve', () => {
  const scores = scoresOf(EXACT.pow3, { noise: 0.01, replicates: 5, seed: 9 });

  it('is the same to the last digit under a seed, whatever the order of its scores', () => {
    expect(fitCurve(scores.toReversed())).toEqual(fitCurve(scores));
    expect(fitCurve(scores, { seed: 2 }).at[0]!.lo).not.toBe(fitCurve(scores).at[0]!.lo);
  });

  it('has wider intervals on other test images, and where sizes are not paired says so', () => {
    const { at, warnings } = fitCurve(scores, { testSize: 500, pool: 1e6 });
    for (const { lo, hi, elsewhere } of at) expect(elsewhere!.hi - elsewhere!.lo).toBeGreaterThan(hi - lo);
    expect(warnings).toEqual([]);
    const unpaired = fitCurve(scores.map((one) => ({ ...one, replicate: null })));
    expect(unpaired.warnings.map(({ code }) => code)).toEqual(['unpaired', 'no-test-size', 'no-pool']);
    expect(fitCurve(scores).at[0]!.elsewhere).toBeNull();
  });

  it('that turns has no elbow', () => {
    const dip = scoresOf((n) => EXACT.pow3(n) - (n === 200 ? 0.15 : 0), { noise: 0.01, replicates: 5 });
    const { elbow, warnings } = fitCurve(dip);
    expect(elbow.state).toBe('cannot-be-said');
    expect(warnings.find(({ code }) => code === 'not-monotone')!.message).toMatch(
      /^The mean falls by 0\.\d+ from 100 to 200/,
    );
  });

  it('may be so noisy that the data cannot tell where its elbow is', () => {
    const { elbow } = fitCurve(scoresOf(EXACT.pow3, { noise: 0.08, sizes: [100, 200, 400, 800], seed: 4 }));
    expect(elbow).toMatchObject({ state: 'undecided', reached: null });
    expect(elbow.share!).toBeGreaterThan(0.05);
    expect(elbow.share!).toBeLessThan(0.95);
  });
});

describe('any curve', () => {
  const finite = (value: unknown): boolean =>
    typeof value === 'number'
      ? Number.isFinite(value)
      : value === null || typeof value !== 'object' || Object.values(value).every(finite);

  it.each<[string, readonly SizedScore[]]>([
    ['one point', [{ n: 10, replicate: 0, score: 0.5 }]],
    ['two sizes', [10, 20].map((n) => ({ n, replicate: 0, score: n / 100 }))],
    ['three single scores', [10, 20, 40].map((n) => ({ n, replicate: 0, score: 0.5 + n / 1000 }))],
    ['a constant', SIZES.flatMap((n) => [0, 1, 2].map((replicate) => ({ n, replicate, score: 0.5 })))],
    ['all zero', SIZES.flatMap((n) => [0, 1].map((replicate) => ({ n, replicate, score: 0 })))],
    ['all one', SIZES.flatMap((n) => [0, 1].map((replicate) => ({ n, replicate, score: 1 })))],
    ['one that falls', scoresOf((n) => 0.9 - 0.08 * Math.log(n), { noise: 0.01 })],
    ['sizes up to a million', scoresOf(EXACT.pow3, { sizes: [1, 10, 100, 1e4, 1e6], noise: 0.01 })],
    ['sizes below one', scoresOf((n) => n / 2, { sizes: [0.1, 0.2, 0.4, 0.8], noise: 0.01 })],
    [
      'sixty sizes',
      scoresOf(EXACT.pow3, { sizes: Array.from({ length: 60 }, (_, i) => 10 * (i + 1)), noise: 0.01 }),
    ],
    ['sizes side by side', scoresOf(EXACT.pow3, { sizes: [100, 101, 102, 103, 104], noise: 0.01 })],
    [
      'a jump to the bound at the end',
      [40, 120_654, 255_234, 644_723].flatMap((n, i) =>
        [0, 1].map((replicate) => ({ n, replicate, score: i === 3 ? 1 : 0 })),
      ),
    ],
    ['holes', scoresOf(EXACT.pow3, { noise: 0.01 }).filter((_, i) => i % 4 !== 1)],
  ])('has an answer without NaN: %s', (_, scores) => {
    const fit = fitCurve(scores, { target: 0.7, testSize: 100, pool: 5000 });
    expect(finite(fit)).toBe(true);
    expect(JSON.parse(JSON.stringify(fit))).toEqual(fit);
  });

  it('has one whatever the scores', () => {
    const score = fc.oneof(fc.constantFrom(0, 1, 0.5), fc.double({ min: 0, max: 1, noNaN: true }));
    const size = fc.oneof(fc.integer({ min: 1, max: 1_000_000 }), fc.constantFrom(10, 20, 40, 80));
    fc.assert(
      fc.property(
        fc.uniqueArray(size, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 3 }),
        fc.array(score, { minLength: 18, maxLength: 18 }),
        (sizes, replicates, values) => {
          const scores = sizes.flatMap((n, i) =>
            Array.from({ length: replicates }, (_, replicate) => ({
              n,
              replicate,
              score: values[3 * i + replicate]!,
            })),
          );
          const fit = fitCurve(scores, { target: 0.6 });
          expect(finite(fit)).toBe(true);
          for (const { lo, hi } of fit.at) {
            expect(lo).toBeLessThanOrEqual(hi);
            expect(lo).toBeGreaterThanOrEqual(0);
            expect(hi).toBeLessThanOrEqual(1);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
