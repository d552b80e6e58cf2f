import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { loadDataset } from '../../src/data/index.js';
import { fileMapper } from '../../src/training/index.js';
import { openLibrary } from '../../src/training/native.js';
import { linkDataset, realDataDir } from '../support/dataset.js';

const scratch = mkdtempSync(join(tmpdir(), 'elbow-map-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Of a file that this process has mapped: kilobytes in all, and those of which it has a copy. */
function pagesOf(path: string): { copiedKb: number; size: number } | null {
  const parts = readFileSync('/proc/self/smaps', 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  const part = parts.find((text) => text.split('\n', 1)[0]!.endsWith(path));
  if (part === undefined) return null;
  const kb = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(part)![1]);
  return { copiedKb: kb('Anonymous'), size: kb('Size') };
}

it('is done without where the addon is not there, or cannot be loaded: a line says so', () => {
  const path = join(scratch, 'broken.node');
  writeFileSync(path, 'no library');
  const written: string[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  try {
    expect(openLibrary(path, 'files are read')).toBeNull();
    expect(openLibrary(join(scratch, 'none.node'), 'files are read')).toBeNull();
  } finally {
    spy.mockRestore();
  }
  expect(written).toEqual([
    expect.stringMatching(
      /broken\.node cannot be loaded, files are read: .*; remove it, and `elbow up` makes it again\n$/,
    ),
  ]);
});

describe('a mapped file', () => {
  const map = fileMapper()!;

  it('has the bytes of the file, and none of its own', () => {
    const path = join(scratch, 'bytes');
    const bytes = Uint8Array.from({ length: 1_000_003 }, (_, i) => (i * 31) % 251);
    writeFileSync(path, bytes);
    const mapped = map(path);
    expect(Buffer.compare(mapped, bytes)).toBe(0);
    const pages = pagesOf(path)!;
    expect(pages.copiedKb).toBe(0);
    expect(pages.size).toBeGreaterThanOrEqual(976);
    // Whoever has mapped a file keeps it when it is removed.
    rmSync(path);
    expect(Buffer.compare(mapped, bytes)).toBe(0);
  });

  it('may be empty, and must be there', () => {
    const path = join(scratch, 'empty');
    writeFileSync(path, '');
    expect(map(path)).toHaveLength(0);
    expect(() => map(join(scratch, 'none'))).toThrow('ENOENT: no such file or directory');
  });

  it('that the system does not map is read', () => {
    const path = '/sys/devices/system/cpu/online';
    expect(Buffer.from(map(path)).toString()).toBe(readFileSync(path, 'utf8'));
  });

  it.each(['cifar10', 'mnist'])('gives the images of %s', async (name) => {
    const folder = await realDataDir(name);
    const [mapped, read] = [loadDataset(name, folder, map), loadDataset(name, folder)];
    expect(mapped.digest).toBe(read.digest);
    for (const set of ['train', 'test'] as const) {
      expect(mapped[set].labels).toEqual(read[set].labels);
      for (const position of [0, 9_999, mapped[set].labels.length - 1]) {
        expect(Buffer.compare(mapped[set].planes(position), read[set].planes(position))).toBe(0);
      }
    }
  });

  it('that is missing is named as when it is read', async () => {
    const folder = await linkDataset('cifar10', scratch);
    rmSync(join(folder, 'data_batch_3.bin'));
    expect(() => loadDataset('cifar10', scratch, map)).toThrow(
      `the data file ${join(folder, 'data_batch_3.bin')} cannot be read: ENOENT: no such file or directory`,
    );
  });
});
