import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ElbowError } from '../../src/errors.js';
import {
  armsOf,
  balanceNote,
  datasetFacts,
  parseSweep,
  printSpec,
  requestedDataset,
  specsEqual,
  sweepJsonSchema,
} from '../../src/spec/index.js';
import type { AskedDataset, OwnDataset, SweepSpec } from '../../src/spec/types.js';

const places = { folder: '/sweeps', cwd: '/here' };
const requested = (text: string, set: string[] = []) =>
  requestedDataset(`name: a\n${text}`, 'f.yaml', { ...places, set });
const asked = (text: string, set: string[] = []): AskedDataset => requested(text, set)!.asked;

/** What a look at it found. */
const looked = (
  one: AskedDataset,
  change: Partial<Pick<OwnDataset, 'trainPerClass' | 'balance'>> = {},
): OwnDataset => ({
  ...one,
  digest: 'ab'.repeat(32),
  classes: ['cat', 'dog'],
  image: one.kind === 'csv' ? [1, 1, 4] : [one.size, one.size, one.channels],
  trainPerClass: [40, 60],
  testPerClass: [10, 12],
  ...change,
});
const pictures = looked(asked('dataset: ./pictures'));
const rows = looked(asked('dataset: ./rows.csv'));

function errorsOf(text: string, own?: OwnDataset): string[] {
  try {
    parseSweep(`name: a\n${text}`, 'f.yaml', own ? { own } : {});
  } catch (error) {
    if (!(error instanceof ElbowError)) throw error;
    return [error, ...error.others].map(
      ({ where, message, hint }) => `${where?.line}:${where?.column} ${message}${hint ? ` (${hint})` : ''}`,
    );
  }
  return [];
}

describe('a sweep file asks for a data set of one’s own', () => {
  const folder = {
    kind: 'folder',
    name: 'pictures',
    path: '/sweeps/pictures',
    size: 32,
    channels: 3,
    test: 0.2,
    balance: 'smallest',
    unreadable: 'refuse',
  };
  const table = {
    kind: 'csv',
    name: 'rows',
    path: '/sweeps/rows.csv',
    label: null,
    header: null,
    test: 0.2,
    balance: 'smallest',
  };

  it.each([
    ['dataset: ./pictures', folder],
    ['dataset: pictures/', folder],
    ['dataset: { folder: pictures }', folder],
    ['dataset: { folder: pictures, size: 64, channels: 1 }', { ...folder, size: 64, channels: 1 }],
    [
      'dataset: { folder: ../p, name: Cats & dogs, test: 0.5, balance: none, unreadable: skip }',
      { ...folder, path: '/p', name: 'Cats & dogs', test: 0.5, balance: 'none', unreadable: 'skip' },
    ],
    ['dataset: ..', { ...folder, name: 'images', path: '/' }],
    ['dataset: rows.csv', table],
    ['dataset: ./rows.CSV', { ...table, path: '/sweeps/rows.CSV' }],
    [
      'dataset: { csv: rows.csv, label: species, header: true }',
      { ...table, label: 'species', header: true },
    ],
    [
      'dataset: { csv: /data/numbers, label: 3 }',
      { ...table, path: '/data/numbers', name: 'numbers', label: 3 },
    ],
  ])('%s', (text, expected) => {
    expect(asked(text)).toEqual(expected);
  });

  it('by a path from the current folder where it was typed', () => {
    expect(asked('', ['dataset=./pictures'])).toEqual({ ...folder, path: '/here/pictures' });
    expect(asked('dataset: mnist', ['dataset={csv: rows.csv}'])).toEqual({
      ...table,
      path: '/here/rows.csv',
    });
    expect(asked('dataset: { folder: pictures }', ['dataset.size=8'])).toEqual({ ...folder, size: 8 });
    expect(asked('dataset: { folder: p }', ['dataset.folder=pictures'])).toMatchObject({
      path: '/here/pictures',
    });
  });

  it('and not for one that is published', () => {
    expect(requested('dataset: mnist')).toBeNull();
    expect(requested('')).toBeNull();
  });

  it('with the place of its path', () => {
    expect(requested('dataset:\n  size: 8\n  folder: p')!.where).toEqual({
      file: 'f.yaml',
      line: 4,
      column: 11,
    });
    expect(requested('dataset: ./p')!.where).toEqual({ file: 'f.yaml', line: 2, column: 10 });
  });

  it.each([
    ['dataset: { folder: p, sizee: 3 }', '2:23 unknown key `dataset.sizee` (Did you mean `size`?'],
    ['dataset: { csv: p, labl: 3 }', '2:20 unknown key `dataset.labl` (Did you mean `label`?'],
    ['dataset: { csv: p, size: 3 }', '2:20 unknown key `dataset.size`'],
    [
      'dataset: { folder: p, size: 0 }',
      '2:29 `dataset.size`: expected a whole number from 1 to 1,024, got 0',
    ],
    [
      'dataset: { folder: p, channels: 4 }',
      '2:33 `dataset.channels`: expected the number 1 (grey) or 3 (colour), got 4',
    ],
    ['dataset: { folder: p, test: 1 }', '2:29 `dataset.test`: expected a number above 0 and below 1, got 1'],
    ['dataset: { csv: p, label: 0 }', '2:27 `dataset.label`: expected'],
    ['dataset: { folder: "" }', '2:20 `dataset.folder`: expected the path of a folder of images, got ""'],
    ['dataset: {}', '2:10 `dataset.folder`: expected the path of a folder of images, but it is missing'],
    [
      'dataset: { balance: all, folder: p }',
      '2:21 `dataset.balance`: expected one of smallest, none, got "all"',
    ],
    ['dataset: 3', '2:10 `dataset`: expected one of cifar10, mnist, or the path of a folder'],
    ['dataset: pictures', 'or the path of a folder of images or a CSV file (./pictures), got "pictures"'],
    ['dataset: minst', '(Did you mean `mnist`?)'],
  ])('and is told what is wrong with it: %s', (text, message) => {
    const errors = errorsOf(text);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(message);
  });
});

describe('a data set that was looked at', () => {
  const spec = (own: OwnDataset, text = ''): SweepSpec =>
    parseSweep(`name: a\ndataset: ./pictures\n${text}`, 'f', { own });

  it('is stored with its facts, prints as a sweep file, and is read from it again', () => {
    for (const own of [
      pictures,
      { ...rows, label: 'species' },
      { ...pictures, unreadable: 'skip' as const },
    ]) {
      const text = own.kind === 'csv' ? 'space: { model: mlp }' : '';
      const stored = spec(own, text);
      expect(stored.dataset).toEqual(own);
      expect(JSON.parse(JSON.stringify(stored))).toEqual(stored);
      const printed = printSpec(stored);
      const again = requestedDataset(printed, 'p', { folder: '/other', cwd: '/other' })!;
      expect(looked(again.asked, {})).toEqual(own);
      expect(parseSweep(printed, 'p', { own: own })).toEqual(stored);
    }
  });

  it('gives an arm its hash by content and balance, not by place and name', () => {
    const hash = (own: OwnDataset) => armsOf(spec(own))[0]!.hash;
    const moved = { ...pictures, path: '/elsewhere', name: 'other' };
    expect(hash(moved)).toBe(hash(pictures));
    expect(specsEqual(spec(moved), spec(pictures))).toBe(true);
    const hashes = [
      pictures,
      { ...pictures, digest: 'cd'.repeat(32) },
      { ...pictures, balance: 'none' as const },
    ].map(hash);
    expect(new Set([...hashes, armsOf(parseSweep('name: a', 'f'))[0]!.hash]).size).toBe(4);
    expect(specsEqual(spec({ ...pictures, balance: 'none' }), spec(pictures))).toBe(false);
  });

  it('has as many samples per class as its smallest class', () => {
    expect(spec(pictures, 'space: { samplesPerClass: [1, 40, null] }').space['samplesPerClass']).toEqual([
      1,
      40,
      null,
    ]);
    expect(errorsOf('dataset: ./pictures\nspace: { samplesPerClass: [10, 41] }', pictures)).toEqual([
      '3:32 `space.samplesPerClass[1]`: expected a whole number from 1 to 40, got 41 ' +
        '(The largest possible size is 40, all training images of the smallest class.)',
    ]);
  });

  it('says what its unequal classes mean', () => {
    expect(balanceNote(pictures)).toBe(
      'the classes have 40 (cat) to 60 training examples; balanced to the smallest, 40 of each are the most that a trial takes (`balance: none` takes all)',
    );
    expect(balanceNote({ ...pictures, balance: 'none' })).toContain('null takes all of them, unbalanced');
    expect(balanceNote({ ...pictures, trainPerClass: [40, 40] })).toBeNull();
    expect(balanceNote('mnist')).toBeNull();
    expect(datasetFacts(pictures)).toMatchObject({ largestSize: 40, allSize: 40, classes: 2 });
    expect(datasetFacts({ ...pictures, balance: 'none' })).toMatchObject({ largestSize: 40, allSize: 50 });
  });

  it('refuses networks that cannot take its images', () => {
    const small = looked(asked('dataset: { folder: pictures, size: 8 }'));
    expect(errorsOf('dataset: ./pictures\nspace: { model: [mlp, lenet] }', small)).toEqual([
      expect.stringMatching(/^3:23 `space.model\[1\]`: lenet cannot take the images of pictures, 8×8×3: /),
    ]);
  });
});

describe('a table', () => {
  it('is for networks that take a flat input only', () => {
    const models = 'space: { model: [mlp, lenet, resnet20] }';
    expect(errorsOf(`dataset: rows.csv\n${models}`, rows)).toEqual([
      '3:23 `space.model[1]`: lenet cannot take the rows of rows, 4 numbers each: a conv layer needs an image (Choose `mlp`.)',
      '3:30 `space.model[2]`: resnet20 cannot take the rows of rows, 4 numbers each: a conv layer needs an image (Choose `mlp`.)',
    ]);
    expect(errorsOf('dataset: rows.csv', rows)).toEqual([
      expect.stringContaining('lenet cannot take the rows'),
    ]);
    expect(errorsOf('dataset: rows.csv\nspace: { model: mlp }', rows)).toEqual([]);
  });

  it('is for networks of one’s own without convolutions', () => {
    const network = (...layers: string[]) =>
      `dataset: rows.csv\nnetworks:\n  mine:\n${layers.map((layer) => `    - ${layer}\n`).join('')}space: { model: mine }`;
    expect(errorsOf(network('flatten', 'dense: 8', 'activation: relu', 'dense: classes'), rows)).toEqual([]);
    const conv = '{ conv: 8, size: 1 }';
    expect(errorsOf(network(conv, 'flatten', 'dense: classes'), rows)).toEqual([
      expect.stringMatching(/^5:7 `networks.mine\[0\]`: needs an image, and rows is a table of numbers/),
    ]);
  });

  it('takes no augmentation that is switched on', () => {
    const text = 'dataset: rows.csv\nspace: { model: mlp, flip: [false, true], mixup: 0.2, crop: 0 }';
    expect(errorsOf(text, rows)).toEqual([
      '3:36 `space.flip[1]`: expected no augmentation of rows, a table of numbers, got true (Augmentation changes images; leave this setting out.)',
      '3:50 `space.mixup[0]`: expected no augmentation of rows, a table of numbers, got 0.2 (Augmentation changes images; leave this setting out.)',
    ]);
    expect(errorsOf('dataset: rows.csv\nspace: { model: mlp }\nunfamiliar: true', rows)).toEqual([
      expect.stringMatching(/^4:13 `unfamiliar`: expected false for rows, a table of numbers, got true/),
    ]);
    expect(errorsOf(text.replace('rows.csv', './pictures').replace('crop: 0', 'crop: 4'), pictures)).toEqual(
      [],
    );
  });
});

it('the JSON Schema accepts them, with any size, and refuses what the parser refuses', () => {
  const validate = new Ajv({ strict: true, strictTypes: false, strictRequired: false }).compile(
    sweepJsonSchema(),
  );
  for (const [text, isRight] of [
    ['dataset: ./pictures\nspace: { samplesPerClass: [100000] }', true],
    ['dataset: { folder: p, size: 64, channels: 1, balance: none }', true],
    ['dataset: { csv: p, label: 3 }', true],
    ['dataset: { csv: p, label: species }', true],
    ['dataset: { csv: p, size: 3 }', false],
    ['dataset: { folder: p, channels: 2 }', false],
    ['dataset: pictures', false],
    ['dataset: cifar10\nspace: { samplesPerClass: [100000] }', false],
  ] as const) {
    expect(validate(parse(`name: a\n${text}`)), text).toBe(isRight);
  }
});
