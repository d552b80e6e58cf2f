/** Images from memory to TensorFlow: standardised by the data set's published mean and deviation. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import type { DatasetEntry, Images } from '../data/index.js';

export interface Batch {
  /** Shape [batch, height, width, channels]. */
  readonly images: tf.Tensor4D;
  /** Shape [batch], int32. */
  readonly labels: tf.Tensor1D;
}

export interface BatchMaker {
  /** @param positions of the images to take; the caller owns the tensors */
  make(images: Images, positions: Uint32Array): Batch;
}

/** Every byte a pixel may have, standardised, for each channel: shape [channels][256]. */
function tables(entry: DatasetEntry): Float32Array[] {
  return entry.mean.map((mean, channel) =>
    Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - mean) / entry.std[channel]!),
  );
}

export function createBatchMaker(entry: DatasetEntry): BatchMaker {
  const { height, width, channels } = entry;
  const plane = height * width;
  const table = tables(entry);
  return {
    make: (images, positions) => {
      const values = new Float32Array(positions.length * plane * channels);
      const labels = new Int32Array(positions.length);
      positions.forEach((position, i) => {
        labels[i] = images.labels[position]!;
        for (let channel = 0; channel < channels; channel++) {
          const standardised = table[channel]!;
          const from = (position * channels + channel) * plane;
          let to = i * plane * channels + channel;
          for (let pixel = from; pixel < from + plane; pixel++, to += channels) {
            values[to] = standardised[images.pixels[pixel]!]!;
          }
        }
      });
      return {
        images: tf.tensor4d(values, [positions.length, height, width, channels]),
        labels: tf.tensor1d(labels, 'int32'),
      };
    },
  };
}
