import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { decodeTensors } from '../../src/safetensors.js';
import { train } from '../../src/training/index.js';
import { trainHooks, trainRequest } from '../support/training.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'elbow-model-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

it('keeps the best weights under the digest of their file, once for equal trainings', async () => {
  const keep = {
    models: join(home, 'models'),
    checkpoints: join(home, 'checkpoints'),
    checkpointSeconds: 60,
  };
  const first = await train(trainRequest({}, { keep }), trainHooks());
  const second = await train(trainRequest({}, { keep }), trainHooks());
  expect(second.weights).toBe(first.weights);
  expect(readdirSync(keep.models)).toEqual([`${first.weights}.safetensors`]);
  const { tensors, metadata } = decodeTensors(
    readFileSync(join(keep.models, `${first.weights}.safetensors`)),
    'x',
  );
  expect([...tensors].map(([name, { shape }]) => `${name} ${shape.join('×')}`)).toEqual([
    '0.conv.kernel 5×5×3×20',
    '0.conv.bias 20',
    '2.batch-norm.scale 20',
    '2.batch-norm.offset 20',
    '3.conv.kernel 5×5×20×50',
    '3.conv.bias 50',
    '5.batch-norm.scale 50',
    '5.batch-norm.offset 50',
    '6.conv.kernel 5×5×50×50',
    '6.conv.bias 50',
    '8.dense.kernel 50×10',
    '8.dense.bias 10',
    '2.batch-norm.mean 20',
    '2.batch-norm.variance 20',
    '5.batch-norm.mean 50',
    '5.batch-norm.variance 50',
  ]);
  expect(JSON.parse(metadata['elbow']!)).toMatchObject({ format: 1, dataset: 'cifar10', input: [32, 32, 3] });
});

it('counts right answers as the accuracy does', async () => {
  const { answers, testAccuracy } = await train(trainRequest(), trainHooks());
  const bits = Buffer.from(answers!.correct, 'base64');
  let right = 0;
  for (let image = 0; image < 100; image++) right += (bits[image >> 3]! >> (image & 7)) & 1;
  expect(right / 100).toBe(testAccuracy);
  expect(answers!.confusion.reduce((sum, row, label) => sum + row[label]!, 0)).toBe(right);
  expect(answers!.confusion.map((row) => row.reduce((sum, n) => sum + n, 0))).toEqual(new Array(10).fill(10));
});
