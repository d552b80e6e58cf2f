/** Anybody's picture, as a network sees it. */
import { readFile, stat } from 'node:fs/promises';
import { decodePicture, openPicture, PICTURE_FORMATS, planesOf, UndecodablePicture } from '../data/index.js';
import { ElbowError, messageOf } from '../errors.js';

/** A picture of 100 megapixels is smaller than this. */
const MOST_BYTES = 512 * 1024 * 1024;

/** What a network takes, with the zeros that its data set has around each image. */
export interface PictureSize {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** Rows and columns of zeros at each side, within height and width. */
  readonly padding: number;
}

export interface Picture {
  /** Before it was turned as its EXIF orientation says. */
  readonly format: string;
  /** As people see it, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Share of its area that the network sees, in (0, 1]; the rest was cut off. */
  readonly seen: number;
  /** Whether all pixels that the network sees are equal. */
  readonly isBlank: boolean;
  /** Shape [channels, height, width], as the images of data sets. */
  readonly planes: Uint8Array;
}

/**
 * Reads a picture: the first one of an animation, turned as its EXIF orientation says, on white where it is transparent, in
 * sRGB or grey, 8 bits a value, brought to the size that it covers and cut at the centre (Lanczos).
 * @throws ElbowError `picture-unusable` with the reason
 */
export async function readPicture(path: string, size: PictureSize): Promise<Picture> {
  const { channels, padding } = size;
  const inner = { height: size.height - 2 * padding, width: size.width - 2 * padding, channels };
  const file = await readWhole(path);
  try {
    const { format, width, height, bytes } = await decodePicture(file, inner, PICTURE_FORMATS);
    const [across, down] = [width * inner.height, height * inner.width];
    return {
      format,
      width,
      height,
      seen: Math.min(across, down) / Math.max(across, down),
      isBlank: bytes.every((byte, i) => byte === bytes[i % channels]),
      planes: planesOf(bytes, inner, padding),
    };
  } catch (error) {
    if (!(error instanceof UndecodablePicture)) throw error;
    throw unusable(path, error.message, error);
  }
}

/** A PNG of the whole picture, no side longer than `side`, on white. @param path of one that was read before */
export async function thumbnail(path: string, side: number): Promise<Buffer> {
  const image = await openPicture(await readFile(path));
  return image
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .png()
    .toBuffer();
}

/** A PNG of what a network sees, each pixel a square. @param planes shape [channels, height, width] */
export async function seenImage(planes: Uint8Array, size: PictureSize, side: number): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  const { height, width, channels } = size;
  const plane = height * width;
  const pixels = Uint8Array.from(
    planes,
    (_, i) => planes[(i % channels) * plane + Math.floor(i / channels)]!,
  );
  return sharp(pixels, { raw: { width, height, channels } })
    .resize(side, Math.round((side * height) / width), { kernel: 'nearest', fit: 'fill' })
    .toColourspace('srgb')
    .png()
    .toBuffer();
}

async function readWhole(path: string): Promise<Buffer> {
  try {
    const info = await stat(path);
    if (info.isDirectory())
      throw unusable(path, 'it is a folder', undefined, 'Name the pictures in it: DIR/*');
    if (!info.isFile()) throw unusable(path, 'it is no plain file');
    if (info.size === 0) throw unusable(path, 'it is empty');
    if (info.size > MOST_BYTES) throw unusable(path, 'it is larger than 512 MiB');
    return await readFile(path);
  } catch (error) {
    if (error instanceof ElbowError) throw error;
    switch ((error as NodeJS.ErrnoException).code) {
      case 'ENOENT':
        throw unusable(path, 'there is no such file', error);
      case 'EACCES':
      case 'EPERM':
        throw unusable(path, 'it must not be read by this user', error);
      default:
        throw unusable(path, messageOf(error), error);
    }
  }
}

const unusable = (path: string, reason: string, cause?: unknown, hint?: string): ElbowError =>
  new ElbowError('picture-unusable', `${path} cannot be used: ${reason}`, {
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
