import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referenceOf, unfamiliarityScores } from '../../src/predict/index.js';
import { normals } from '../../src/random.js';

/** Two classes of so many images around (±3, 0), with deviations 1 and 0.5 and no correlation. */
function known(images: number, seed = 1) {
  const labels = Array.from({ length: images }, (_, i) => i % 2);
  const noise = normals(2 * images, seed);
  const features = Float32Array.from(noise, (z, i) =>
    i % 2 === 0 ? z + (labels[i >> 1] === 0 ? 3 : -3) : z / 2,
  );
  return { features, labels };
}

describe('the score of unfamiliarity', () => {
  it('is the distance from the nearest class in standard deviations', () => {
    const reference = referenceOf(known(20_000));
    const scores = unfamiliarityScores(Float32Array.of(3, 0, -3, 0, 5, 0, 3, 1, 0, 0), reference);
    [0, 0, 2, 2, 3].forEach((expected, i) => expect(scores[i]).toBeCloseTo(expected, 1));
  });

  it('is exact for a covariance that is known: ((1, 1), (1, 2)) has the distance √5 at (2, 1)', () => {
    // Four rows around 0; the means of their products are 1, 1 and 2.
    const features = Float32Array.of(1, 2, 1, 0, -1, 0, -1, -2);
    const reference = referenceOf({ features, labels: [0, 0, 0, 0] });
    // (2, 1) Σ⁻¹ (2, 1)ᵀ with Σ⁻¹ = ((2, −1), (−1, 1)) is 8 − 4 + 1 = 5.
    expect(unfamiliarityScores(Float32Array.of(2, 1), reference)[0]).toBeCloseTo(Math.sqrt(5), 4);
  });

  it('does not change with the units of features', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.double({ min: -50, max: 50, noNaN: true }),
        (scale, shift) => {
          const { features, labels } = known(200);
          const asked = Float32Array.of(4, 1, 0, 0, -7, 0.3);
          const change = (x: number): number => scale * x + shift;
          const plain = unfamiliarityScores(asked, referenceOf({ features, labels }));
          const changed = unfamiliarityScores(
            asked.map(change),
            referenceOf({ features: features.map(change), labels }),
          );
          changed.forEach((score, i) => expect(Math.abs(score / plain[i]! - 1)).toBeLessThan(0.01));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('stays finite with one image, with features that never vary, and with fewer images than features', () => {
    const scoresOf = (features: number[], labels: number[], asked: number[]) =>
      unfamiliarityScores(
        Float32Array.from(asked),
        referenceOf({ features: Float32Array.from(features), labels }),
      );
    expect([...scoresOf([1, 2], [0], [1, 2])]).toEqual([0]);
    const dead = scoresOf([0, 1, 0, 2, 0, 3], [0, 0, 0], [0, 2, 1, 2]);
    expect(dead[0]).toBeCloseTo(0, 6);
    expect(Number.isFinite(dead[1])).toBe(true);
    expect(dead[1]!).toBeGreaterThan(100);
    const wide = normals(2 * 30, 4);
    const [score] = scoresOf([...wide], [0, 0], [...normals(30, 5)]);
    expect(Number.isFinite(score)).toBe(true);
  });
});
