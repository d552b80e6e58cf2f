import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { betaNumber } from '../../src/augmentation/beta.js';
import { drawFor, epochSeed, mixFor } from '../../src/augmentation/draw.js';
import { streamOf } from '../../src/random.js';
import { FULL, OFF, RGB } from './support.js';

const SEED = epochSeed({ sweepSeed: 42, replicate: 0 }, 1);
const many = Array.from({ length: 10_000 }, (_, position) => position);
const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
/** Of 10,000 uniform numbers in [−1, 1) the mean has the deviation 0.0058. */
const nearNought = (values: readonly number[], largest: number): void =>
  expect(Math.abs(mean(values))).toBeLessThan(0.024 * largest);

describe('what is drawn for a picture', () => {
  const draws = many.map((position) => drawFor(FULL, RGB, SEED, position));

  it('lies within its settings, and uses their whole range evenly', () => {
    const within = (values: readonly number[], largest: number): void => {
      expect(Math.max(...values)).toBeLessThanOrEqual(largest);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(-largest);
      expect(Math.max(...values)).toBeGreaterThan(0.99 * largest);
      expect(Math.min(...values)).toBeLessThan(-0.99 * largest);
      nearNought(values, largest);
    };
    within(
      draws.map(({ move }) => move.degrees),
      20,
    );
    within(
      draws.map(({ move }) => move.zoom - 1),
      0.2,
    );
    within(
      draws.map(({ colouring }) => colouring!.brightness - 1),
      0.3,
    );
    within(
      draws.map(({ colouring }) => colouring!.contrast - 1),
      0.3,
    );
    within(
      draws.map(({ colouring }) => colouring!.saturation - 1),
      0.3,
    );
    const shifted = many.map((position) => drawFor({ ...OFF, translate: 0.1 }, RGB, SEED, position).move);
    within(
      shifted.map(({ shiftX }) => shiftX),
      0.1 * RGB.width,
    );
    within(
      shifted.map(({ shiftY }) => shiftY),
      0.1 * RGB.height,
    );
    // Four deviations of √(10,000 / 4) around the half.
    const flips = draws.filter(({ move }) => move.isFlipped).length;
    expect(Math.abs(flips - 5_000)).toBeLessThan(200);
  });

  it('crops to every place equally often, by whole pixels', () => {
    const counts = new Map<string, number>();
    for (const position of many) {
      const { shiftX, shiftY } = drawFor({ ...OFF, crop: 2 }, RGB, SEED, position).move;
      counts.set(`${shiftX},${shiftY}`, (counts.get(`${shiftX},${shiftY}`) ?? 0) + 1);
    }
    expect(counts.size).toBe(25);
    // χ² with 24 degrees of freedom: above 51.2 in one of a thousand.
    const chi = [...counts.values()].reduce((sum, count) => sum + (count - 400) ** 2 / 400, 0);
    expect(chi).toBeLessThan(51.2);
  });

  it('is nothing where nothing is on', () => {
    const still = { isFlipped: false, degrees: 0, zoom: 1, shiftX: 0, shiftY: 0 };
    for (const position of many.slice(0, 100)) {
      expect(drawFor(OFF, RGB, SEED, position)).toEqual({ move: still, colouring: null, cutout: null });
    }
  });

  it('is of a setting the same whatever else is on', () => {
    for (const position of many.slice(0, 200)) {
      const full = drawFor(FULL, RGB, SEED, position);
      expect(drawFor({ ...OFF, rotate: 20 }, RGB, SEED, position).move.degrees).toBe(full.move.degrees);
      expect(drawFor({ ...OFF, flip: true }, RGB, SEED, position).move.isFlipped).toBe(full.move.isFlipped);
      expect(drawFor({ ...OFF, cutout: 3 }, RGB, SEED, position).cutout).toEqual(full.cutout);
    }
  });

  it('differs between epochs, replicates, sweeps and pictures', () => {
    const angles = [
      [42, 0, 1, 7],
      [43, 0, 1, 7],
      [42, 1, 1, 7],
      [42, 0, 2, 7],
      [42, 0, 1, 8],
    ].map(([sweepSeed, replicate, epoch, position]) => {
      const seed = epochSeed({ sweepSeed: sweepSeed!, replicate: replicate! }, epoch!);
      return drawFor(FULL, RGB, seed, position!).move.degrees;
    });
    expect(new Set(angles).size).toBe(5);
  });
});

describe('what a picture is mixed with', () => {
  const drawn = (settings: typeof OFF) =>
    many.map((position) => mixFor(settings, RGB, { count: 50, seed: SEED, position }));

  it('is any training image equally often, by a share of Beta(α, α)', () => {
    const mixes = drawn({ ...OFF, mixup: 1 });
    const counts = new Array<number>(50).fill(0);
    for (const { partner } of mixes) counts[partner]!++;
    // χ² with 49 degrees of freedom: above 85.4 in one of a thousand.
    expect(counts.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0)).toBeLessThan(85.4);
    expect(mixes.every(({ kind }) => kind === 'mixup')).toBe(true);
    // Beta(1, 1) is uniform.
    nearNought(
      mixes.map(({ share }) => 2 * share - 1),
      1,
    );
    expect(drawn({ ...OFF, cutmix: 1 }).every(({ kind }) => kind === 'cutmix')).toBe(true);
  });

  it('is by one of both ways at random where both are on', () => {
    const blended = drawn({ ...OFF, mixup: 1, cutmix: 1 }).filter(({ kind }) => kind === 'mixup').length;
    expect(Math.abs(blended - 5_000)).toBeLessThan(200);
  });
});

describe('numbers of Beta(α, α)', () => {
  it.each([0.1, 0.5, 1, 2, 8])('have its mean and variance for α = %d', (alpha) => {
    const values = many.map((index) => betaNumber(alpha, streamOf(7, index)));
    const variance = 1 / (4 * (2 * alpha + 1));
    expect(Math.abs(mean(values) - 0.5)).toBeLessThan(4 * Math.sqrt(variance / values.length));
    expect(mean(values.map((x) => (x - 0.5) ** 2)) / variance).toBeCloseTo(1, 1);
  });

  it('are in [0, 1] for any α, however small or large', () => {
    const alphas = fc.oneof(
      fc.double({ min: 1e-300, max: 1e300, noNaN: true }),
      fc.double({ min: 1e-6, max: 20, noNaN: true }),
    );
    fc.assert(
      fc.property(alphas, fc.nat(), (alpha, index) => {
        const value = betaNumber(alpha, streamOf(1, index));
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
      }),
    );
  });
});
