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
const BYTE_VALUES = 256;

/**
 * Whether images are standardised by elbow's own operation, to the same bits: that is quicker than taking standardised ones from
 * memory, 12 KiB each of CIFAR-10, so that none are kept there.
 */
const isStandardisedByOperation = (images: Images): boolean => !images.rows && kernels() === 'own';

/** Whether `trainingImages` keeps values in TensorFlow's memory. */
export const keepsValues = (images: Images): boolean => !isStandardisedByOperation(images);

/** Brings images by their positions to TensorFlow, shape [positions, height, width, channels]; the caller owns the tensor. */
type ReadImages = (positions: Uint32Array) => tf.Tensor4D;

function createReader(entry: Standard, images: Images): ReadImages {
  const { height, width, channels } = entry;
  if (!isStandardisedByOperation(images)) {
    return (positions) =>
      tf.tensor4d(standardise(entry, images, positions), [positions.length, height, width, channels]);
  }
  const size = height * width * channels;
  const tables = byteTables(entry);
  const allTables = new Float32Array(tables.length * BYTE_VALUES);
  tables.forEach((table, channel) => allTables.set(table, channel * BYTE_VALUES));
  // TensorFlow copies the bytes, and new memory for each batch costs more than they do.
  let buffer = new Uint8Array(0);
  return (positions) => {
    const count = positions.length * size;
    if (buffer.length < count) buffer = new Uint8Array(count);
    const values = buffer.subarray(0, count);
    positions.forEach((position, i) => values.set(images.planes(position), i * size));
    const bytes = { shape: [positions.length, channels, height, width], values };
    return tf.tidy(() => {
      const given = tf.tensor2d(allTables, [tables.length, BYTE_VALUES]);
      return executeOnBytes('ElbowStandardise', bytes, [given]) as tf.Tensor4D;
    });
  };
}

const labelsAt = (images: Images, positions: Uint32Array): tf.Tensor1D =>
  tf.tensor1d(new Int32Array(positions.map((position) => images.labels[position]!)), 'int32');

/** Images that are standardised each time they are read. */
export const streamImages = (entry: Standard, images: Images, positions: Uint32Array): ImageSource =>
  sourceOf(createReader(entry, images), images, positions);

function sourceOf(read: ReadImages, images: Images, positions: Uint32Array): ImageSource {
  return {
    count: positions.length,
    read: (start, size) => {
      const some = positions.subarray(start, start + size);
      return { images: read(some), labels: labelsAt(images, some) };
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
  const read = createReader(entry, images);
  return {
    ...sourceOf(read, images, positions),
    gather: (indices) => {
      const some = new Uint32Array(indices).map((index) => positions[index]!);
      return { images: read(some), labels: labelsAt(images, some) };
    },
    dispose: () => undefined,
  };
}

function keepInMemory(entry: DatasetEntry, images: Images, positions: Uint32Array): TrainingImages {
  const { height, width, channels } = entry;
  const read = createReader(entry, images);
  const all = tf.tidy(() => {
    const chunks: tf.Tensor4D[] = [];
    for (let start = 0; start < positions.length; start += CHUNK) {
      chunks.push(read(positions.subarray(start, start + CHUNK)));
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
