import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { chown, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataset, prepareDataset, type Prepared } from '../../src/data/index.js';
import type { AskedFolder } from '../../src/spec/types.js';
import { BLUE, RED, picture, pictureFolder, put } from '../support/pictures.js';

const NOBODY = 65_534;
let scratch: string;
let root: string;
let dataDir: string;
let notes: string[];
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'elbow-own-'));
  root = join(scratch, 'pictures');
  dataDir = join(scratch, 'data');
  notes = [];
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const asked = (change: Partial<AskedFolder> = {}): AskedFolder => ({
  kind: 'folder',
  name: 'pictures',
  path: root,
  size: 4,
  channels: 3,
  test: 0.2,
  balance: 'smallest',
  unreadable: 'refuse',
  ...change,
});
const options = () => ({
  dataDir,
  signal: new AbortController().signal,
  note: (line: string) => void notes.push(line),
});
const prepare = (change: Partial<AskedFolder> = {}): Promise<Prepared> =>
  prepareDataset(asked(change), options());
const failure = (message: string | RegExp): unknown =>
  expect.objectContaining({
    code: 'data-unusable',
    exitCode: 2,
    message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
  });

/** Nothing is forbidden to root: for root this is somebody else, who may do what the files' modes say. */
async function asNobody(work: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return work();
  await chownAll(scratch);
  process.seteuid!(NOBODY);
  try {
    await work();
  } finally {
    process.seteuid!(0);
  }
}

async function chownAll(path: string): Promise<void> {
  for (const entry of await readdir(path, { recursive: true }))
    await chown(join(path, entry), NOBODY, NOBODY);
  await chown(path, NOBODY, NOBODY);
}

describe('a folder of images', () => {
  it('becomes training and test images of its classes, with their mean and deviation', async () => {
    await pictureFolder(root, { red: 20, blue: 12 });
    const { dataset, manifest, folder } = await prepare();
    expect(dataset).toMatchObject({
      classes: ['blue', 'red'],
      image: [4, 4, 3],
      name: 'pictures',
      path: root,
    });
    expect(dataset.trainPerClass[0]! + dataset.testPerClass[0]!).toBe(12);
    expect(dataset.trainPerClass[1]! + dataset.testPerClass[1]!).toBe(20);
    const opened = await openDataset(dataset, options());
    expect(opened.digest).toBe(manifest.digest);
    expect(opened.entry).toMatchObject({
      name: 'pictures',
      classes: ['blue', 'red'],
      height: 4,
      channels: 3,
    });
    const { labels, planes } = opened.train;
    expect(labels).toHaveLength(dataset.trainPerClass[0]! + dataset.trainPerClass[1]!);
    expect(planes(labels.length - 1)).toHaveLength(48);
    // Blue pictures come first and have little red; red ones the other way round.
    const meanOf = (image: number, channel: number) =>
      planes(image)
        .subarray(channel * 16, channel * 16 + 16)
        .reduce((a, b) => a + b) / 16;
    labels.forEach((label, image) => {
      expect(meanOf(image, 0)).toBeCloseTo(label === 1 ? RED[0] : BLUE[0], -2);
      expect(meanOf(image, 0) > meanOf(image, 2)).toBe(label === 1);
    });
    const all = Array.from({ length: labels.length }, (_, image) => meanOf(image, 0));
    expect(opened.entry.mean[0]).toBeCloseTo(all.reduce((a, b) => a + b) / all.length / 255, 10);
    expect(opened.entry.std[0]).toBeGreaterThan(0.1);
    expect(readdirSync(dataDir)).toEqual([folder.split('/').at(-1)]);
    expect(folder).toMatch(/pictures-[0-9a-f]{16}$/);
  });

  it('is decoded once: the same content is found wherever it lies and whatever its files are called', async () => {
    await pictureFolder(root, { red: 6, blue: 6 });
    const first = await prepare();
    const moved = join(scratch, 'elsewhere');
    renameSync(root, moved);
    renameSync(join(moved, 'red/0.png'), join(moved, 'red/renamed.PNG'));
    const stamp = readFileSync(join(first.folder, 'manifest.json'), 'utf8');
    const second = await prepare({ path: moved, name: 'elsewhere' });
    expect(second.dataset).toMatchObject({ digest: first.dataset.digest, path: moved, name: 'elsewhere' });
    expect(second.folder).toBe(first.folder);
    expect(readFileSync(join(first.folder, 'manifest.json'), 'utf8')).toBe(stamp);
    expect((await openDataset(second.dataset, options())).entry.name).toBe('elsewhere');
  });

  it('has another digest and another copy when a file or an option changes, and the old one stays', async () => {
    await pictureFolder(root, { red: 6, blue: 6 });
    const first = await prepare();
    put(root, 'red/new.png', await picture({ color: RED, seed: 99 }));
    const digests = [
      first,
      await prepare(),
      await prepare({ size: 6 }),
      await prepare({ channels: 1 }),
      await prepare({ test: 0.5 }),
    ].map(({ dataset }) => dataset.digest);
    expect(new Set(digests).size).toBe(5);
    expect((await prepare({ balance: 'none', unreadable: 'skip' })).dataset.digest).toBe(digests[1]);
    const old = await openDataset(first.dataset, options());
    expect(old.train.labels.length + old.test.labels.length).toBe(12);
  });

  it('keeps train/ and test/ apart where both exist, and tells what is in both', async () => {
    await pictureFolder(root, {
      'train/red': 5,
      'train/blue': 4,
      'test/red': 2,
      'test/blue': 3,
      'val/red': 1,
    });
    put(root, 'test/red/again.png', readFileSync(join(root, 'train/red/0.png')));
    const { dataset, notes: said } = await prepare();
    expect(dataset).toMatchObject({ classes: ['blue', 'red'], trainPerClass: [4, 5], testPerClass: [3, 3] });
    expect(said).toEqual([
      'left out: the folder val (1)',
      '1 image is both in train and in test, so the test is easier than it should be, such as test/red/again.png and train/red/0.png',
      '6 test images: test accuracy moves in steps of 0.167',
    ]);
    expect((await prepare({ test: 0.5 })).dataset.digest).toBe(dataset.digest);
  });

  it('is decoded by one of two that need it at once', async () => {
    await pictureFolder(root, { red: 4, blue: 4 });
    const [a, b] = await Promise.all([prepare(), prepare()]);
    expect(a.dataset).toEqual(b.dataset);
    expect(readdirSync(dataDir)).toHaveLength(1);
    expect(notes).toEqual([`another elbow is decoding ${root}; waiting for it`]);
  });

  it('leaves nothing behind when it is interrupted, and is decoded anew when its copy is damaged', async () => {
    await pictureFolder(root, { red: 4, blue: 4 });
    const stopped = new AbortController();
    stopped.abort();
    await expect(prepareDataset(asked(), { ...options(), signal: stopped.signal })).rejects.toMatchObject({
      code: 'interrupted',
    });
    const { folder, dataset } = await prepare();
    const bytes = readFileSync(join(folder, 'train.bin'));
    bytes[0]! ^= 1;
    writeFileSync(join(folder, 'train.bin'), bytes);
    await expect(openDataset(dataset, options())).rejects.toMatchObject({ code: 'data-damaged' });
    rmSync(join(folder, 'train.bin'));
    expect((await prepare()).dataset.digest).toBe(dataset.digest);
    await expect(openDataset(dataset, options())).resolves.toBeDefined();
  });

  it('is decoded on another machine from the same path, or is named as missing', async () => {
    await pictureFolder(root, { red: 4, blue: 4 });
    const { dataset } = await prepare();
    const there = { ...options(), dataDir: join(scratch, 'other-home') };
    expect((await openDataset(dataset, there)).train.labels.length).toBeGreaterThan(0);
    const nowhere = { ...options(), dataDir: join(scratch, 'third-home') };
    put(root, 'red/new.png', await picture({ color: RED, seed: 99 }));
    await expect(openDataset(dataset, nowhere)).rejects.toMatchObject({
      code: 'data-missing',
      message: expect.stringContaining(`the folder ${root} has changed since the sweep was started`),
    });
    rmSync(root, { recursive: true });
    await expect(
      openDataset(dataset, { ...nowhere, dataDir: join(scratch, 'fourth-home') }),
    ).rejects.toMatchObject({
      code: 'data-missing',
      message: expect.stringMatching(
        new RegExp(`is not on .+: there is neither .+fourth-home.+ nor the folder ${root}`),
      ),
      hint: expect.stringContaining('elbow rerun'),
    });
  });
});

describe('files that are no images', () => {
  /** A PNG whose header, with the right check sum, claims 20,000×20,000 pixels. */
  function huge(bytes: Buffer): Buffer {
    const out = Buffer.from(bytes);
    out.writeUInt32BE(20_000, 16);
    out.writeUInt32BE(20_000, 20);
    out.writeUInt32BE(crc32(out.subarray(12, 29)), 29);
    return out;
  }

  async function withBadFiles(): Promise<void> {
    await pictureFolder(root, { red: 4, blue: 4 });
    const noisy = await picture({ width: 64, height: 64, color: RED });
    const jpeg = await picture({ width: 64, height: 64, color: RED, format: 'jpeg' });
    put(root, 'red/text.png', 'hello');
    put(root, 'red/drawing.png', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    put(root, 'red/empty.jpg', '');
    put(root, 'red/cut.png', noisy.subarray(0, noisy.length >> 1));
    put(root, 'red/cut.jpg', jpeg.subarray(0, jpeg.length >> 1));
    put(root, 'blue/huge.png', huge(noisy));
    symlinkSync('/nowhere/at/all.png', join(root, 'blue/link.png'));
    put(root, 'blue/notes.txt', 'mine');
    put(root, 'blue/.DS_Store', 'x');
    put(root, 'stray.png', noisy);
  }
  const bad = [
    ['blue/link.png', 'it is a link that leads nowhere'],
    ['red/empty.jpg', 'it is empty'],
    ['blue/huge.png', 'it has more than 100 megapixels'],
    ['red/cut.jpg', expect.stringMatching(/^it is damaged: /)],
    ['red/cut.png', expect.stringMatching(/^it is damaged: /)],
    ['red/drawing.png', 'it is no PNG, JPEG or WebP, or its beginning is damaged'],
    ['red/text.png', 'it is no PNG, JPEG or WebP, or its beginning is damaged'],
  ].map(([file, reason]) => ({ file: file as string, reason: reason as string }));

  it('are all named, and end the run', async () => {
    await withBadFiles();
    const error = await prepare().catch((thrown: unknown) => thrown);
    expect(error).toEqual(
      failure(`${root}/blue/link.png cannot be read as an image: it is a link that leads nowhere`),
    );
    const { others, hint } = error as { others: { message: string }[]; hint: string };
    expect(others.map(({ message }) => message.split(' cannot')[0])).toEqual(
      bad.slice(1).map(({ file }) => join(root, file)),
    );
    expect(hint).toContain('`unreadable: skip`');
  });

  it('are left out and told with `unreadable: skip`, and remembered', async () => {
    await withBadFiles();
    const { dataset, unreadable, notes: said } = await prepare({ unreadable: 'skip' });
    expect(unreadable).toEqual(bad);
    expect(dataset.trainPerClass.map((n, i) => n + dataset.testPerClass[i]!)).toEqual([4, 4]);
    expect(said[0]).toBe('left out: images outside the folders of classes (1), files ending in .txt (1)');
    await expect(prepare()).rejects.toEqual(failure('link.png'));
    expect((await prepare({ unreadable: 'skip' })).unreadable).toEqual(bad);
  });

  it('are the reason when too few images are left', async () => {
    await pictureFolder(root, { red: 4, blue: 1 });
    put(root, 'blue/text.png', 'hello');
    await expect(prepare()).rejects.toEqual(failure(`${root}/blue/text.png cannot be read`));
  });

  it('are called as they are now, also where they were decoded under other names', async () => {
    await pictureFolder(root, { red: 4, blue: 4 });
    put(root, 'red/text.png', 'hello');
    await prepare({ unreadable: 'skip' });
    renameSync(join(root, 'red/text.png'), join(root, 'red/renamed.png'));
    await expect(prepare()).rejects.toEqual(failure(`${root}/red/renamed.png cannot be read`));
    const { unreadable } = await prepare({ unreadable: 'skip' });
    expect(unreadable.map(({ file }) => file)).toEqual(['red/renamed.png']);
    expect(readdirSync(dataDir)).toHaveLength(1);
  });

  it('are those that must not be read, as is a folder', async () => {
    await pictureFolder(root, { red: 4, blue: 4 });
    await asNobody(async () => {
      chmodSync(scratch, 0o777);
      chmodSync(join(root, 'red/0.png'), 0);
      await expect(prepare()).rejects.toEqual(failure('it must not be read by this user'));
      chmodSync(root, 0);
      await expect(prepare()).rejects.toEqual(failure('must not be read by this user'));
      chmodSync(root, 0o700);
    });
  });
});

describe('a folder that is no data set', () => {
  it('is one that is not there, is a file, or has nothing in it', async () => {
    await expect(prepare()).rejects.toEqual(failure(`there is no folder ${root}`));
    put(scratch, 'a-file', 'x');
    await expect(prepare({ path: join(scratch, 'a-file') })).rejects.toEqual(
      failure('expected a folder of images, got a file'),
    );
    put(root, '.hidden', 'x');
    await expect(prepare()).rejects.toEqual(
      failure(`expected a folder for each class in ${root}, got nothing`),
    );
    put(root, 'a.png', await picture({ color: RED }));
    await expect(prepare()).rejects.toEqual(failure('got images outside of any (1)'));
  });

  it('is one with empty classes, one class, or too few images', async () => {
    await pictureFolder(root, { red: 3 });
    await expect(prepare()).rejects.toEqual(failure(`expected at least 2 classes in ${root}, got 1, red`));
    put(root, 'blue/read.me', 'x');
    put(root, 'green/deeper/a.png', await picture({ color: BLUE }));
    await expect(prepare()).rejects.toEqual(
      failure(`these 2 classes have no images in ${root}: blue, green`),
    );
    put(root, 'blue/a.png', await picture({ color: BLUE }));
    put(root, 'green/a.png', await picture({ color: BLUE, seed: 5 }));
    await expect(prepare()).rejects.toEqual(failure('too few: blue, green'));
  });
});
