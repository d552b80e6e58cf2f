/** Small real image files, and folders of them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { uniforms } from '../../src/random.js';

export type Format = 'png' | 'jpeg' | 'webp';

interface Picture {
  readonly width?: number;
  readonly height?: number;
  /** Red, green, blue of 0 to 255. */
  readonly color: readonly [number, number, number];
  /** Makes it another one than all others of its colour; noise of ±20. */
  readonly seed?: number;
  readonly format?: Format;
}

/** One colour under noise. */
export async function picture({
  width = 8,
  height = 8,
  color,
  seed = 0,
  format = 'png',
}: Picture): Promise<Buffer> {
  const noise = uniforms(width * height * 3, seed + 1);
  const raw = Uint8Array.from(noise, (u, i) => Math.min(255, Math.max(0, color[i % 3]! + (u - 0.5) * 40)));
  return sharp(raw, { raw: { width, height, channels: 3 } })
    .toFormat(format)
    .toBuffer();
}

export const RED = [200, 40, 40] as const;
export const BLUE = [40, 40, 200] as const;

/** Writes a file within a folder. */
export function put(root: string, file: string, bytes: Uint8Array | string): string {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}

/**
 * A folder of red and blue pictures.
 * @param counts pictures of each class, such as `{ red: 10, blue: 8 }`, or `{ 'train/red': 3, … }`
 */
export async function pictureFolder(root: string, counts: Readonly<Record<string, number>>): Promise<string> {
  let seed = 0;
  for (const [folder, count] of Object.entries(counts)) {
    const color = folder.endsWith('red') ? RED : BLUE;
    for (let i = 0; i < count; i++)
      put(root, join(folder, `${i}.png`), await picture({ color, seed: ++seed }));
  }
  return root;
}
