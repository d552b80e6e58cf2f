import * as tf from '@tensorflow/tfjs-node-gpu';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { joinVector, splitVector } from '../../src/training/parameters.js';
import { useKernels } from '../../src/training/native.js';
import { availableKernels } from '../support/kernels.js';

afterEach(() => useKernels(undefined));

const shapes = fc.array(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 6,
});
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

describe.each(availableKernels)('with %s kernels', (kind) => {
  it('cuts a vector in the order of the shapes, and joining gives it back', () => {
    useKernels(kind);
    fc.assert(
      fc.property(shapes, (wanted) => {
        const total = wanted.reduce((sum, shape) => sum + sizeOf(shape), 0);
        const numbers = Array.from({ length: total }, (_, i) => i / 4);
        const before = tf.memory().numTensors;
        const vector = tf.tensor1d(numbers);
        const parts = splitVector(vector, wanted);
        expect(parts.map(({ shape }) => shape)).toEqual(wanted);
        let from = 0;
        for (const part of parts) {
          expect([...part.dataSync()]).toEqual(numbers.slice(from, (from += part.size)));
        }
        const joined = joinVector(parts);
        expect(joined.shape).toEqual([total]);
        expect([...joined.dataSync()]).toEqual(numbers);
        tf.dispose([vector, joined, ...parts]);
        expect(tf.memory().numTensors).toBe(before);
      }),
      { numRuns: 50 },
    );
  });

  it('cuts nothing into nothing', () => {
    useKernels(kind);
    expect(splitVector(tf.tensor1d([]), [])).toEqual([]);
  });

  it('refuses shapes that are not those of the vector', () => {
    useKernels(kind);
    expect(() => splitVector(tf.ones([5]), [[2], [2]])).toThrow();
    expect(() => splitVector(tf.ones([3]), [[2], [2]])).toThrow();
  });
});
