/** Whether images are the published ones, by their counts, means and deviations. Pure. */
import type { DatasetEntry } from './catalog.js';
import type { Images, ImageSets } from './images.js';

/** Means and deviations are published to five digits. */
const TOLERANCE = 1e-5;

/** In what images differ from the published figures: a phrase each, none where they do not. */
export function differences(entry: DatasetEntry, { train, test }: ImageSets): string[] {
  const counts = [
    ['training', train.labels, entry.trainPerClass],
    ['test', test.labels, entry.testPerClass],
  ] as const;
  const moments = entry.mean.flatMap((published, channel) => {
    const { mean, std } = channelMoments(entry, train, channel);
    return [
      [`mean of channel ${channel}`, mean, published],
      [`standard deviation of channel ${channel}`, std, entry.std[channel]!],
    ] as const;
  });
  return [
    ...counts.flatMap(([what, labels, published]) => {
      const found = entry.classes.map((_, label) => labels.filter((one) => one === label).length);
      return found.some((count, label) => count !== published[label])
        ? [`${what} images a class: ${found.join(', ')} instead of ${published.join(', ')}`]
        : [];
    }),
    ...moments.flatMap(([what, found, published]) =>
      Math.abs(found - published) > TOLERANCE ? [`${what}: ${found} instead of ${published}`] : [],
    ),
  ];
}

/** Mean and standard deviation of a channel over all images without their padding, of values in [0, 1]. */
export function channelMoments(
  { height, width, padding }: Pick<DatasetEntry, 'height' | 'width' | 'padding'>,
  images: Pick<Images, 'labels' | 'planes'>,
  channel: number,
): { mean: number; std: number } {
  const plane = height * width;
  let sum = 0;
  let squares = 0;
  for (let position = 0; position < images.labels.length; position++) {
    for (const value of images.planes(position).subarray(channel * plane, (channel + 1) * plane)) {
      sum += value;
      squares += value * value;
    }
  }
  // Padding is zeros: it adds nothing to the sums, and is left out of the count.
  const count = images.labels.length * (height - 2 * padding) * (width - 2 * padding);
  const mean = sum / count;
  return { mean: mean / 255, std: Math.sqrt(squares / count - mean * mean) / 255 };
}
