/** One image file to the bytes that a network sees. */
import sharp from 'sharp';
import { ElbowError, messageOf } from '../../errors.js';
import { UnreadableFile } from './source.js';

/** Larger pictures only eat the memory: they become a few thousand pixels. */
const MOST_PIXELS = 100_000_000;

// The ending of a name says nothing: no other format is even tried.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadPng', 'VipsForeignLoadJpeg', 'VipsForeignLoadWebp'],
});
// Images are decoded side by side; each is read once.
sharp.concurrency(1);
sharp.cache(false);

/**
 * Decodes a PNG, JPEG or WebP: turned as its EXIF orientation says, on white where it is transparent, brought to a square
 * that it covers and cut at the centre (Lanczos), in sRGB or grey, with 8 bits.
 * @param size pixels of a side
 * @returns shape [channels, size, size]
 * @throws UnreadableFile with the reason
 */
export async function decodeImage(
  file: Uint8Array,
  { size, channels }: { readonly size: number; readonly channels: 1 | 3 },
): Promise<Uint8Array> {
  const { data, info } = await sharp(file, { limitInputPixels: MOST_PIXELS, failOn: 'error' })
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .resize(size, size, { fit: 'cover', position: 'centre' })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw new UnreadableFile(reasonOf(error), { cause: error });
    });
  if (info.channels !== channels) {
    throw new ElbowError('bug', `expected an image of ${channels} channels, got ${info.channels}`);
  }
  const plane = size * size;
  const planes = new Uint8Array(plane * channels);
  for (let pixel = 0; pixel < plane; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      planes[channel * plane + pixel] = data[pixel * channels + channel]!;
    }
  }
  return planes;
}

function reasonOf(error: unknown): string {
  const [first = ''] = messageOf(error).split('\n');
  if (/unsupported image format/.test(first)) return 'it is no PNG, JPEG or WebP';
  if (/exceeds pixel limit/.test(first)) return 'it has more than 100 megapixels';
  return `it is damaged: ${first.replace(/^Input buffer has corrupt header: /, '')}`;
}
