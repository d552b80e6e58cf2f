import { expect, it } from 'vitest';
import type { ElbowError } from '../../src/errors.js';
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

it('widths that make too many parameters are told, with the network that has them', () => {
  const errors = (text: string) => {
    try {
      parseSweep(`name: a\n${text}`, 'f');
      return [];
    } catch (error) {
      const { message, where, hint, others } = error as ElbowError;
      return [{ message, where, hint }, ...others.map((one) => ({ message: one.message }))];
    }
  };
  expect(errors('space: { model: [mlp, vgg16], width: [1, 400] }')).toEqual([
    {
      // 3,072·n + n + n·n + n + 2·n + 10·n + 10 with n = 204,800.
      message: '`space.width[1]`: expected at most 268,435,456 parameters, mlp has 42,575,052,810 at 400',
      where: { file: 'f', line: 2, column: 42 },
      hint: 'Parameters grow with the square of the width; take a smaller one.',
    },
  ]);
  expect(errors('space: { width: 50 }\narms: [{ model: vgg16 }, { model: vgg19 }]')).toHaveLength(2);
  expect(errors('space: { width: 50 }\narms: [{ optimizer: sgd }, { optimizer: adam }]')).toEqual([]);
  expect(errors('arms: [{ model: vgg16 }, { model: lenet, width: 40 }]')).toEqual([]);
});
