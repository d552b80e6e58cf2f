/** Mean and deviation of training examples, by which they are standardised. Pure. */
import { channelMoments } from '../figures.js';
import { packedImages } from '../images.js';
import type { OwnSource } from './source.js';

/** Names that are listed of columns without variance. */
const MOST_NAMES = 10;

export interface ExampleMoments {
  /** Of each channel, of values in [0, 1]; of a table, of each feature's own values. */
  readonly mean: readonly number[];
  /** Where all values are equal 1, so that these become 0. */
  readonly std: readonly number[];
  /** A sentence about channels or features that are equal everywhere; null where there are none. */
  readonly constant: string | null;
}

/** @param train the examples as they are stored, at least one */
export function exampleMoments(
  train: Uint8Array,
  { image: [height, width, channels], columns }: Pick<OwnSource, 'image' | 'columns'>,
): ExampleMoments {
  const moments = columns
    ? featureMoments(new Float32Array(new Uint8Array(train).buffer), columns.length)
    : imageMoments(train, { height, width, channels });
  const names = moments.flatMap(({ std }, i) => (std > 0 ? [] : [columns?.[i] ?? `channel ${i}`]));
  const shown = names.slice(0, MOST_NAMES).join(', ') + (names.length > MOST_NAMES ? ', …' : '');
  return {
    mean: moments.map(({ mean }) => mean),
    std: moments.map(({ std }) => (std > 0 ? std : 1)),
    constant: names.length === 0 ? null : `the same value in all training examples: ${shown}`,
  };
}

function imageMoments(
  pixels: Uint8Array,
  { height, width, channels }: { readonly height: number; readonly width: number; readonly channels: number },
): { mean: number; std: number }[] {
  // Their classes do not matter here.
  const images = packedImages(pixels, new Uint8Array(pixels.length / (height * width * channels)));
  return Array.from({ length: channels }, (_, channel) =>
    channelMoments({ height, width, padding: 0 }, images, channel),
  );
}

/** In two passes, in double precision: values far from 0 keep their deviation. */
function featureMoments(values: Float32Array, features: number): { mean: number; std: number }[] {
  const count = values.length / features;
  const mean = new Float64Array(features);
  const squares = new Float64Array(features);
  values.forEach((value, i) => (mean[i % features]! += value / count));
  values.forEach((value, i) => (squares[i % features]! += (value - mean[i % features]!) ** 2 / count));
  const first = values.subarray(0, features);
  const varies = Array.from(first, (value, i) => {
    for (let at = i; at < values.length; at += features) if (values[at] !== value) return true;
    return false;
  });
  // Rounding of the mean gives equal values a deviation that is not quite 0.
  return Array.from(mean, (m, i) => ({
    mean: varies[i] ? m : first[i]!,
    std: varies[i] ? Math.sqrt(squares[i]!) : 0,
  }));
}
