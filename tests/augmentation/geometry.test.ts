import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { movePicture, type Move } from '../../src/augmentation/geometry.js';
import { blackOf, sizeOf, type PictureFormat } from '../../src/augmentation/picture.js';
import { RGB, golden, picturesOf } from './support.js';

const STILL: Move = { isFlipped: false, degrees: 0, zoom: 1, shiftX: 0, shiftY: 0 };

function moved(source: Float32Array, change: Partial<Move>, format: PictureFormat): number[] {
  const target = new Float32Array(sizeOf(format)).fill(NaN);
  movePicture(source, target, { from: 0, to: 0 }, { ...STILL, ...change }, format);
  return [...target];
}

/** A picture of one channel whose black is 0: mean 0, deviation 1. */
const grey = (height: number, width: number): PictureFormat => ({
  height,
  width,
  channels: 1,
  mean: [0],
  std: [1],
});

describe('a picture that is moved by whole pixels', () => {
  const row = Float32Array.from([1, 2, 3, 4]);

  it('keeps them as they are, and is black where nothing came from', () => {
    expect(moved(row, {}, grey(1, 4))).toEqual([1, 2, 3, 4]);
    expect(moved(row, { shiftX: 1 }, grey(1, 4))).toEqual([0, 1, 2, 3]);
    expect(moved(row, { shiftX: -3 }, grey(1, 4))).toEqual([4, 0, 0, 0]);
    expect(moved(row, { shiftX: 9 }, grey(1, 4))).toEqual([0, 0, 0, 0]);
    expect(moved(row, { shiftY: 1 }, grey(2, 2))).toEqual([0, 0, 1, 2]);
    expect(moved(row, { shiftY: -1 }, grey(4, 1))).toEqual([2, 3, 4, 0]);
  });

  it('is mirrored before it is shifted', () => {
    expect(moved(row, { isFlipped: true }, grey(1, 4))).toEqual([4, 3, 2, 1]);
    expect(moved(row, { isFlipped: true, shiftX: 1 }, grey(1, 4))).toEqual([0, 4, 3, 2]);
    expect(moved(row, { isFlipped: true, shiftX: -1 }, grey(2, 2))).toEqual([1, 0, 3, 0]);
  });

  it('keeps the channels of a pixel together; black is each channel’s own', () => {
    const source = picturesOf(1, RGB);
    const pixel = (values: ArrayLike<number>, x: number, y: number): number[] =>
      [0, 1, 2].map((channel) => values[(y * RGB.width + x) * 3 + channel]!);
    const result = moved(source, { isFlipped: true, shiftX: 2, shiftY: -3 }, RGB);
    for (let y = 0; y < RGB.height; y++) {
      for (let x = 0; x < RGB.width; x++) {
        const isInside = x >= 2 && y < RGB.height - 3;
        const from = isInside ? pixel(source, RGB.width - 1 - (x - 2), y + 3) : blackOf(RGB);
        expect(pixel(result, x, y)).toEqual(from);
      }
    }
  });
});

describe('a picture that is resampled', () => {
  it.each(golden.moves)('is what SciPy makes of it: $move', ({ move, values }) => {
    const format = { height: 6, width: 9, channels: 2, mean: [0.5, 0.25], std: [0.25, 0.5] };
    const source = Float32Array.from({ length: sizeOf(format) }, (_, i) => ((i * 37) % 101) / 50 - 1);
    const result = moved(source, move, format);
    expect(Math.max(...result.map((value, i) => Math.abs(value - values[i]!)))).toBeLessThan(2e-6);
  });

  it('turns anticlockwise: by 90° the right column becomes the upper row', () => {
    const square = Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const close = (values: number[]) => values.map((value) => expect.closeTo(value, 5) as unknown as number);
    expect(moved(square, { degrees: 90 }, grey(3, 3))).toEqual(close([3, 6, 9, 2, 5, 8, 1, 4, 7]));
    expect(moved(square, { degrees: 180 }, grey(3, 3))).toEqual(close([9, 8, 7, 6, 5, 4, 3, 2, 1]));
    expect(moved(square, { degrees: -90 }, grey(3, 3))).toEqual(close([7, 4, 1, 8, 5, 2, 9, 6, 3]));
  });

  it('lies between two neighbours when it is shifted by half a pixel', () => {
    expect(moved(Float32Array.from([1, 2, 4]), { shiftX: 0.5 }, grey(1, 3))).toEqual([0.5, 1.5, 3]);
  });

  it('never has values beyond those of the picture and black', () => {
    const source = picturesOf(1, RGB, 3);
    const real = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    const move = fc.record({
      isFlipped: fc.boolean(),
      degrees: real(-180, 180),
      zoom: real(0.05, 4),
      shiftX: real(-20, 20),
      shiftY: real(-20, 20),
    });
    const limits = [0, 1, 2].map((channel) => {
      const own = [...source].filter((_, i) => i % 3 === channel);
      return [Math.min(blackOf(RGB)[channel]!, ...own), Math.max(blackOf(RGB)[channel]!, ...own)] as const;
    });
    fc.assert(
      fc.property(move, (change) => {
        moved(source, change, RGB).forEach((value, i) => {
          const [low, high] = limits[i % 3]!;
          expect(value).toBeGreaterThanOrEqual(low - 1e-5);
          expect(value).toBeLessThanOrEqual(high + 1e-5);
        });
      }),
    );
  });
});
