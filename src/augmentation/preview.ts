/** What training sees of a few images, to look at. Pure. */
import { createAugmenter, type AugmenterOptions } from './augment.js';
import { sizeOf, type PictureFormat, type Pictures } from './picture.js';

/** A picture as bytes. */
export interface PreviewTile {
  /** Shape [height, width, 3]. */
  readonly rgb: Uint8Array;
  /** Of a picture that is put together from two; null for others. */
  readonly mixed: {
    /** Place of the other among the trial's training images. */
    readonly partner: number;
    /** Share of the picture itself, in [0, 1]. */
    readonly share: number;
  } | null;
}

export interface PreviewOptions extends AugmenterOptions {
  /** Places of the images to be shown among the trial's training images. */
  readonly indices: readonly number[];
  readonly epochs: readonly number[];
  /** The images at such places as they are, standardised. */
  readonly read: (indices: Int32Array) => Pictures;
}

/** @returns for each image the original and then one tile an epoch */
export function preview(options: PreviewOptions): PreviewTile[][] {
  const { format, epochs, read } = options;
  const indices = Int32Array.from(options.indices);
  const augmenter = createAugmenter(options);
  const originals = read(indices);
  const seen = epochs.map((epoch) => augmenter.augment(indices, epoch, read));
  return options.indices.map((_, at) => [
    { rgb: bytesOf(originals, at, format), mixed: null },
    ...seen.map(({ pictures, mixed }) => ({
      rgb: bytesOf(pictures, at, format),
      mixed: mixed && { partner: mixed.partners[at]!, share: mixed.shares[at]! },
    })),
  ]);
}

/** Standardised values as bytes of red, green and blue; grey ones are all three. */
function bytesOf(pictures: Pictures, at: number, format: PictureFormat): Uint8Array {
  const { height, width, channels, mean, std } = format;
  const start = at * sizeOf(format);
  return Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const channel = channels === 3 ? i % 3 : 0;
    const value = pictures[start + Math.floor(i / 3) * channels + channel]!;
    return Math.round(Math.min(1, Math.max(0, value * std[channel]! + mean[channel]!)) * 255);
  });
}
