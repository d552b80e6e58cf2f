import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureDataset, findDataset, isPresent, loadDataset } from '../../src/data/index.js';
import { linkDataset, realDataDir } from '../support/dataset.js';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'elbow-data-'));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const BATCH_BYTES = 30_730_000;
const failure = (code: string, message: string): unknown =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

describe('CIFAR-10', () => {
  it('is what was published: counts, first labels, means, deviations, and one content', async () => {
    const { train, test, digest } = loadDataset('cifar10', await realDataDir());
    // Of the six files of cifar-10-binary.tar.gz, whichever way they came.
    expect(digest).toBe('013ba16d14ecc4829da62bf2af648ca30f600491ecb3e7f329c827db0dd17522');
    expect([...train.labels.subarray(0, 10)]).toEqual([6, 9, 9, 4, 1, 1, 2, 7, 8, 3]);
    expect([...test.labels.subarray(0, 10)]).toEqual([3, 8, 8, 0, 6, 6, 1, 6, 3, 1]);
    for (let label = 0; label < 10; label++) {
      expect(train.labels.filter((one) => one === label)).toHaveLength(5_000);
      expect(test.labels.filter((one) => one === label)).toHaveLength(1_000);
    }
    const { mean, std } = findDataset('cifar10')!;
    for (let channel = 0; channel < 3; channel++) {
      let sum = 0;
      let squares = 0;
      for (let position = 0; position < train.labels.length; position++) {
        for (const byte of train.planes(position).subarray(channel * 1024, (channel + 1) * 1024)) {
          sum += byte;
          squares += byte ** 2;
        }
      }
      const average = sum / 51_200_000;
      expect(average / 255).toBeCloseTo(mean[channel]!, 5);
      expect(Math.sqrt(squares / 51_200_000 - average ** 2) / 255).toBeCloseTo(std[channel]!, 5);
    }
  });

  it('lies in planes of red, green and blue: the first image is the published frog', async () => {
    const { train } = loadDataset('cifar10', await realDataDir());
    // data_batch_1.bin, record 0: the first pixels of each plane, as in the Python version's data_batch_1.
    expect([...train.planes(0).subarray(0, 5)]).toEqual([59, 43, 50, 68, 98]);
    expect([...train.planes(0).subarray(1024, 1027)]).toEqual([62, 46, 48]);
    expect([...train.planes(0).subarray(2048, 2051)]).toEqual([63, 45, 43]);
  });

  it('names the file that is missing and what to do', async () => {
    const folder = await linkDataset('cifar10', scratch);
    rmSync(join(folder, 'data_batch_3.bin'));
    expect(isPresent('cifar10', scratch)).toBe(false);
    expect(() => loadDataset('cifar10', scratch)).toThrowError(
      expect.objectContaining({
        code: 'data-missing',
        message: expect.stringContaining(join(folder, 'data_batch_3.bin')),
        hint: expect.stringContaining(folder),
      }),
    );
  });

  it('names a folder that has nothing in it', () => {
    expect(() => loadDataset('cifar10', scratch)).toThrowError(failure('data-missing', 'manifest.json'));
  });

  it('names the file that has another size', async () => {
    const folder = await linkDataset('cifar10', scratch);
    rmSync(join(folder, 'test_batch.bin'));
    writeFileSync(join(folder, 'test_batch.bin'), 'short');
    expect(isPresent('cifar10', scratch)).toBe(false);
    expect(() => loadDataset('cifar10', scratch)).toThrowError(
      failure('data-damaged', `expected ${BATCH_BYTES} bytes in ${join(folder, 'test_batch.bin')}, got 5`),
    );
  });

  it('sees a single byte that has changed', async () => {
    const folder = await linkDataset('cifar10', scratch);
    const path = join(folder, 'data_batch_5.bin');
    const original = readFileSync(path);
    rmSync(path);
    writeFileSync(path, original);
    expect(() => loadDataset('cifar10', scratch)).not.toThrow();
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.from([original[1_000_000]! ^ 1]), 0, 1, 1_000_000);
    closeSync(file);
    expect(() => loadDataset('cifar10', scratch)).toThrowError(failure('data-damaged', 'SHA-256'));
  });

  it('refuses a manifest that is none', async () => {
    const folder = await linkDataset('cifar10', scratch);
    rmSync(join(folder, 'manifest.json'));
    writeFileSync(join(folder, 'manifest.json'), '{"digest": 5}');
    expect(() => loadDataset('cifar10', scratch)).toThrowError(failure('data-damaged', 'no manifest'));
  });

  it('names the data sets there are', () => {
    expect(() => loadDataset('cifar100', scratch)).toThrowError(failure('usage', 'there are cifar10, mnist'));
  });
});

describe('bringing CIFAR-10', () => {
  const bring = (home: string) =>
    ensureDataset('cifar10', {
      env: { ...process.env, ELBOW_HOME: home },
      signal: new AbortController().signal,
      note: () => undefined,
    });

  it('takes the official files that someone put there, twice at once', async () => {
    const folder = await linkDataset('cifar10', join(scratch, 'data'));
    const { digest } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as { digest: string };
    rmSync(join(folder, 'manifest.json'));
    const [first, second] = await Promise.all([bring(scratch), bring(scratch)]);
    expect(first).toEqual({ digest, folder });
    expect(second).toEqual(first);
    expect(loadDataset('cifar10', join(scratch, 'data')).digest).toBe(digest);
  });

  it('refuses files of the right size that are not CIFAR-10, and says in what they differ', async () => {
    const folder = join(scratch, 'data', 'cifar10');
    mkdirSync(folder, { recursive: true });
    const real = join(await realDataDir(), 'cifar10');
    for (const i of [1, 2, 3, 4, 5]) {
      copyFileSync(join(real, 'test_batch.bin'), join(folder, `data_batch_${i}.bin`));
    }
    copyFileSync(join(real, 'data_batch_1.bin'), join(folder, 'test_batch.bin'));
    await expect(bring(scratch)).rejects.toThrowError(
      expect.objectContaining({
        code: 'data-damaged',
        message: expect.stringMatching(/^this is not CIFAR-10: .*images a class: .*mean of channel 0: /),
      }),
    );
    expect(isPresent('cifar10', join(scratch, 'data'))).toBe(false);
  });
});
