/** Pictures in files to the bytes that a network sees: those of folders, and those that a network is asked about. */
import type { Sharp } from 'sharp';
import { messageOf } from '../errors.js';

/** Larger pictures only eat the memory: they become a few thousand pixels. */
const MOST_PIXELS = 100_000_000;

/** The formats by their names in sharp, with their readers in libvips and what people call them. */
const FORMATS = {
  png: { loader: 'Png', label: 'PNG' },
  jpeg: { loader: 'Jpeg', label: 'JPEG' },
  webp: { loader: 'Webp', label: 'WebP' },
  gif: { loader: 'Nsgif', label: 'GIF' },
  tiff: { loader: 'Tiff', label: 'TIFF' },
  heif: { loader: 'Heif', label: 'AVIF' },
} as const;

export type PictureFormat = keyof typeof FORMATS;

export const PICTURE_FORMATS = Object.keys(FORMATS) as readonly PictureFormat[];

/** A file that is no picture that can be used; its message is the reason. */
export class UndecodablePicture extends Error {}

export interface DecodedPicture {
  readonly format: string;
  /** As people see it, turned as its EXIF orientation says, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Shape [height, width, channels], of the size that was asked for. */
  readonly bytes: Uint8Array;
}

let opener: Promise<(file: Uint8Array) => Sharp> | undefined;

/** Loads libvips at the first picture. The ending of a name says nothing: no reader but those above is even tried. */
async function loadOpener(): Promise<(file: Uint8Array) => Sharp> {
  const { default: sharp } = await import('sharp');
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: Object.values(FORMATS).map(({ loader }) => `VipsForeignLoad${loader}`) });
  // Images of folders are decoded side by side; each is read once.
  sharp.concurrency(1);
  sharp.cache(false);
  return (file) =>
    sharp(file, { limitInputPixels: MOST_PIXELS, failOn: 'error' })
      .autoOrient()
      .flatten({ background: '#ffffff' });
}

/** The first picture of a file, turned as its EXIF orientation says, on white where it is transparent. */
export async function openPicture(file: Uint8Array): Promise<Sharp> {
  return (await (opener ??= loadOpener()))(file);
}

/**
 * Decodes a picture: opened as above, brought to a size that it covers and cut at the centre (Lanczos), in sRGB or grey,
 * with 8 bits.
 * @param formats those that are taken
 * @throws UndecodablePicture with the reason
 */
export async function decodePicture(
  file: Uint8Array,
  { height, width, channels }: { readonly height: number; readonly width: number; readonly channels: 1 | 3 },
  formats: readonly PictureFormat[],
): Promise<DecodedPicture> {
  const labels = formats.map((format) => FORMATS[format].label);
  const taken = `${labels.slice(0, -1).join(', ')} or ${labels.at(-1)}`;
  const image = await openPicture(file);
  try {
    const { format, autoOrient: shape } = await image.metadata();
    if (!formats.some((one) => one === format)) throw new UndecodablePicture(`it is no ${taken}`);
    const bytes = await image
      .resize(width, height, { fit: 'cover', position: 'centre' })
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw({ depth: 'uchar' })
      .toBuffer();
    return { format, ...shape, bytes };
  } catch (error) {
    if (error instanceof UndecodablePicture) throw error;
    throw new UndecodablePicture(reasonOf(error, taken), { cause: error });
  }
}

function reasonOf(error: unknown, taken: string): string {
  const [first = ''] = messageOf(error).split('\n');
  if (/unsupported image format/.test(first)) return `it is no ${taken}, or its beginning is damaged`;
  if (/exceeds pixel limit/.test(first)) return 'it has more than 100 megapixels';
  return `it is damaged: ${first.replace(/^Input buffer has corrupt header: /, '')}`;
}

/**
 * Bytes as the images of data sets have them.
 * @param bytes shape [height, width, channels]
 * @returns shape [channels, height + 2 padding, width + 2 padding], zeros around the picture
 */
export function planesOf(
  bytes: Uint8Array,
  size: { readonly height: number; readonly width: number; readonly channels: number },
  padding = 0,
): Uint8Array {
  const { width, channels } = size;
  const [rows, columns] = [size.height + 2 * padding, width + 2 * padding];
  const planes = new Uint8Array(channels * rows * columns);
  for (let i = 0; i < bytes.length; i++) {
    const pixel = Math.floor(i / channels);
    const [y, x] = [Math.floor(pixel / width) + padding, (pixel % width) + padding];
    planes[((i % channels) * rows + y) * columns + x] = bytes[i]!;
  }
  return planes;
}
