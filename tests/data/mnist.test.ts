import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ensureDataset,
  findDataset,
  isPresent,
  loadDataset,
  splitFor,
  type Dataset,
  type Images,
} from '../../src/data/index.js';
import { linkDataset, realDataDir } from '../support/dataset.js';

const ROW = 32;
const IMAGE = ROW * ROW;
/** The original files' headers. */
const IMAGES_HEADER = 16;

let dataDir: string;
let mnist: Dataset;
beforeAll(async () => {
  dataDir = await realDataDir('mnist');
  mnist = loadDataset('mnist', dataDir);
});

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'elbow-data-'));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const failure = (code: string, message: string): unknown =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

/** Puts other bytes in the place of a link. */
function replace(path: string, bytes: Uint8Array | string): void {
  rmSync(path);
  writeFileSync(path, bytes);
}

describe('MNIST', () => {
  it('is what was published: counts, first labels, and one content', () => {
    // cat train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte | sha256sum
    expect(mnist.digest).toBe('b2d8f5bf39174ee5ffeefa97e42d673c35432b411bb5d1f74fbbeddae7f1690a');
    expect([...mnist.train.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    expect([...mnist.test.labels.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    const counts = ({ labels }: Images) =>
      mnist.entry.classes.map((name) => labels.filter((label) => label === Number(name)).length);
    expect(counts(mnist.train)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    expect(counts(mnist.test)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    expect(mnist.train.labels).toHaveLength(60_000);
    expect(mnist.test.labels).toHaveLength(10_000);
  });

  it('has the published mean and deviation in its 28×28 pixels', () => {
    const pixels = readFileSync(join(dataDir, 'mnist', 'train-images-idx3-ubyte')).subarray(IMAGES_HEADER);
    let sum = 0;
    let squares = 0;
    for (const pixel of pixels) {
      sum += pixel;
      squares += pixel ** 2;
    }
    const average = sum / pixels.length;
    const { mean, std } = findDataset('mnist')!;
    expect(mean).toEqual([0.13066]);
    expect(average / 255).toBeCloseTo(mean[0]!, 5);
    expect(std).toEqual([0.30811]);
    expect(Math.sqrt(squares / pixels.length - average ** 2) / 255).toBeCloseTo(std[0]!, 5);
  });

  it('lies in the middle of 32×32 zeros', () => {
    const names = { train: 'train-images-idx3-ubyte', test: 't10k-images-idx3-ubyte' } as const;
    for (const set of ['train', 'test'] as const) {
      const original = readFileSync(join(dataDir, 'mnist', names[set])).subarray(IMAGES_HEADER);
      const pixels = Buffer.concat(Array.from(mnist[set].labels, (_, i) => mnist[set].planes(i)));
      let inBorder = 0;
      const inside = new Uint8Array(original.length);
      let at = 0;
      for (let i = 0; i < pixels.length; i++) {
        const row = Math.floor((i % IMAGE) / ROW);
        const column = i % ROW;
        if (row >= 2 && row < 30 && column >= 2 && column < 30) inside[at++] = pixels[i]!;
        else inBorder += pixels[i]!;
      }
      expect(inBorder).toBe(0);
      expect(Buffer.compare(inside, original)).toBe(0);
    }
    // The first row with ink of the first image, a 5: row 5 of 28, from column 12 on.
    const start = (5 + 2) * ROW + 12 + 2;
    expect([...mnist.train.planes(0).subarray(start, start + 12)]).toEqual([
      3, 18, 18, 18, 126, 136, 175, 26, 166, 255, 247, 127,
    ]);
  });

  it('has 5,421 images of the smallest class, and a trial of as many of each at most', () => {
    const draw = (samplesPerClass: number | null) =>
      splitFor({
        labels: mnist.train.labels,
        classes: mnist.entry.classes.length,
        samplesPerClass,
        sweepSeed: 42,
        replicate: 0,
      });
    const { train, validation } = draw(5_421);
    expect(validation).toHaveLength(10 * 1_084);
    expect(train).toHaveLength(10 * (5_421 - 1_084));
    expect(draw(null)).toEqual({ train, validation, recalibration: 2_000 });
    expect(() => draw(5_422)).toThrowError(
      expect.objectContaining({
        code: 'data-too-small',
        message: 'expected at most 5,421 samples per class, got 5,422: the smallest class has no more',
        hint: 'The largest possible size is 5,421.',
      }),
    );
  });

  it('names the file that is missing or of another size', async () => {
    const folder = await linkDataset('mnist', scratch);
    expect(isPresent('mnist', scratch)).toBe(true);
    const path = join(folder, 't10k-labels-idx1-ubyte');
    replace(path, 'short');
    expect(isPresent('mnist', scratch)).toBe(false);
    expect(() => loadDataset('mnist', scratch)).toThrowError(
      failure('data-damaged', `expected 10008 bytes in ${path}, got 5`),
    );
    rmSync(path);
    expect(isPresent('mnist', scratch)).toBe(false);
    expect(() => loadDataset('mnist', scratch)).toThrowError(
      expect.objectContaining({
        code: 'data-missing',
        message: expect.stringContaining(path),
        hint: expect.stringContaining(folder),
      }),
    );
  });

  it('sees a single label that has changed', async () => {
    const folder = await linkDataset('mnist', scratch);
    const path = join(folder, 'train-labels-idx1-ubyte');
    const labels = readFileSync(path);
    replace(path, labels);
    expect(loadDataset('mnist', scratch).digest).toBe(mnist.digest);
    labels[1_000]! ^= 1;
    replace(path, labels);
    expect(() => loadDataset('mnist', scratch)).toThrowError(failure('data-damaged', 'SHA-256'));
  });
});

describe('bringing MNIST', () => {
  const bring = () =>
    ensureDataset('mnist', {
      env: { ...process.env, ELBOW_HOME: scratch },
      signal: new AbortController().signal,
      note: () => undefined,
    });
  /** The four files as someone puts them there: without a manifest. */
  async function putThere(): Promise<string> {
    const folder = await linkDataset('mnist', join(scratch, 'data'));
    rmSync(join(folder, 'manifest.json'));
    return folder;
  }

  it('takes the original files that someone put there, twice at once, over what a killed one left', async () => {
    const folder = await putThere();
    const draft = join(scratch, 'data', '.mnist.draft');
    mkdirSync(draft);
    writeFileSync(join(draft, 'manifest.json'), 'half');
    const both = await Promise.all([bring(), bring()]);
    expect(both).toEqual([
      { digest: mnist.digest, folder },
      { digest: mnist.digest, folder },
    ]);
    expect(existsSync(draft)).toBe(false);
    expect(loadDataset('mnist', join(scratch, 'data')).digest).toBe(mnist.digest);
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as unknown;
    expect(manifest).toEqual({ dataset: 'mnist', digest: mnist.digest });
  });

  it('refuses a file that is not the published one, and leaves what someone put there', async () => {
    const folder = await putThere();
    const path = join(folder, 't10k-labels-idx1-ubyte');
    const labels = readFileSync(path);
    [labels[8], labels[9]] = [labels[9]!, labels[8]!];
    replace(path, labels);
    await expect(bring()).rejects.toThrowError(
      expect.objectContaining({
        code: 'data-damaged',
        message: expect.stringMatching(
          /^this is not MNIST: MD5 of t10k-labels-idx1-ubyte: [0-9a-f]{32} instead of 27ae3e4e09519cfbb04c329615203637$/,
        ),
        hint: expect.stringContaining(folder),
      }),
    );
    expect(readFileSync(path)).toEqual(labels);
    expect(isPresent('mnist', join(scratch, 'data'))).toBe(false);
  });

  it('says in which figures other images differ, and names a file of another size where it lies', async () => {
    const folder = await putThere();
    const path = join(folder, 'train-images-idx3-ubyte');
    const images = readFileSync(path);
    replace(path, images.fill(0));
    await expect(bring()).rejects.toThrowError(
      failure('data-damaged', 'mean of channel 0: 0 instead of 0.13066'),
    );
    replace(path, images.subarray(1));
    await expect(bring()).rejects.toThrowError(
      failure('data-damaged', `expected 47040016 bytes in ${path}, got 47040015`),
    );
  });
});
