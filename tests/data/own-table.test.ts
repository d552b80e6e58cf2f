import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataset, prepareDataset } from '../../src/data/index.js';
import type { AskedTable } from '../../src/spec/types.js';
import { put } from '../support/pictures.js';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'elbow-own-'));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const options = () => ({
  dataDir: join(scratch, 'data'),
  signal: new AbortController().signal,
  note: () => undefined,
});
function prepare(text: string | Uint8Array, change: Partial<AskedTable> = {}) {
  const path = put(scratch, 'rows.csv', text);
  const asked: AskedTable = {
    ...{ kind: 'csv', name: 'rows', path, label: null, header: null, test: 0.2, balance: 'smallest' },
    ...change,
  };
  return prepareDataset(asked, options());
}
const failure = (message: string, where?: object): unknown =>
  expect.objectContaining({
    code: 'data-unusable',
    exitCode: 2,
    message: expect.stringContaining(message),
    ...(where === undefined ? {} : { where: { file: join(scratch, 'rows.csv'), ...where } }),
  });

/** Two classes of ten rows: x around 1 and around −1, y always 7. */
const rows = Array.from(
  { length: 20 },
  (_, i) => `${(i % 2 === 0 ? 1 : -1) + i / 100},7,${i % 2 === 0 ? 'up' : 'down'}`,
);
const table = `x,y,way\n${rows.join('\n')}\n`;

describe('a CSV file', () => {
  it('becomes rows of its classes, with mean and deviation of each feature', async () => {
    const { dataset, notes, manifest } = await prepare(table);
    expect(dataset).toMatchObject({ kind: 'csv', classes: ['down', 'up'], image: [1, 1, 2], name: 'rows' });
    expect(manifest.own.columns).toEqual(['x', 'y']);
    const { entry, train, test } = await openDataset(dataset, options());
    expect(train.labels.length + test.labels.length).toBe(20);
    const xs = Array.from({ length: train.labels.length }, (_, i) => train.rows![2 * i]!);
    xs.forEach((x, i) => expect(x > 0).toBe(train.labels[i] === 1));
    const mean = xs.reduce((a, b) => a + b) / xs.length;
    expect(entry.mean[0]).toBeCloseTo(mean, 12);
    expect(entry.std[0]).toBeCloseTo(
      Math.sqrt(xs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / xs.length),
      12,
    );
    expect([entry.mean[1], entry.std[1]]).toEqual([7, 1]);
    expect(notes).toEqual([
      'the same value in all training examples: y',
      `${test.labels.length} test rows: test accuracy moves in steps of ${(1 / test.labels.length).toFixed(3)}`,
    ]);
  });

  it('is the same whatever the order of its rows, its separator, its quotes and its spaces', async () => {
    const { digest } = (await prepare(table)).dataset;
    const [head, ...body] = table.trim().split('\n');
    const same = [
      [head, ...body.reverse()].join('\r\n'),
      table.replaceAll(',', ';'),
      table.replaceAll(',', '\t'),
      `\uFEFF${table.replaceAll(/up|down/g, '" $&"').replaceAll('" ', '"')}`,
      table.replaceAll(',', ' , ').replaceAll('\n', '\n\n'),
      table.replace('x,', '"x",').replaceAll(',7,', ',7.0e0,'),
    ];
    for (const text of same) expect((await prepare(text)).dataset.digest).toBe(digest);
    for (const text of [table.replace('1.02', '1.03'), table.replace('way', 'other'), `${table}1,7,up\n`]) {
      expect((await prepare(text)).dataset.digest).not.toBe(digest);
    }
  });

  it('finds its label column by name and by number, with and without a line of names', async () => {
    const swapped = table.replaceAll(/^(.+),(.+),(.+)$/gm, '$3,$1,$2');
    for (const label of ['way', 1]) {
      expect((await prepare(swapped, { label })).dataset.classes).toEqual(['down', 'up']);
    }
    const bare = rows.join('\n');
    expect((await prepare(bare)).manifest.own.columns).toEqual(['column 1', 'column 2']);
    const numbered = table.replaceAll('up', '10').replaceAll('down', '9').replace('x,y,way', '0,1,2');
    expect((await prepare(numbered, { header: true })).dataset.classes).toEqual(['9', '10']);
    await expect(prepare(table, { label: 'size' })).rejects.toEqual(
      failure('there is no column "size"', { line: 1 }),
    );
    await expect(prepare(bare, { label: 4 })).rejects.toMatchObject({
      hint: expect.stringContaining('a number from 1 to 3'),
    });
  });

  it.each([
    ['n/a', 'column 1 (x): expected a finite number, got "n/a"'],
    ['', 'column 1 (x): expected a finite number, got nothing'],
    ['1e99', 'column 1 (x): expected a finite number, got "1e99"'],
    ['NaN', 'got "NaN"'],
    ['Infinity', 'got "Infinity"'],
    ['0x10', 'got "0x10"'],
    ['1_000', 'got "1_000"'],
    ['"1,5"', 'got "1,5"'],
    ['1,2', 'expected 3 values as in the first line, got 4'],
  ])('names the line and the column of %s', async (value, message) => {
    const text = table.replace(/^-0.97,/m, `${value},`);
    expect(text).not.toBe(table);
    await expect(prepare(text)).rejects.toEqual(failure(message, { line: 5 }));
  });

  it('tells every mistake, up to twenty', async () => {
    const error = await prepare(`a,b\n${'x,1\n'.repeat(100)}`, { label: 'b' }).catch(
      (thrown: unknown) => thrown,
    );
    expect((error as { others: unknown[] }).others).toHaveLength(19);
    await expect(prepare(table.replace('7,up', '7,'))).rejects.toMatchObject({
      message: expect.stringContaining('column 3 (way): expected a class, got nothing') as string,
      hint: 'Write its class, or take the line out.',
    });
    await expect(prepare(table.replace('7,up', '7,8,up'))).rejects.toMatchObject({
      message: expect.stringContaining('expected 3 values as in the first line, got 4') as string,
      hint: 'Quote a value that has the separator in it, or take the line out.',
    });
    await expect(prepare(table.replace('7,up', 'up'))).rejects.toMatchObject({
      message: expect.stringContaining('expected 3 values as in the first line, got 2') as string,
      hint: expect.stringMatching(/^Write every value/) as string,
    });
  });

  it.each([
    ['', 'there are no rows'],
    ['x,y,way\n', 'there are no rows'],
    ['way\nup\ndown\n', 'got one column'],
    ['x,x,way\n1,2,up\n', 'two columns are called "x"'],
    ['x,way\n1,up\n2,up\n', 'expected at least 2 classes'],
    ['x,price\n1,1.5\n2,1.6\n3,1.7\n', 'too few: 1.5, 1.6, 1.7'],
    ['x,way\n1,"up\n', 'this is no CSV: Quote Not Closed'],
    ['a\0b', 'got binary data'],
  ])('%j is refused: %s', async (text, message) => {
    await expect(prepare(text)).rejects.toEqual(failure(message));
  });

  it('must be there, and be a file', async () => {
    const path = join(scratch, 'missing.csv');
    await expect(prepare(table, { path })).rejects.toEqual(failure(`there is no CSV file ${path}`));
    mkdirSync(path);
    await expect(prepare(table, { path })).rejects.toEqual(failure('got something that is no plain file'));
  });
});
