import { describe, expect, it } from 'vitest';
import { layersOf, multiplyAdds } from '../../src/models/index.js';
import { withDefaults } from '../../src/spec/index.js';

const work = (model: string, width = 1): number =>
  multiplyAdds(layersOf(withDefaults({ model, width }), 10), [32, 32, 3]);

describe('the work of a network', () => {
  it('is that of its convolutions and dense layers, each product counted once', () => {
    // 28²·20·(5²·3) + 10²·50·(5²·20) + 1²·50·(5²·50) + 50·10
    expect(work('lenet')).toBe(1_176_000 + 2_500_000 + 62_500 + 500);
  });

  it('of residual networks is what their paper’s authors and others count', () => {
    // 3·3·3·16·32² + 3 stages of 6 convolutions, of which each stage takes 9·16²·32² but the first of stages 2 and 3, half
    const convolution = 9 * 16 ** 2 * 32 ** 2;
    expect(work('resnet20')).toBe(9 * 3 * 16 * 32 ** 2 + 6 * convolution + 2 * 5.5 * convolution + 640);
  });

  it('of vgg grows with depth, and about with the square of the width', () => {
    // Configuration D of the paper: side of the output, channels before and after.
    const stages = [
      [32, 3, 64],
      [32, 64, 64],
      [16, 64, 128],
      [16, 128, 128],
      [8, 128, 256],
      [8, 256, 256],
      [8, 256, 256],
      [4, 256, 512],
      [4, 512, 512],
      [4, 512, 512],
      [2, 512, 512],
      [2, 512, 512],
      [2, 512, 512],
    ] as const;
    const convolutions = stages.reduce((sum, [side, from, to]) => sum + side ** 2 * 9 * from * to, 0);
    expect(work('vgg16')).toBe(convolutions + 2 * 512 ** 2 + 5_120);
    expect(work('vgg19')).toBeGreaterThan(work('vgg16'));
    expect(work('vgg16', 2) / work('vgg16')).toBeCloseTo(4, 1);
  });
});
