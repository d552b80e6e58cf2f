import { expect, it } from 'vitest';
import { DATASETS, parseSweep } from '../../src/spec/index.js';
import { unfitModels } from '../../src/spec/model-fit.js';

const places = { whereIs: () => ({ file: 'f', line: 3, column: 5 }), whereIsKey: () => ({ file: 'f' }) };
const digits = { ...DATASETS['cifar10']!, image: [28, 28, 1] } as const;

it('models that cannot take the images of a data set are told, each with its place', () => {
  const spec = parseSweep('name: a\nspace: { model: [mlp, vgg16, resnet20, lenet] }', 'f');
  expect(unfitModels(spec, digits, places)).toEqual([
    expect.objectContaining({
      code: 'spec-invalid',
      message:
        '`space.model[1]`: vgg16 cannot take the images of cifar10, 28×28×1: ' +
        'a max-pool layer needs an image of at least 2×2, its input is 1×1×512',
      where: { file: 'f', line: 3, column: 5 },
    }),
    expect.objectContaining({ message: expect.stringContaining('`space.model[3]`: lenet cannot take') }),
  ]);
  expect(unfitModels(spec, DATASETS['cifar10'], places)).toEqual([]);
});

it('models of sub-grids are checked too, and those of space only where an arm has them', () => {
  const messages = (text: string): string[] =>
    unfitModels(parseSweep(`name: a\n${text}`, 'f'), digits, places).map(({ message }) => message);
  expect(messages('arms: [{ model: [mlp, vgg16] }, { width: 2 }]')).toEqual([
    expect.stringContaining('`space.model[0]`: lenet cannot take'),
    expect.stringContaining('`arms[0].model[1]`: vgg16 cannot take'),
  ]);
  expect(messages('arms: [{ model: mlp }, { model: resnet20 }]')).toEqual([]);
});

it('a trainable without images has no models to check', () => {
  const spec = parseSweep('name: a\ntrainable: noop\nspace: { model: anything }', 'f');
  expect(unfitModels(spec, digits, places)).toEqual([]);
});
