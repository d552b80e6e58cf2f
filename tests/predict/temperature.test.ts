import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitTemperature, logProbabilities } from '../../src/predict/index.js';
import { normals, uniforms } from '../../src/random.js';

/** Images whose labels are drawn from softmax(z / T): z is then T times as sure as it should be. */
function drawn(temperature: number, seed: number, images = 4_000, classes = 10) {
  const logits = normals(images * classes, seed).map((z) => 2 * temperature * z);
  const luck = uniforms(images, seed + 1);
  const labels = Array.from(luck, (u, i) => {
    const logs = logProbabilities(logits.subarray(i * classes, (i + 1) * classes), temperature);
    let rest = u;
    return Math.max(
      0,
      Array.from(logs, Math.exp).findIndex((p) => (rest -= p) < 0),
    );
  });
  return { logits, labels };
}

const loss = ({ logits, labels }: ReturnType<typeof drawn>, temperature: number): number => {
  const classes = logits.length / labels.length;
  return (
    labels.reduce(
      (sum, label, i) =>
        sum - logProbabilities(logits.subarray(i * classes, (i + 1) * classes), temperature)[label]!,
      0,
    ) / labels.length
  );
};

describe('the temperature', () => {
  it.each([0.5, 1, 2.5, 8])('recovers %d from which labels were drawn', (temperature) => {
    const { value, isAtBound } = fitTemperature(drawn(temperature, 7));
    expect(isAtBound).toBe(false);
    // The error of 4,000 images, seen over seeds, is about 2 %.
    expect(Math.abs(Math.log(value / temperature))).toBeLessThan(0.08);
  });

  it('has the least log loss: no other one near it has less', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.double({ min: 0.3, max: 6, noNaN: true }),
        (seed, t) => {
          const known = drawn(t, seed, 60, 4);
          const { value, isAtBound } = fitTemperature(known);
          fc.pre(!isAtBound);
          const least = loss(known, value);
          for (const factor of [0.9, 0.999, 1.001, 1.1])
            expect(loss(known, value * factor)).toBeGreaterThanOrEqual(least - 1e-12);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('scales with the logits, and does not mind what is added to all of an image', () => {
    const known = drawn(1.5, 3, 500);
    const { value } = fitTemperature(known);
    const triple = { ...known, logits: known.logits.map((z) => 3 * z) };
    expect(fitTemperature(triple).value).toBeCloseTo(3 * value, 8);
    const shifted = { ...known, logits: known.logits.map((z, i) => z + Math.floor(i / 10)) };
    expect(fitTemperature(shifted).value).toBeCloseTo(value, 8);
  });

  it('stops at its bounds where all images are right, wrong, or say nothing', () => {
    expect(fitTemperature({ logits: [5, 0, 0, 5], labels: [0, 1] })).toEqual({
      value: 0.05,
      isAtBound: true,
    });
    expect(fitTemperature({ logits: [5, 0, 0, 5], labels: [1, 0] })).toEqual({ value: 20, isAtBound: true });
    expect(fitTemperature({ logits: [1, 1, 1, 1], labels: [0, 1] })).toMatchObject({ isAtBound: true });
  });

  it('keeps probabilities finite and their sum 1, however large the logits', () => {
    const logs = logProbabilities([1e4, -1e4, 0], 0.05);
    expect(Array.from(logs, Math.exp)).toEqual([1, 0, 0]);
    expect(Array.from(logs).every((x) => Number.isFinite(x))).toBe(true);
  });
});
