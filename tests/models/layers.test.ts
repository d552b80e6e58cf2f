import { describe, expect, it } from 'vitest';
import {
  layersOf,
  outputShape,
  shortcutStride,
  summarizeLayers,
  type Layer,
} from '../../src/models/index.js';
import { withDefaults } from '../../src/spec/index.js';

const failure = (message: string): unknown => expect.objectContaining({ code: 'spec-invalid', message });

describe('layer lists', () => {
  it('names the layer that does not fit its input', () => {
    const layers = layersOf(withDefaults({ model: 'lenet', batchNorm: false }), 10);
    expect(() => summarizeLayers(layers, [27, 27, 3])).toThrowError(
      failure('a conv layer needs an image of at least 5×5, its input is 3×3×50'),
    );
    expect(() => outputShape({ kind: 'dense', units: 10 }, [2, 2, 3])).toThrowError(
      failure('a dense layer needs a flat input, its input is 2×2×3'),
    );
    expect(() => outputShape({ kind: 'global-average-pool' }, [50])).toThrowError(
      failure('a global-average-pool layer needs an image, its input is 50'),
    );
  });

  it('leaves out what does not fill a window', () => {
    expect(outputShape({ kind: 'max-pool', size: 2 }, [5, 4, 7])).toEqual([2, 2, 7]);
  });

  it('normalises images and flat inputs', () => {
    expect(outputShape({ kind: 'batch-norm' }, [4, 4, 7])).toEqual([4, 4, 7]);
    expect(summarizeLayers([{ kind: 'batch-norm' }], [50])[0]).toMatchObject({ output: [50], moving: 100 });
  });
});

describe('a convolution', () => {
  const shape = (size: number, more: { stride?: number; padding?: 'same' }) =>
    outputShape({ kind: 'conv', size, filters: 6, ...more }, [7, 8, 3]);

  it('takes every place of its kernel, or every s-th', () => {
    expect(shape(3, {})).toEqual([5, 6, 6]);
    expect(shape(3, { stride: 2 })).toEqual([3, 3, 6]);
    expect(shape(3, { padding: 'same' })).toEqual([7, 8, 6]);
    expect(shape(2, { padding: 'same' })).toEqual([7, 8, 6]);
    expect(shape(3, { padding: 'same', stride: 2 })).toEqual([4, 4, 6]);
    // A kernel larger than the image has a place with zeros around it, and none without.
    expect(shape(9, { padding: 'same' })).toEqual([7, 8, 6]);
    expect(() => shape(9, {})).toThrowError(
      failure('a conv layer needs an image of at least 9×9, its input is 7×8×3'),
    );
  });

  it('counts its bias where it has one', () => {
    const count = (bias: boolean) =>
      summarizeLayers([{ kind: 'conv', size: 3, filters: 6, bias }], [7, 8, 3])[0]!.trainable;
    expect(count(false)).toBe(9 * 3 * 6);
    expect(count(true)).toBe(9 * 3 * 6 + 6);
  });
});

describe('a residual layer', () => {
  it('takes every pixel of a shortcut, or every s-th', () => {
    expect(shortcutStride([7, 8, 3], [7, 8, 3])).toBe(1);
    expect(shortcutStride([7, 8, 3], [4, 4, 5])).toBe(2);
    expect(shortcutStride([50], [50])).toBe(1);
  });

  it('refuses a body that its input cannot be added to', () => {
    const narrow: Layer = { kind: 'residual', body: [{ kind: 'conv', size: 1, filters: 2 }] };
    expect(() => outputShape(narrow, [7, 8, 3])).toThrowError(
      failure('a residual layer cannot add its input, 7×8×3, to what its body makes of it, 7×8×2'),
    );
    const flat: Layer = { kind: 'residual', body: [{ kind: 'flatten' }] };
    expect(() => outputShape(flat, [7, 8, 3])).toThrowError(/cannot add its input, 7×8×3/);
    // Five rows become four at no stride.
    expect(() => shortcutStride([5, 5, 1], [4, 4, 1])).toThrowError(
      /5×5×1, to what its body makes of it, 4×4×1/,
    );
  });
});
