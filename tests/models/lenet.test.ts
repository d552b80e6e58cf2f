import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layersOf, summarizeLayers } from '../../src/models/index.js';
import { withDefaults } from '../../src/spec/index.js';

const input = [32, 32, 3] as const;
const summary = (params: Record<string, string | number | boolean>) =>
  summarizeLayers(layersOf(withDefaults({ model: 'lenet', ...params }), 10), input);
const total = (params: Record<string, string | number | boolean>, key: 'trainable' | 'moving') =>
  summary(params).reduce((sum, layer) => sum + layer[key], 0);

describe('the LeNet', () => {
  it('has the layers, shapes and counts of the seed', () => {
    expect(
      summary({ batchNorm: true }).map(({ layer, output, trainable, moving }) => [
        layer,
        output.join('×'),
        trainable,
        moving,
      ]),
    ).toEqual([
      ['conv 5×5, 20, ReLU', '28×28×20', 5 * 5 * 3 * 20 + 20, 0],
      ['max pool 2×2', '14×14×20', 0, 0],
      ['batch norm', '14×14×20', 40, 40],
      ['conv 5×5, 50, ReLU', '10×10×50', 5 * 5 * 20 * 50 + 50, 0],
      ['max pool 2×2', '5×5×50', 0, 0],
      ['batch norm', '5×5×50', 100, 100],
      ['conv 5×5, 50, ReLU', '1×1×50', 5 * 5 * 50 * 50 + 50, 0],
      ['flatten', '50', 0, 0],
      ['dense 10', '10', 50 * 10 + 10, 0],
    ]);
  });

  it('has 89,630 trainable parameters, and 140 + 140 more with batch norm', () => {
    expect(total({ batchNorm: false }, 'trainable')).toBe(89_630);
    expect(total({ batchNorm: false }, 'moving')).toBe(0);
    expect(total({ batchNorm: true }, 'trainable')).toBe(89_630 + 140);
    expect(total({ batchNorm: true }, 'moving')).toBe(140);
  });

  it('drops before the last layer, and has no dropout layer at 0', () => {
    const names = (dropout: number) => summary({ batchNorm: false, dropout }).map(({ layer }) => layer);
    expect(names(0.5).slice(-3)).toEqual(['flatten', 'dropout 0.5', 'dense 10']);
    expect(names(0)).not.toContainEqual(expect.stringContaining('dropout'));
  });

  it('grows and shrinks in width, but keeps its classes', () => {
    const shapes = (width: number) => summary({ batchNorm: false, width }).map(({ output }) => output.at(-1));
    expect(shapes(2)).toEqual([40, 40, 100, 100, 100, 100, 10]);
    expect(shapes(0.33)).toEqual([7, 7, 17, 17, 17, 17, 10]);
    expect(shapes(0.001)).toEqual([1, 1, 1, 1, 1, 1, 10]);
  });

  it('fits any image of at least 32×32', () => {
    const sides = fc.integer({ min: 32, max: 64 });
    fc.assert(
      fc.property(sides, sides, fc.constantFrom(1, 3), fc.integer({ min: 2, max: 200 }), (h, w, c, k) => {
        const layers = layersOf(withDefaults({ model: 'lenet' }), k);
        expect(summarizeLayers(layers, [h, w, c]).at(-1)!.output).toEqual([k]);
      }),
    );
  });
});
