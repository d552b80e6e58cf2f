import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync, crc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPicture, type PictureSize } from '../../src/predict/index.js';
import { uniforms } from '../../src/random.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'elbow-pictures-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RGB: PictureSize = { height: 32, width: 32, channels: 3, padding: 0 };
const GREY: PictureSize = { height: 32, width: 32, channels: 1, padding: 2 };

let count = 0;
function put(bytes: Uint8Array): string {
  const path = join(folder, `${++count}.bin`);
  writeFileSync(path, bytes);
  return path;
}

interface Color {
  r: number;
  g: number;
  b: number;
  alpha?: number;
}

const plain = (width: number, height: number, background: Color, channels: 3 | 4 = 3): Sharp =>
  sharp({ create: { width, height, channels, background } });

/** Left half of one colour, right half of another. */
const halves = (width: number, height: number, left: Color, right: Color): Sharp =>
  plain(width, height, left).composite([
    {
      input: { create: { width: width / 2, height, channels: 3, background: right } },
      left: width / 2,
      top: 0,
    },
  ]);

const red = { r: 220, g: 10, b: 10 };
const blue = { r: 10, g: 10, b: 220 };

/** The bytes of one place, one a channel. */
const at = (
  planes: Uint8Array,
  x: number,
  y: number,
  { width, height, channels }: PictureSize = RGB,
): number[] => Array.from({ length: channels }, (_, c) => planes[(c * height + y) * width + x]!);

const near = (values: number[], expected: number[], within = 6): void =>
  values.forEach((value, i) =>
    expect(Math.abs(value - expected[i]!), `${values.join()}`).toBeLessThanOrEqual(within),
  );

describe('a picture', () => {
  it('of the network’s size keeps every byte', async () => {
    const pixels = Uint8Array.from(uniforms(32 * 32 * 3, 5), (u) => Math.floor(256 * u));
    const png = await sharp(pixels, { raw: { width: 32, height: 32, channels: 3 } })
      .png()
      .toBuffer();
    const { planes, ...facts } = await readPicture(put(png), RGB);
    expect(facts).toEqual({ format: 'png', width: 32, height: 32, seen: 1, isBlank: false });
    const planar = Uint8Array.from(pixels, (_, i) => pixels[(i % 1024) * 3 + Math.floor(i / 1024)]!);
    expect(planes).toEqual(planar);
  });

  it.each(['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'] as const)(
    'may be a %s of any size',
    async (format) => {
      const path = put(await halves(400, 300, red, blue).toFormat(format).toBuffer());
      const { planes, width, height, seen } = await readPicture(path, RGB);
      expect([width, height, seen]).toEqual([400, 300, 0.75]);
      near(at(planes, 3, 16), [220, 10, 10], 12);
      near(at(planes, 28, 16), [10, 10, 220], 12);
    },
  );

  it('is cut at the centre where it is no square', async () => {
    const wide = await readPicture(put(await halves(1200, 40, red, blue).png().toBuffer()), RGB);
    expect(wide.seen).toBeCloseTo(1 / 30, 12);
    near(at(wide.planes, 2, 16), [220, 10, 10]);
    near(at(wide.planes, 29, 16), [10, 10, 220]);
  });

  it('is turned as its EXIF orientation says, and its sides are as people see them', async () => {
    const path = put(await halves(80, 40, red, blue).withMetadata({ orientation: 6 }).jpeg().toBuffer());
    const { planes, width, height } = await readPicture(path, RGB);
    expect([width, height]).toEqual([40, 80]);
    // A quarter turn clockwise: what was left is at the top.
    near(at(planes, 16, 1), [220, 10, 10], 12);
    near(at(planes, 16, 30), [10, 10, 220], 12);
  });

  it('lies on white where it is transparent', async () => {
    const clear = await readPicture(
      put(
        await plain(64, 64, { ...red, alpha: 0 }, 4)
          .png()
          .toBuffer(),
      ),
      RGB,
    );
    near(at(clear.planes, 16, 16), [255, 255, 255], 0);
    const half = await readPicture(
      put(
        await plain(64, 64, { ...red, alpha: 0.5 }, 4)
          .png()
          .toBuffer(),
      ),
      RGB,
    );
    near(at(half.planes, 16, 16), [238, 133, 133], 2);
  });

  it('may be grey, have 16 bits, or the colours of print', async () => {
    const grey = await plain(50, 50, { r: 90, g: 90, b: 90 }).toColourspace('b-w').png().toBuffer();
    near(at((await readPicture(put(grey), RGB)).planes, 5, 5), [90, 90, 90], 0);
    const deep = await sharp(new Uint16Array(64).fill(0x8000), {
      raw: { width: 8, height: 8, channels: 1 },
    })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    near(at((await readPicture(put(deep), RGB)).planes, 5, 5), [128, 128, 128], 1);
    const print = await plain(40, 40, red).toColourspace('cmyk').jpeg().toBuffer();
    const [r, g, b] = at((await readPicture(put(print), RGB)).planes, 5, 5);
    expect(r).toBeGreaterThan(150);
    expect(Math.max(g!, b!)).toBeLessThan(90);
  });

  it('becomes grey for a network of one channel, with the zeros of its data set around', async () => {
    const { planes } = await readPicture(
      put(await plain(56, 56, { r: 255, g: 255, b: 255 }).png().toBuffer()),
      GREY,
    );
    expect(planes).toHaveLength(32 * 32);
    const ones = Array.from(planes, (byte) => (byte === 255 ? 1 : 0));
    expect(ones.reduce<number>((sum, one) => sum + one, 0)).toBe(28 * 28);
    expect([
      at(planes, 1, 16, GREY),
      at(planes, 2, 2, GREY),
      at(planes, 29, 29, GREY),
      at(planes, 30, 30, GREY),
    ]).toEqual([[0], [255], [255], [0]]);
    const colored = await readPicture(put(await plain(56, 56, red).png().toBuffer()), GREY);
    expect(at(colored.planes, 16, 16, GREY)[0]).toBeGreaterThan(30);
  });

  it('of an animation is its first one', async () => {
    const frames = await Promise.all([red, blue].map((color) => plain(20, 20, color).png().toBuffer()));
    const gif = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    near(at((await readPicture(put(gif), RGB)).planes, 9, 9), [220, 10, 10], 12);
  });

  it('of one pixel is one colour', async () => {
    const { planes, isBlank, width, height } = await readPicture(
      put(await plain(1, 1, red).png().toBuffer()),
      RGB,
    );
    expect({ width, height, isBlank }).toEqual({ width: 1, height: 1, isBlank: true });
    near(at(planes, 31, 0), [220, 10, 10], 0);
    expect((await readPicture(put(await halves(2, 1, red, blue).png().toBuffer()), RGB)).isBlank).toBe(false);
  });
});

/** A PNG that says it is so large; its pixels are not all there. */
function hollowPng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.alloc(1_000))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('a file that is no picture', () => {
  const refusal = (path: string): Promise<string> =>
    readPicture(path, RGB).then(
      () => 'answered',
      (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
    );

  it('is named with the reason', async () => {
    const png = await halves(64, 64, red, blue).png().toBuffer();
    mkdirSync(join(folder, 'album'));
    const cases: [string, RegExp][] = [
      [join(folder, 'nothing.png'), /nothing\.png cannot be used: there is no such file$/],
      [join(folder, 'album'), /album cannot be used: it is a folder$/],
      [put(Buffer.alloc(0)), /it is empty$/],
      [
        put(Buffer.from('dear diary')),
        /it is no PNG, JPEG, WebP, GIF, TIFF or AVIF, or its beginning is damaged$/,
      ],
      [put(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')), /it is no PNG/],
      [put(png.subarray(0, png.length - 40)), /it is damaged: /],
      [put(hollowPng(10_001, 10_000)), /it has more than 100 megapixels$/],
      [put(hollowPng(100, 100)), /it is damaged: /],
    ];
    for (const [path, expected] of cases) {
      const found = await refusal(path);
      expect(found).toMatch(expected);
      expect(found).toMatch(/^picture-unusable: /);
    }
  });
});
