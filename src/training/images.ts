/** Images and rows from memory to TensorFlow: standardised by the data set's mean and deviation. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import { byteTables, standardise, type DatasetEntry, type Images, type Standard } from '../data/index.js';
import { executeOnBytes, kernels } from './native.js';

export interface Batch {
  /** Shape [batch, height, width, channels]. */
  readonly images: tf.Tensor4D;
  /** Shape [batch], int32. */
  readonly labels: tf.Tensor1D;
}

/** Some images of a data set, read in order. */
export interface ImageSource {
  /** Number of images, integer ≥ 0. */
  readonly count: number;
  /** Images from `start` on, at most `size`; the caller owns the tensors. */
  read(start: number, size: number): Batch;
}

/** Images that are read in every epoch, in any order. */
export interface TrainingImages extends ImageSource {
  /** @param indices within these images, int32; the caller owns the tensors */
  gather(indices: Int32Array): Batch;
  dispose(): void;
}

/** Standardising all at once in JavaScript would hold the values twice in memory. */
const CHUNK = 1000;

/**
 * Whether images are standardised by elbow's own operation, to the same bits: that is quicker than taking standardised ones from
 * memory, 12 KiB each of CIFAR-10, so that none are kept there.
 */
const isStandardisedByOperation = (images: Images): boolean => !images.rows && kernels() === 'own';

/** Whether `trainingImages` keeps values in TensorFlow's memory. */
export const keepsValues = (images: Images): boolean => !isStandardisedByOperation(images);

function imagesAt(entry: Standard, images: Images, positions: Uint32Array): tf.Tensor4D {
  const { height, width, channels } = entry;
  if (isStandardisedByOperation(images)) return ownImagesAt(entry, images, positions);
  return tf.tensor4d(standardise(entry, images, positions), [positions.length, height, width, channels]);
}

function ownImagesAt(entry: Standard, images: Images, positions: Uint32Array): tf.Tensor4D {
  const { height, width, channels } = entry;
  const size = height * width * channels;
  const bytes = new Uint8Array(positions.length * size);
  positions.forEach((position, i) => bytes.set(images.planes(position), i * size));
  return tf.tidy(() => {
    const tables = tf.stack(byteTables(entry).map((table) => tf.tensor1d(table)));
    const shape = [positions.length, channels, height, width];
    return executeOnBytes('ElbowStandardise', { shape, values: bytes }, [tables]) as tf.Tensor4D;
  });
}

const labelsAt = (images: Images, positions: Uint32Array): tf.Tensor1D =>
  tf.tensor1d(
    Int32Array.from(positions, (position) => images.labels[position]!),
    'int32',
  );

/** Images that are standardised each time they are read. */
export function streamImages(entry: Standard, images: Images, positions: Uint32Array): ImageSource {
  return {
    count: positions.length,
    read: (start, size) => {
      const some = positions.subarray(start, start + size);
      return { images: imagesAt(entry, images, some), labels: labelsAt(images, some) };
    },
  };
}

/** The caller disposes of them. */
export const trainingImages = (
  entry: DatasetEntry,
  images: Images,
  positions: Uint32Array,
): TrainingImages =>
  isStandardisedByOperation(images)
    ? readAnew(entry, images, positions)
    : keepInMemory(entry, images, positions);

function readAnew(entry: Standard, images: Images, positions: Uint32Array): TrainingImages {
  return {
    ...streamImages(entry, images, positions),
    gather: (indices) => {
      const some = Uint32Array.from(indices, (index) => positions[index]!);
      return { images: imagesAt(entry, images, some), labels: labelsAt(images, some) };
    },
    dispose: () => undefined,
  };
}

function keepInMemory(entry: DatasetEntry, images: Images, positions: Uint32Array): TrainingImages {
  const { height, width, channels } = entry;
  const all = tf.tidy(() => {
    const chunks: tf.Tensor4D[] = [];
    for (let start = 0; start < positions.length; start += CHUNK) {
      chunks.push(imagesAt(entry, images, positions.subarray(start, start + CHUNK)));
    }
    return chunks.length > 0 ? tf.concat(chunks, 0) : tf.zeros<tf.Rank.R4>([0, height, width, channels]);
  });
  const labels = labelsAt(images, positions);
  return {
    count: positions.length,
    read: (start, size) => {
      const count = Math.min(size, positions.length - start);
      return {
        images: tf.slice(all, [start, 0, 0, 0], [count, height, width, channels]),
        labels: tf.slice(labels, [start], [count]),
      };
    },
    gather: (indices) =>
      tf.tidy(() => {
        const at = tf.tensor1d(indices, 'int32');
        return { images: tf.gather(all, at), labels: tf.gather(labels, at) };
      }),
    dispose: () => tf.dispose([all, labels]),
  };
}
