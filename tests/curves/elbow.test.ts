import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elbowOf, elbowOfMeans, summarize, type ReplicateScore } from '../../src/curves/index.js';

const points = (...pairs: [number, number][]) => pairs.map(([n, mean]) => ({ n, mean }));

describe('the elbow of means', () => {
  it('is where doublings begin to gain less than δ', () => {
    // Gains: 0.2, 0.1, 0.005, 0.004. Between 40 and 20 the gain falls from 0.1 to 0.005, linearly in log n:
    // δ = 0.01 is crossed at share (0.1 - 0.01) / (0.1 - 0.005) of a doubling after 20.
    const elbow = elbowOfMeans(points([10, 0.2], [20, 0.4], [40, 0.5], [80, 0.505], [160, 0.509]), 0.01);
    expect(elbow.state).toBe('reached');
    expect(elbow.n).toBeCloseTo(20 * 2 ** (0.09 / 0.095), 9);
    expect(elbow.lastGain).toBeCloseTo(0.004, 12);
  });

  it('needs every later doubling to gain less, not only the next', () => {
    const elbow = elbowOfMeans(points([10, 0.2], [20, 0.2], [40, 0.4], [80, 0.4], [160, 0.4]), 0.01);
    expect(elbow.state).toBe('reached');
    expect(elbow.n).toBeGreaterThan(20);
    expect(elbow.n).toBeLessThanOrEqual(40);
  });

  it('is reached from the start on a flat curve', () => {
    expect(elbowOfMeans(points([10, 0.5], [20, 0.505], [40, 0.5]), 0.01)).toMatchObject({
      state: 'from-the-start',
      n: 10,
    });
  });

  it('is not reached while the last doubling gains δ or more, and δ itself counts', () => {
    expect(elbowOfMeans(points([10, 0], [20, 0.5]), 0.5)).toEqual({
      state: 'not-reached',
      n: null,
      lastGain: 0.5,
    });
    expect(elbowOfMeans(points([10, 0], [20, 0.5]), 0.51).state).toBe('from-the-start');
  });

  it('is read between sizes that are no doublings', () => {
    // From 250 to 500 on the line between 100 and 500: ln 2 / ln 5 of its rise of 0.5.
    const elbow = elbowOfMeans(points([500, 0.5], [100, 0]), 0.01);
    expect(elbow.state).toBe('not-reached');
    expect(elbow.lastGain).toBeCloseTo((0.5 * Math.log(2)) / Math.log(5), 12);
  });

  it.each([[[]], [points([10, 0.5])], [points([10, 0.5], [19, 0.9])]])(
    'cannot be said without two sizes a factor 2 apart',
    (curve) => {
      expect(elbowOfMeans(curve, 0.01)).toEqual({ state: 'cannot-be-said', n: null, lastGain: null });
    },
  );

  it('treats a falling curve as one that gains nothing', () => {
    expect(elbowOfMeans(points([10, 0.9], [20, 0.5], [40, 0.1]), 0.01).state).toBe('from-the-start');
  });

  it.each([
    [points([10, 1], [10, 2], [40, 3]), 0.01],
    [points([10, Number.NaN], [40, 3]), 0.01],
    [points([0, 1], [40, 3]), 0.01],
    [points([10, 1], [40, 3]), 0],
    [points([10, 1], [40, 3]), Number.NaN],
  ])('refuses %j with δ = %s', (curve, delta) => {
    expect(() => elbowOfMeans(curve, delta)).toThrow(/expected/);
  });

  const curve = fc
    .uniqueArray(fc.integer({ min: 1, max: 5000 }), { minLength: 2, maxLength: 8 })
    .chain((sizes) =>
      fc.tuple(...sizes.map((n) => fc.double({ min: 0, max: 1, noNaN: true }).map((mean) => ({ n, mean })))),
    );

  it('keeps its own definition, whatever the curve', () => {
    fc.assert(
      fc.property(curve, fc.double({ min: 0.001, max: 0.3, noNaN: true }), (means, delta) => {
        const { state, n, lastGain } = elbowOfMeans(means, delta);
        const sorted = [...means].sort((a, b) => a.n - b.n);
        const [first, end] = [sorted[0]!.n, sorted.at(-1)!.n / 2];
        if (first > end) {
          expect(state).toBe('cannot-be-said');
          return;
        }
        const at = (m: number): number => {
          const i = Math.max(
            1,
            sorted.findIndex((point) => point.n >= m),
          );
          const [left, right] = [sorted[i - 1]!, sorted[i]!];
          return left.mean + ((right.mean - left.mean) * Math.log(m / left.n)) / Math.log(right.n / left.n);
        };
        const gain = (m: number): number => at(Math.min(2 * m, 2 * end)) - at(m);
        const slack = 1e-9;
        expect(lastGain).toBeCloseTo(gain(end), 9);
        if (state === 'not-reached') {
          expect(gain(end)).toBeGreaterThanOrEqual(delta - slack);
          return;
        }
        if (n === null) throw new Error('an elbow without n');
        expect(n).toBeGreaterThanOrEqual(first);
        expect(n).toBeLessThanOrEqual(end);
        for (let i = 1; i <= 50; i++) expect(gain(n * (end / n) ** (i / 50))).toBeLessThan(delta + slack);
        if (state === 'reached') expect(gain(n)).toBeGreaterThanOrEqual(delta - 1e-6);
      }),
    );
  });

  it('does not depend on the order of the points', () => {
    fc.assert(
      fc.property(curve, (means) => {
        expect(elbowOfMeans([...means].reverse(), 0.01)).toEqual(elbowOfMeans(means, 0.01));
      }),
    );
  });
});

const replicated = (offsets: number[], curve: [number, number][]): ReplicateScore[] =>
  offsets.flatMap((offset, replicate) =>
    curve.map(([n, score]) => ({ n, replicate, score: score + offset })),
  );

describe('the elbow of replicates', () => {
  it('pairs within replicates: a shift of a whole curve is no doubt', () => {
    const elbow = elbowOf(
      replicated(
        [0, 0.1, -0.1],
        [
          [10, 0.2],
          [20, 0.4],
          [40, 0.402],
        ],
      ),
      0.01,
      0.95,
    );
    expect(elbow.state).toBe('reached');
    expect(elbow.lastGain!.interval!.lo).toBeCloseTo(0.002, 9);
    expect(elbow.isPreliminary).toBe(true);
  });

  it('is undecided when the last gain may be more or less than δ, and keeps what the means say', () => {
    const scores = [0.0, 0.05, -0.04].map((gain, replicate) => [
      { n: 10, replicate, score: 0.5 },
      { n: 20, replicate, score: 0.5 + gain },
    ]);
    const elbow = elbowOf(scores.flat(), 0.01, 0.95);
    expect(elbow).toMatchObject({ state: 'undecided', n: null, byMeans: { state: 'from-the-start', n: 10 } });
  });

  it('of one replicate is that of the means', () => {
    expect(
      elbowOf(
        replicated(
          [0],
          [
            [10, 0.2],
            [20, 0.4],
          ],
        ),
        0.01,
        0.95,
      ),
    ).toMatchObject({
      state: 'not-reached',
      lastGain: { interval: null },
    });
  });

  it('leaves replicates out of the pairs that lack a size', () => {
    const scores = replicated(
      [0, 0.01, 0.02],
      [
        [10, 0.2],
        [20, 0.4],
      ],
    ).filter((s) => !(s.replicate === 2 && s.n === 20));
    expect(elbowOf(scores, 0.01, 0.95).lastGain!.interval).not.toBeNull();
    const lonely = scores.filter((s) => !(s.replicate === 1 && s.n === 20));
    expect(elbowOf(lonely, 0.01, 0.95).lastGain!.interval).toBeNull();
  });
});

describe('curves', () => {
  const observation = (arm: string, n: number, replicate: number, score: number) => ({
    arm,
    n,
    replicate,
    score,
  });

  it('are one an arm, sorted by size and replicate', () => {
    const curves = summarize(
      [
        observation('b', 20, 1, 0.4),
        observation('a', 10, 0, 0.1),
        observation('b', 20, 0, 0.2),
        observation('b', 5, 0, 0.1),
      ],
      0.01,
      0.95,
    );
    expect(curves.map((one) => [one.arm, one.points.map((point) => point.n)])).toEqual([
      ['b', [5, 20]],
      ['a', [10]],
    ]);
    expect(curves[0]!.points[1]).toMatchObject({
      replicates: 2,
      scores: [
        { replicate: 0, score: 0.2 },
        { replicate: 1, score: 0.4 },
      ],
    });
    expect(curves[0]!.points[1]!.mean).toBeCloseTo(0.3, 12);
    expect(curves[0]!.points[0]).toMatchObject({ std: null, plain: null });
    expect(curves[0]!.points[0]!.pooled).not.toBeNull();
    expect(curves[1]).toMatchObject({ pooledStd: null, freedom: 0, elbow: { state: 'cannot-be-said' } });
  });

  it('of nothing are none, and a replicate counts once', () => {
    expect(summarize([], 0.01, 0.95)).toEqual([]);
    expect(() => summarize([observation('a', 5, 0, 0.1), observation('a', 5, 0, 0.2)], 0.01, 0.95)).toThrow(
      /twice/,
    );
    expect(() => summarize([observation('a', 5, 0, Number.NaN)], 0.01, 0.95)).toThrow(/finite/);
  });
});
