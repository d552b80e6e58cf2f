/**
 * CIFAR-10's official binary layout: five training files and one test file of 10,000 records, each one byte of class and
 * 3,072 bytes of image: 1,024 of red, then green, then blue, row by row.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ElbowError, messageOf } from '../errors.js';
import { CIFAR10 } from './catalog.js';

export const TRAIN_FILES = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
export const TEST_FILE = 'test_batch.bin';
export const FILES: readonly string[] = [...TRAIN_FILES, TEST_FILE];
export const PLANE = 32 * 32;
export const IMAGE = 3 * PLANE;
export const RECORD = 1 + IMAGE;
export const RECORDS_PER_FILE = 10_000;
const FILE_BYTES = RECORD * RECORDS_PER_FILE;
const MANIFEST = 'manifest.json';

export interface Manifest {
  readonly dataset: string;
  /** SHA-256 over the files, one behind the other, in hex. */
  readonly digest: string;
}

/** Images of a data set as they lie in memory. */
export interface Images {
  /** Shape [count, channels, height, width], planes of bytes. */
  readonly pixels: Uint8Array;
  /** Shape [count]. */
  readonly labels: Uint8Array;
}

const again = (folder: string): string =>
  `Remove the folder ${folder}; the next \`elbow run\` brings the data set again.`;

/** Reads a file of the layout. @throws ElbowError `data-missing`, `data-damaged` */
function readRecords(folder: string, name: string): Buffer {
  const path = join(folder, name);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new ElbowError('data-missing', `the data file ${path} cannot be read: ${messageOf(error)}`, {
      hint: again(folder),
      cause: error,
    });
  }
  if (bytes.length === FILE_BYTES) return bytes;
  throw new ElbowError('data-damaged', `expected ${FILE_BYTES} bytes in ${path}, got ${bytes.length}`, {
    hint: again(folder),
  });
}

/** Whether a whole data set seems to be there: the manifest, and every file with its size. */
export function isPresent(folder: string): boolean {
  return (
    existsSync(join(folder, MANIFEST)) &&
    FILES.every((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size === FILE_BYTES)
  );
}

/** @throws ElbowError `data-missing`, `data-damaged` */
export function readManifest(folder: string): Manifest {
  const path = join(folder, MANIFEST);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ElbowError(
      'data-missing',
      `the data set's manifest ${path} cannot be read: ${messageOf(error)}`,
      {
        hint: again(folder),
        cause: error,
      },
    );
  }
  try {
    // Written by writeManifest alone; another shape is as damaged as no JSON.
    const manifest = JSON.parse(text) as Manifest;
    if (/^[0-9a-f]{64}$/.test(manifest.digest)) return manifest;
  } catch {
    // Told below.
  }
  throw new ElbowError('data-damaged', `${path} is no manifest of a data set`, { hint: again(folder) });
}

/** The manifest of the files in a folder, as text. */
export function manifestOf(folder: string): string {
  const hash = createHash('sha256');
  for (const name of FILES) hash.update(readRecords(folder, name));
  const manifest: Manifest = { dataset: CIFAR10.name, digest: hash.digest('hex') };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

export const manifestPath = (folder: string): string => join(folder, MANIFEST);

function append(images: Images, bytes: Buffer, first: number): void {
  for (let i = 0; i < RECORDS_PER_FILE; i++) {
    images.labels[first + i] = bytes[i * RECORD]!;
    images.pixels.set(bytes.subarray(i * RECORD + 1, (i + 1) * RECORD), (first + i) * IMAGE);
  }
}

const empty = (count: number): Images => ({
  pixels: new Uint8Array(count * IMAGE),
  labels: new Uint8Array(count),
});

/**
 * Loads everything and checks it against the manifest.
 * @throws ElbowError `data-missing` and `data-damaged`, naming the file
 */
export function readCifar10(folder: string): { train: Images; test: Images; digest: string } {
  const { digest } = readManifest(folder);
  const hash = createHash('sha256');
  const train = empty(TRAIN_FILES.length * RECORDS_PER_FILE);
  const test = empty(RECORDS_PER_FILE);
  TRAIN_FILES.forEach((name, i) => {
    const bytes = readRecords(folder, name);
    hash.update(bytes);
    append(train, bytes, i * RECORDS_PER_FILE);
  });
  const bytes = readRecords(folder, TEST_FILE);
  hash.update(bytes);
  append(test, bytes, 0);
  const found = hash.digest('hex');
  if (found === digest) return { train, test, digest };
  throw new ElbowError(
    'data-damaged',
    `the files in ${folder} are not what they were: expected SHA-256 ${digest}, got ${found}`,
    {
      hint: again(folder),
    },
  );
}
