import { describe, expect, it } from 'vitest';
import { SEVERITIES, WAYS, changePictures, waysFor } from '../../src/augmentation/index.js';
import { sizeOf, type PictureFormat } from '../../src/augmentation/picture.js';
import { RGB, golden, picturesOf } from './support.js';

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
/** Unit values are their own standardised ones. */
const plain = (height: number, width: number, channels: number): PictureFormat => ({
  height,
  width,
  channels,
  mean: Array.from({ length: channels }, () => 0),
  std: Array.from({ length: channels }, () => 1),
});
const close = (values: readonly number[], digits = 5): number[] =>
  values.map((value) => expect.closeTo(value, digits) as unknown as number);

describe('unfamiliar pictures', () => {
  const positions = [0, 1, 2, 3, 4, 5, 6, 7];
  // Smooth ones of the size of real ones: what is nearly noise looks the same when it is moved far or farther.
  const format = { ...RGB, height: 32, width: 32 };
  const source = Float32Array.from({ length: positions.length * sizeOf(format) }, (_, i) => {
    const [channel, x, y] = [i % 3, Math.floor(i / 3) % 32, Math.floor(i / 96) % 32];
    const unit =
      0.5 + 0.4 * Math.cos((x + 3 * channel) / 4) * Math.sin((y + Math.floor(i / 3072)) / 5 + channel);
    return (unit - format.mean[channel]!) / format.std[channel]!;
  });

  it.each(WAYS)(
    'that are %s differ from the original, the first severity least, and stay in [0, 1]',
    (way) => {
      const changed = SEVERITIES.map((severity) =>
        changePictures(source, positions, { way, severity }, format),
      );
      const distances = changed.map((pictures) => distance(pictures, source));
      expect(distances[0]).toBeGreaterThan(0.001);
      distances.slice(1).forEach((one) => expect(one).toBeGreaterThan(distances[0]!));
      const units = changed.at(-1)!.map((value, i) => value * format.std[i % 3]! + format.mean[i % 3]!);
      expect(units.every((unit) => unit > -1e-5 && unit < 1 + 1e-5)).toBe(true);
    },
  );

  it.each(WAYS)('that are %s depend on their own position alone', (way) => {
    const change = { way, severity: 3 } as const;
    const all = changePictures(source, positions, change, format);
    const size = sizeOf(format);
    for (const at of [0, 5]) {
      const one = source.slice(at * size, (at + 1) * size);
      const alone = changePictures(one, [positions[at]!], change, format);
      expect([...alone]).toEqual([...all.subarray(at * size, (at + 1) * size)]);
    }
  });

  it('go by turns in both directions', () => {
    // As bright as their row: of 16 pixels an eighth is two.
    const rows = Float32Array.from({ length: 256 }, (_, i) => (Math.floor(i / 16) + 1) / 20);
    const columns = Float32Array.from({ length: 256 }, (_, i) => ((i % 16) + 1) / 20);
    const middle = (source: Float32Array, position: number): number =>
      changePictures(source, [position], { way: 'shifted', severity: 2 }, plain(16, 16, 1))[8 * 16 + 8]!;
    expect([0, 1, 2, 3].map((position) => middle(rows, position))).toEqual(close([0.35, 0.35, 0.55, 0.55]));
    expect([0, 1, 2, 3].map((position) => middle(columns, position))).toEqual(
      close([0.35, 0.55, 0.35, 0.55]),
    );
    const corner = (way: 'rotated' | 'scaled', position: number): number =>
      changePictures(rows, [position], { way, severity: 3 }, plain(16, 16, 1))[4 * 16 + 8]!;
    // Higher rows are darker: enlarged, a row above the middle comes from nearer to it, and shrunk from farther away.
    expect(corner('scaled', 0)).toBeGreaterThan(rows[4 * 16]!);
    expect(corner('scaled', 1)).toBeLessThan(rows[4 * 16]!);
    const left = (position: number): number =>
      changePictures(rows, [position], { way: 'rotated', severity: 3 }, plain(16, 16, 1))[8 * 16 + 3]!;
    // Anticlockwise, the left of a row comes from above it.
    expect(left(0)).toBeLessThan(rows[8 * 16]!);
    expect(left(1)).toBeGreaterThan(rows[8 * 16]!);
  });

  it('are as dark as their severity says', () => {
    const two = Float32Array.from([0.5, 1]);
    const dark = (severity: 1 | 5) => [
      ...changePictures(two, [0], { way: 'darkened', severity }, plain(1, 2, 1)),
    ];
    expect(dark(1)).toEqual(close([0.4, 0.8]));
    expect(dark(5)).toEqual(close([0.1, 0.2]));
  });

  it.each(golden.blurs)('are blurred as SciPy does with σ = $sigma', ({ severity, values }) => {
    const picture = Float32Array.from({ length: 108 }, (_, i) => ((i * 37) % 101) / 50 - 1);
    const blurred = changePictures(picture, [0], { way: 'blurred', severity }, plain(6, 9, 2));
    expect(Math.max(...blurred.map((value, i) => Math.abs(value - values[i]!)))).toBeLessThan(2e-6);
  });

  it('have another hue, and greys have none to change', () => {
    const grey = Float32Array.from([0.3, 0.3, 0.3, 0.8, 0.8, 0.8]);
    const turned = (pixels: Float32Array, severity: 4 | 5, position = 0) => [
      ...changePictures(pixels, [position], { way: 'recoloured', severity }, plain(1, pixels.length / 3, 3)),
    ];
    expect(turned(grey, 5)).toEqual(close([...grey]));
    const colour = Float32Array.from([0.6, 0.4, 0.3]);
    // Twice half a turn, and three thirds of one, lead back where nothing was cut off.
    expect(turned(Float32Array.from(turned(colour, 5)), 5)).toEqual(close([...colour], 3));
    expect(turned(Float32Array.from(turned(colour, 4)), 4, 1)).toEqual(close([...colour], 3));
    expect(waysFor(3)).toEqual(WAYS);
    expect(waysFor(1)).toEqual(WAYS.filter((way) => way !== 'recoloured'));
  });

  it('have noise of their severity’s deviation, the same in every sweep', () => {
    const size = 100 * 100;
    const flat = new Float32Array(size).fill(0.5);
    const noised = changePictures(flat, [7], { way: 'noised', severity: 3 }, plain(100, 100, 1));
    const mean = noised.reduce((sum, x) => sum + x, 0) / size;
    const deviation = Math.sqrt(noised.reduce((sum, x) => sum + (x - mean) ** 2, 0) / size);
    // Four deviations of each.
    expect(Math.abs(mean - 0.5)).toBeLessThan((4 * 0.12) / 100);
    expect(Math.abs(deviation - 0.12)).toBeLessThan((4 * 0.12) / Math.sqrt(2 * size));
    const other = changePictures(flat, [8], { way: 'noised', severity: 3 }, plain(100, 100, 1));
    expect(other).not.toEqual(noised);
  });

  it('are new ones: the originals stay as they are', () => {
    const pictures = picturesOf(1, RGB);
    const before = [...pictures];
    for (const way of WAYS) changePictures(pictures, [0], { way, severity: 5 }, RGB);
    expect([...pictures]).toEqual(before);
  });
});
