import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { colourPicture, type Colouring } from '../../src/augmentation/colour.js';
import { sizeOf, type PictureFormat } from '../../src/augmentation/picture.js';
import { RGB, golden, picturesOf } from './support.js';

const SAME: Colouring = { brightness: 1, contrast: 1, saturation: 1 };
/** Unit values are their own standardised ones. */
const plain = (height: number, width: number, channels: number): PictureFormat => ({
  height,
  width,
  channels,
  mean: Array.from({ length: channels }, () => 0),
  std: Array.from({ length: channels }, () => 1),
});

function coloured(source: ArrayLike<number>, change: Partial<Colouring>, format: PictureFormat): number[] {
  const target = new Float32Array(sizeOf(format));
  colourPicture(Float32Array.from(source), target, 0, { ...SAME, ...change }, format);
  return [...target];
}

const close = (values: number[]): number[] =>
  values.map((value) => expect.closeTo(value, 6) as unknown as number);

describe('colours', () => {
  it.each(golden.colourings)('are those of Pillow, but for its bytes: $factors', ({ factors, bytes }) => {
    const source = Array.from({ length: 60 }, (_, i) => ((i * 67) % 256) / 255);
    const result = coloured(source, factors, plain(4, 5, 3));
    // Pillow cuts to whole bytes after each step, and takes a whole byte for the mean grey.
    const furthest = Math.max(...result.map((value, i) => Math.abs(value * 255 - bytes[i]!)));
    expect(furthest).toBeLessThan(3);
  });

  it('follow their formulas, cut to [0, 1] after each', () => {
    const two = [0.2, 0.4, 0.6, 0.8, 0.6, 0.1];
    const format = plain(1, 2, 3);
    expect(coloured(two, { brightness: 1.5 }, format)).toEqual(close([0.3, 0.6, 0.9, 1, 0.9, 0.15]));
    const greys = [0.299 * 0.2 + 0.587 * 0.4 + 0.114 * 0.6, 0.299 * 0.8 + 0.587 * 0.6 + 0.114 * 0.1];
    const mean = (greys[0]! + greys[1]!) / 2;
    expect(coloured(two, { contrast: 0.5 }, format)).toEqual(close(two.map((x) => mean + (x - mean) / 2)));
    expect(coloured(two, { saturation: 0.5 }, format)).toEqual(
      close(two.map((x, i) => (x + greys[i < 3 ? 0 : 1]!) / 2)),
    );
    // Bright first: what is cut off there does not come back.
    expect(coloured([0.5, 1], { brightness: 2, contrast: 0.5 }, plain(1, 2, 1))).toEqual([1, 1]);
  });

  it('of a grey picture have no saturation', () => {
    const source = [0.1, 0.5, 0.9];
    expect(coloured(source, { saturation: 0.2 }, plain(1, 3, 1))).toEqual(close(source));
  });

  it('stay within black and full, standardised by each channel’s mean and deviation', () => {
    const factor = fc.double({ min: 0, max: 2, noNaN: true });
    const source = picturesOf(1, RGB, 5);
    fc.assert(
      fc.property(fc.record({ brightness: factor, contrast: factor, saturation: factor }), (change) => {
        coloured(source, change, RGB).forEach((value, i) => {
          const unit = value * RGB.std[i % 3]! + RGB.mean[i % 3]!;
          expect(unit).toBeGreaterThan(-1e-6);
          expect(unit).toBeLessThan(1 + 1e-6);
        });
      }),
    );
    const same = coloured(source, {}, RGB);
    expect(Math.max(...same.map((value, i) => Math.abs(value - source[i]!)))).toBeLessThan(1e-5);
  });
});
