import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataset, prepareDataset } from '../../src/data/index.js';
import type { AskedFolder } from '../../src/spec/types.js';
import { pictureFolder, put } from '../support/pictures.js';

let scratch: string;
let root: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'elbow-own-'));
  root = join(scratch, 'pictures');
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const options = () => ({
  dataDir: join(scratch, 'data'),
  signal: new AbortController().signal,
  note: () => undefined,
});
const prepare = (change: Partial<AskedFolder> = {}) =>
  prepareDataset(
    {
      ...{ kind: 'folder', name: 'pictures', path: root, size: 4, channels: 3, test: 0.2 },
      ...{ balance: 'smallest', unreadable: 'refuse', ...change },
    },
    options(),
  );

describe('images of all kinds', () => {
  /** The mean of each channel of the one image in train of class `odd`. */
  async function decodedMeans(
    file: string,
    bytes: Uint8Array,
    change: Partial<AskedFolder> = {},
  ): Promise<number[]> {
    await pictureFolder(root, { 'train/plain': 1, 'test/plain': 1, 'test/odd': 1 });
    put(root, `train/odd/${file}`, bytes);
    const { dataset } = await prepare(change);
    const { train } = await openDataset(dataset, options());
    const [size, , channels] = dataset.image;
    const planes = train.planes(train.labels.indexOf(dataset.classes.indexOf('odd')));
    return Array.from({ length: channels }, (_, channel) => {
      const from = channel * size * size;
      return planes.subarray(from, from + size * size).reduce((a, b) => a + b) / (size * size);
    });
  }
  const flat = (color: string, alpha?: number) =>
    sharp({
      create: {
        width: 8,
        height: 8,
        channels: alpha === undefined ? 3 : 4,
        background: { ...hex(color), alpha: alpha ?? 1 },
      },
    });
  const hex = (color: string) => ({
    r: Number.parseInt(color.slice(1, 3), 16),
    g: Number.parseInt(color.slice(3, 5), 16),
    b: Number.parseInt(color.slice(5, 7), 16),
  });
  /** Of 16 bits a channel: 0x8000, 0x4000, 0xc000. */
  function deep(): Buffer {
    const png = new PNG({ width: 8, height: 8 });
    const values = Uint16Array.from({ length: 256 }, (_, i) => [0x8000, 0x4000, 0xc000, 0xffff][i % 4]!);
    png.data = Buffer.from(values.buffer);
    return PNG.sync.write(png, { bitDepth: 16, colorType: 2, inputColorType: 6, inputHasAlpha: true });
  }

  it.each([
    ['a.jpg', () => flat('#c86432').jpeg().toBuffer(), [200, 100, 50]],
    ['a.JPEG', () => flat('#c86432').jpeg().toBuffer(), [200, 100, 50]],
    ['a.webp', () => flat('#c86432').webp({ lossless: true }).toBuffer(), [200, 100, 50]],
    ['half-transparent.png', () => flat('#c86432', 0.5).png().toBuffer(), [227, 177, 152]],
    ['transparent.png', () => flat('#000000', 0).png().toBuffer(), [255, 255, 255]],
    ['grey.png', () => flat('#808080').toColourspace('b-w').png().toBuffer(), [128, 128, 128]],
    ['deep.png', async () => deep(), [128, 64, 192]],
    ['palette.png', () => flat('#c86432').png({ palette: true }).toBuffer(), [200, 100, 50]],
    ['webp-inside.png', () => flat('#c86432').webp({ lossless: true }).toBuffer(), [200, 100, 50]],
  ])('%s', async (file, make, expected) => {
    (await decodedMeans(file, await make())).forEach((mean, channel) => {
      expect(Math.abs(mean - expected[channel]!)).toBeLessThan(3);
    });
  });

  it('of one pixel, and of one row, fill the square', async () => {
    const tiny = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#c86432' } })
      .png()
      .toBuffer();
    expect(await decodedMeans('tiny.png', tiny)).toEqual([200, 100, 50]);
    const row = await sharp({ create: { width: 900, height: 1, channels: 3, background: '#c86432' } })
      .png()
      .toBuffer();
    expect(await decodedMeans('row.png', row)).toEqual([200, 100, 50]);
  });

  it('become grey when one channel is asked for', async () => {
    expect(await decodedMeans('a.png', await flat('#808080').png().toBuffer(), { channels: 1 })).toEqual([
      128,
    ]);
  });

  it('are turned as EXIF says, and cut at their centre', async () => {
    // Four wide and two high: black on the left, white on the right; orientation 6 turns it a quarter to the right.
    const raw = Uint8Array.from({ length: 16 * 8 }, (_, i) => (i % 16 < 8 ? 0 : 255));
    const wide = sharp(raw, { raw: { width: 16, height: 8, channels: 1 } });
    const turned = await wide.clone().withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer();
    await pictureFolder(root, { 'train/plain': 1, 'test/plain': 1, 'test/odd': 1 });
    put(root, 'train/odd/turned.jpg', turned);
    const { dataset } = await prepare({ channels: 1, size: 8 });
    const { train } = await openDataset(dataset, options());
    const plane = train.planes(train.labels.indexOf(dataset.classes.indexOf('odd')));
    const pixel = (row: number, column: number) => plane[8 * row + column]!;
    // What was left is now above. Of 8×16 the middle 8×8 is kept: black above, white below.
    for (const column of [0, 4, 7]) {
      expect(pixel(1, column)).toBeLessThan(60);
      expect(pixel(6, column)).toBeGreaterThan(195);
    }
  });
});
