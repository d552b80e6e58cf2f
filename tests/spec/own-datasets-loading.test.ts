import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ElbowError } from '../../src/errors.js';
import { loadSweep } from '../../src/spec/index.js';
import type { AskedDataset, OwnDataset } from '../../src/spec/types.js';
import { put } from '../support/pictures.js';

const looked = (asked: AskedDataset): OwnDataset => ({
  ...asked,
  digest: 'ab'.repeat(32),
  classes: ['cat', 'dog'],
  image: [32, 32, 3],
  trainPerClass: [40, 60],
  testPerClass: [10, 12],
});

describe('loading a sweep file with a data set of one’s own', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'elbow-own-spec-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('looks at it, from the folder of the sweep file', async () => {
    put(root, 'sub/sweep.yaml', 'name: a\ndataset: ./pictures\n');
    const seen: AskedDataset[] = [];
    const prepare = async (one: AskedDataset) => {
      seen.push(one);
      return looked(one);
    };
    const { spec } = await loadSweep('sub/sweep.yaml', { cwd: root, prepare });
    expect(seen.map(({ path }) => path)).toEqual([join(root, 'sub/pictures')]);
    expect(spec.dataset).toEqual(looked(seen[0]!));
    await loadSweep('sub/sweep.yaml', { cwd: root, prepare, set: ['dataset=./pictures'] });
    expect(seen[1]!.path).toBe(join(root, 'pictures'));
  });

  it('looks at nothing while the file has other mistakes', async () => {
    put(root, 'sweep.yaml', 'name: a\ndataset: ./pictures\nspace: { loss: crossentropy }\n');
    const prepare = () => expect.unreachable('it was looked at');
    await expect(loadSweep('sweep.yaml', { cwd: root, prepare })).rejects.toMatchObject({
      code: 'spec-invalid',
    });
  });

  it('tells what is wrong with it where the file asks for it, or where it stands in its own file', async () => {
    put(root, 'sweep.yaml', 'name: a\ndataset:\n  folder: ./pictures\n');
    const failing = (error: ElbowError) =>
      loadSweep('sweep.yaml', { cwd: root, prepare: () => Promise.reject(error) });
    const others = [new ElbowError('data-unusable', 'more')];
    await expect(
      failing(new ElbowError('data-unusable', 'nothing there', { hint: 'do', others })),
    ).rejects.toMatchObject({
      code: 'data-unusable',
      message: 'nothing there',
      hint: 'do',
      others,
      where: { file: 'sweep.yaml', line: 3, column: 11 },
    });
    const own = { file: 'rows.csv', line: 7 };
    await expect(failing(new ElbowError('data-unusable', 'no number', { where: own }))).rejects.toMatchObject(
      {
        where: own,
      },
    );
  });
});
