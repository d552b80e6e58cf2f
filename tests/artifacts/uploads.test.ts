import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUploads } from '../../src/artifacts/index.js';
import { until } from '../support/wait.js';

let folder: string;
/** Files that were asked to be put, in order. */
let asked: string[];
let stored: string[];
let failures: number;
/** Ends the puts that run: with an error or without. */
let running: { file: string; end: (error?: Error) => void }[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'elbow-uploads-'));
  [asked, stored, running, failures] = [[], [], [], 0];
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (name: string): string => {
  const path = join(folder, name);
  writeFileSync(path, name);
  return path;
};
const names = (paths: readonly string[]): string[] => paths.map((path) => path.slice(folder.length + 1));

const create = (firstPauseMs = 1) =>
  createUploads(
    {
      put: (path, signal) => {
        asked.push(path);
        return new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
          running.push({ file: path, end: (error) => (error ? reject(error) : resolve()) });
        });
      },
      onStored: async (path) => void stored.push(path),
      onFailed: () => void failures++,
    },
    firstPauseMs,
  );
/** Ends the put that runs, once there is one. */
const end = async (error?: Error): Promise<void> => {
  const one = await until('a put', () => running.shift());
  one.end(error);
};

describe('uploads', () => {
  it('are one at a time, and of those that wait the newest', async () => {
    const uploads = create();
    for (const name of ['a', 'b', 'c']) uploads.offer(file(name));
    expect(names(asked)).toEqual(['a']);
    await end();
    await end();
    await until('both', () => stored.length === 2);
    expect(names(stored)).toEqual(['a', 'c']);
    uploads.offer(file('d'));
    await end();
    await until('the last', () => stored.length === 3);
    expect(names(asked)).toEqual(['a', 'c', 'd']);
    await uploads.settle(0);
  });

  it('are tried again, and give way to newer ones meanwhile', async () => {
    const uploads = create();
    uploads.offer(file('a'));
    await end(new Error('away'));
    await end(new Error('away'));
    const third = await until('a third try', () => running[0]);
    expect(names([third.file])).toEqual(['a']);
    uploads.offer(file('b'));
    await end(new Error('away'));
    await end();
    await until('it', () => stored.length === 1);
    expect(names(stored)).toEqual(['b']);
    expect(failures).toBe(3);
    await uploads.settle(0);
  });

  it('leave out what is not on this machine any more', async () => {
    const uploads = create();
    const gone = file('a');
    uploads.offer(gone);
    rmSync(gone);
    await end(new Error('no such file'));
    uploads.offer(file('b'));
    await end();
    await until('the next', () => stored.length === 1);
    expect(failures).toBe(0);
    await uploads.settle(0);
  });

  it('settle: what waits is tried once more at once, and not again', async () => {
    const uploads = create(3_600_000);
    uploads.offer(file('a'));
    await end(new Error('away'));
    await until('the pause', () => failures === 1);
    const settled = uploads.settle(60_000);
    await end(new Error('away'));
    await settled;
    expect([failures, stored.length]).toEqual([2, 0]);
    uploads.offer(file('b'));
    expect(names(asked)).toEqual(['a', 'a']);
  });

  it('settle: what runs is waited for, and what waits behind it', async () => {
    const uploads = create();
    uploads.offer(file('a'));
    uploads.offer(file('b'));
    const settled = uploads.settle(60_000);
    await end();
    await end();
    await settled;
    expect(names(stored)).toEqual(['a', 'b']);
  });

  it('settle: what hangs is broken off after the limit', async () => {
    const uploads = create();
    uploads.offer(file('a'));
    await uploads.settle(20);
    expect([failures, stored.length]).toEqual([0, 0]);
  });
});
