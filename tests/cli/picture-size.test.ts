import { expect, it } from 'vitest';
import type { KeptModel } from '../../src/cli/kept-model.js';
import { pictureSize } from '../../src/cli/predict-files.js';
import type { ModelDescription } from '../../src/models/index.js';
import { parseSweep } from '../../src/spec/index.js';
import type { OwnDataset } from '../../src/spec/types.js';

/** A folder that is called as a published data set is. */
const folder: OwnDataset = {
  ...{ kind: 'folder', name: 'mnist', path: '/mnist', digest: 'ab'.repeat(32), size: 32, channels: 1 },
  ...{ test: 0.2, balance: 'smallest', unreadable: 'refuse', classes: ['a', 'b'], image: [32, 32, 1] },
  ...{ trainPerClass: [100, 300], testPerClass: [25, 75] },
};
const sizeOf = (text: string, own?: OwnDataset, input: ModelDescription['input'] = [32, 32, 1]) => {
  const spec = parseSweep(`name: a\n${text}`, 'f', own ? { own } : {});
  // All that is looked at.
  const kept = { place: { sweep: 'a', trial: 0 }, sweep: { spec } } as KeptModel;
  return pictureSize({ input } as ModelDescription, kept);
};

it('pictures have the borders of the data set that a network was trained on, not of one that is called the same', async () => {
  const size = { height: 32, width: 32, channels: 1 };
  expect(await sizeOf('dataset: mnist')).toEqual({ ...size, padding: 2 });
  expect(await sizeOf('dataset: ./mnist', folder)).toEqual({ ...size, padding: 0 });
});

it('a network of a table takes no pictures', async () => {
  await expect(sizeOf('dataset: ./mnist', folder, [1, 1, 4])).rejects.toMatchObject({
    code: 'state-forbids',
    message: 'expected a network that takes pictures; trial 0 of a takes 1×1×4 numbers',
    hint: 'It was trained on mnist.',
  });
});
