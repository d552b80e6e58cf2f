/** Images as networks see them. Pure. */
import type { DatasetEntry } from './catalog.js';
import type { Images } from './images.js';

/** What of a data set says how its bytes become what a network takes. */
export type Standard = Pick<DatasetEntry, 'height' | 'width' | 'channels' | 'mean' | 'std'>;

/** Every byte that a pixel may have, standardised, for each channel: shape [channels][256]. */
export function byteTables(entry: Standard): Float32Array[] {
  return entry.mean.map((mean, channel) =>
    Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - mean) / entry.std[channel]!),
  );
}

/**
 * Standardises images, or rows of a table, by the data set's mean and deviation.
 * @param positions among the images
 * @returns shape [positions, height, width, channels]
 */
export function standardise(entry: Standard, images: Images, positions: ArrayLike<number>): Float32Array {
  const { height, width, channels } = entry;
  const plane = height * width;
  const values = new Float32Array(positions.length * plane * channels);
  if (images.rows) {
    for (let to = 0; to < values.length; to++) {
      const channel = to % channels;
      const value = images.rows[positions[Math.floor(to / channels)]! * channels + channel]!;
      values[to] = (value - entry.mean[channel]!) / entry.std[channel]!;
    }
    return values;
  }
  const tables = byteTables(entry);
  for (let i = 0; i < positions.length; i++) {
    const planes = images.planes(positions[i]!);
    for (let channel = 0; channel < channels; channel++) {
      const table = tables[channel]!;
      let to = i * plane * channels + channel;
      for (let pixel = channel * plane; pixel < (channel + 1) * plane; pixel++, to += channels) {
        values[to] = table[planes[pixel]!]!;
      }
    }
  }
  return values;
}
