import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { combinationsOf, sheetOf } from '../../src/cli/augmentation-sheet.js';
import { loadDataset, splitOf } from '../../src/data/index.js';
import { drawSheet } from '../../src/report/index.js';
import { parseSweep } from '../../src/spec/index.js';
import { linkDataset, realDataDir, syntheticDataset } from '../support/dataset.js';
import { run } from './support.js';

const spec = (space: string) => parseSweep(`name: a\nspace: ${space}`, 'f');

describe('the contact sheet', () => {
  it('has a block for each distinct augmentation, whatever else the arms differ in', () => {
    const combinations = combinationsOf(
      spec('{ optimizer: [adam, sgd], flip: [false, true], rotate: [0, 15], samplesPerClass: [5, 10] }'),
    );
    expect(combinations.map(({ settings }) => settings)).toEqual([
      { rotate: 15 },
      { flip: true },
      { flip: true, rotate: 15 },
    ]);
  });

  it('shows the first images of the largest size, the original and eight epochs, with what was mixed in', () => {
    const sweep = spec('{ flip: true, mixup: 0.4, samplesPerClass: [5, 10] }');
    const dataset = syntheticDataset({ perClass: 12 });
    const { sheet, facts } = sheetOf(sweep, combinationsOf(sweep), dataset, 4);
    expect(sheet).toMatchObject({
      subtitle: 'CIFAR-10 · 10 per class · seed 42 · replicate 0',
      rowNames: ['airplane', 'automobile', 'bird', 'cat'],
    });
    expect(sheet.columns).toHaveLength(9);
    const [block] = sheet.blocks;
    expect(block!.heading).toBe('flip=true mixup=0.4');
    expect(block!.rows.map((row) => row.length)).toEqual([9, 9, 9, 9]);
    for (const [row, tiles] of block!.rows.entries()) {
      const { position } = facts.images[row]!;
      const red = dataset.train.planes(position).subarray(0, 1024);
      expect(tiles[0]!.rgb.filter((_, i) => i % 3 === 0)).toEqual(red);
      expect(tiles[0]!.caption).toBe('');
      for (const tile of tiles.slice(1)) expect(tile.caption).toMatch(/^\d+ % [a-z]+$/);
    }
    expect(sheetOf(sweep, combinationsOf(sweep), dataset, 500).facts.images).toHaveLength(80);
  });

  it('shows the images of the trial where a class has more than another, as training is given them', () => {
    const { entry, train } = syntheticDataset({ perClass: 4 });
    // Of class 0 one image is left.
    const kept = [...train.labels.keys()].filter((i) => train.labels[i] !== 0 || i === 0);
    const uneven = {
      entry: { ...entry, balance: 'none' as const },
      train: {
        ...train,
        planes: (position: number) => train.planes(kept[position]!),
        labels: Uint8Array.from(kept, (i) => train.labels[i]!),
      },
    };
    const sweep = spec('{ flip: true, samplesPerClass: null }');
    const { facts } = sheetOf(sweep, combinationsOf(sweep), uneven, 500);
    const { train: trained } = splitOf(uneven, { samplesPerClass: null, sweepSeed: 42, replicate: 0 });
    expect(trained).toHaveLength(37);
    expect(facts.images.map(({ position }) => position)).toEqual([...trained]);
  });

  it('is drawn to the pixel: each is a square of one colour', async () => {
    const sweep = spec('{ rotate: 20 }');
    const { sheet } = sheetOf(sweep, combinationsOf(sweep), syntheticDataset({ perClass: 5 }), 1);
    const png = PNG.sync.read(Buffer.from(await drawSheet(sheet)));
    const at = (x: number, y: number): number[] => [
      ...png.data.subarray((y * png.width + x) * 4, (y * png.width + x) * 4 + 3),
    ];
    // Three units of two pixels each; the first tile is below the title, the heading and the column's name.
    const [left, top, side] = [2 * (32 + 104), 2 * (32 + 72 + 36), 6];
    const tiles = sheet.blocks[0]!.rows[0]!;
    for (const [column, { rgb }] of tiles.entries()) {
      for (const [x, y] of [
        [0, 0],
        [31, 0],
        [13, 20],
        [31, 31],
      ] as const) {
        const corner = [left + column * 2 * (96 + 10) + x * side, top + y * side] as const;
        const expected = [...rgb.subarray((y * 32 + x) * 3, (y * 32 + x) * 3 + 3)];
        for (const inside of [1, side - 2])
          expect(at(corner[0] + inside, corner[1] + inside)).toEqual(expected);
      }
    }
  });
});

describe('elbow augment', () => {
  let home: string;
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'elbow-augment-'));
    await linkDataset('cifar10', join(home, 'data'));
    writeFileSync(join(home, 'sweep.yaml'), 'name: seen\nspace: { crop: 4, samplesPerClass: [10] }\n');
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  const augment = (...args: string[]) => run(['augment', ...args], { cwd: home, env: { ELBOW_HOME: home } });

  it('writes the sheet to this folder and says where, and as JSON what it has drawn', async () => {
    const file = join(home, 'seen-augmentation.png');
    const ran = await augment('sweep.yaml', '--images', '2');
    expect(ran).toMatchObject({ code: 0, stdout: `${file}\n` });
    expect(ran.stderr).toBe('1 augmentation × 2 images × 8 epochs, as replicate 0 of seen trains on them.\n');
    expect(PNG.sync.read(readFileSync(file)).width).toBe(2224);
    const json = await augment('sweep.yaml', '--set', 'flip=true', '--out', 'other.png', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      sweep: 'seen',
      dataset: 'cifar10',
      file: join(home, 'other.png'),
      epochs: [1, 2, 3, 4, 5, 6, 7, 8],
      augmentations: [{ flip: true, crop: 4 }],
    });
    const { images } = JSON.parse(json.stdout) as { images: { class: string; position: number }[] };
    const { train, entry } = loadDataset('cifar10', await realDataDir());
    expect(images).toHaveLength(6);
    for (const one of images) expect(entry.classes[train.labels[one.position]!]).toBe(one.class);
  });

  it.each([
    [['quickstart'], /quickstart has no augmentation to show\n.*--set flip=true/],
    [
      ['smoke', '--set', 'trainable=noop', '--set', 'space={}'],
      /has no augmentation to show\n.*built-in trainable/,
    ],
    [['sweep.yaml', '--images', '0'], /--images with a whole number from 1 to 100, got 0/],
    [['sweep.yaml', '--set', 'rotate=200'], /`space.rotate\[0\]`: expected a number from 0 to 180, got 200/],
    [
      ['sweep.yaml', '--out', 'no/such/folder.png'],
      /cannot be written to .*folder.png: ENOENT.*\n.*--out FILE\.png/,
    ],
  ])('%j exits with 2 and says what is right', async (args, expected) => {
    const ran = await augment(...args);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(expected);
  });
});
