import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  forecastMemory,
  forecastText,
  largestBatch,
  layersOf,
  modelNames,
  type MemoryRequest,
} from '../../src/models/index.js';
import { transformedValues } from '../../src/models/convolutions.js';
import { withDefaults } from '../../src/spec/index.js';
import { OPTIMIZERS } from '../../src/spec/known.js';

interface Asked extends Partial<MemoryRequest> {
  readonly model?: string;
  readonly width?: number;
  readonly batchNorm?: boolean;
  readonly dropout?: number;
}

function request({ model = 'lenet', width = 1, batchNorm = true, dropout = 0, ...more }: Asked = {}) {
  const params = withDefaults({ model, width, batchNorm, dropout });
  return {
    layers: layersOf(params, 10),
    input: [32, 32, 3] as const,
    batchSize: 128,
    optimizer: 'adam',
    weightDecay: 0,
    l2: 0,
    clipNorm: 0,
    emaDecay: 0,
    hasOwnOperations: false,
    keepsValues: true,
    trainingImages: 4_000,
    validationImages: 1_000,
    ...more,
  };
}
const totalOf = (asked: Asked): number => forecastMemory(request(asked)).totalBytes;

const asked = fc.record({
  model: fc.constantFrom(...modelNames),
  width: fc.double({ min: 0.1, max: 2, noNaN: true }),
  batchNorm: fc.boolean(),
  dropout: fc.constantFrom(0, 0.5),
  batchSize: fc.integer({ min: 1, max: 5_000 }),
  optimizer: fc.constantFrom(...OPTIMIZERS),
  emaDecay: fc.constantFrom(0, 0.99),
  trainingImages: fc.integer({ min: 1, max: 40_000 }),
  validationImages: fc.integer({ min: 0, max: 10_000 }),
});

describe('the forecast of a training’s memory', () => {
  it('never falls with a larger batch, a wider network, more images, or more to keep', () => {
    fc.assert(
      fc.property(asked, fc.integer({ min: 1, max: 1_000 }), (one, more) => {
        const total = totalOf(one);
        expect(totalOf({ ...one, batchSize: one.batchSize + more })).toBeGreaterThanOrEqual(total);
        expect(totalOf({ ...one, width: one.width + more / 500 })).toBeGreaterThanOrEqual(total);
        expect(totalOf({ ...one, trainingImages: one.trainingImages + more })).toBeGreaterThan(total);
        expect(totalOf({ ...one, emaDecay: 0.999 })).toBeGreaterThanOrEqual(total);
      }),
    );
  });

  it('has parts that add up, and a peak that says which', () => {
    fc.assert(
      fc.property(asked, (one) => {
        const { totalBytes, weightBytes, activationBytes, imageBytes, fixedBytes } = forecastMemory(
          request(one),
        );
        expect(weightBytes + activationBytes + imageBytes + fixedBytes).toBeCloseTo(totalBytes, 0);
      }),
    );
    const peakOf = (one: Asked): string => forecastMemory(request(one)).peak;
    expect(peakOf({ batchSize: 2_048 })).toBe('step');
    expect(peakOf({ batchSize: 8, trainingImages: 800, validationImages: 200 })).toBe('evaluation');
    expect(peakOf({ model: 'mlp', width: 4, trainingImages: 800 })).toBe('update');
    expect(peakOf({ trainingImages: 40_000, validationImages: 10_000 })).toBe('loading');
  });

  it('takes a batch as large as the images where a larger one is asked for', () => {
    expect(totalOf({ batchSize: 1_000_000 })).toBe(totalOf({ batchSize: 4_000 }));
  });

  it('counts the LeNet by hand', () => {
    const { activationBytes, peak } = forecastMemory(request({ batchSize: 2_048 }));
    // Kept: image, conv, pooled with places, ReLU, norm; twice; the third conv and dense layer. Then the slopes.
    const kept = 3_072 + 15_680 + 3_920 * 3.25 + 5_000 + 1_250 * 3.25 + 50 + 20;
    const slopes = 15_680 + 3_920 * 3 + 5_000 + 1_250 * 3 + 2 * 50;
    const patches = 30e6;
    expect(peak).toBe('step');
    expect(activationBytes).toBe((kept + slopes) * 4 * 2_048 + patches);
  });

  it('counts the LeNet by hand where elbow pools in its convolutions', () => {
    const { activationBytes } = forecastMemory(request({ batchSize: 2_048, hasOwnOperations: true }));
    // Kept: image, pooled with places, norm; twice; the third conv and dense layer. Then the slopes.
    const kept = 3_072 + 3_920 * 2.25 + 1_250 * 2.25 + 50 + 20;
    const slopes = 3_920 * 2 + 1_250 * 2 + 2 * 50;
    expect(activationBytes).toBe((kept + slopes) * 4 * 2_048);
  });

  it('counts the transformed kernels of elbow’s convolutions once, whatever the batch', () => {
    const conv = { kind: 'conv', size: 3, filters: 64, padding: 'same' } as const;
    const layers = [conv, conv, { kind: 'flatten' }, { kind: 'dense', units: 10 }] as const;
    const at = (batchSize: number, hasOwnOperations: boolean): number =>
      forecastMemory({ ...request({ batchSize, hasOwnOperations }), layers }).activationBytes;
    for (const batchSize of [1_000, 2_000]) {
      // A transformed kernel of 36 values, a turned one of nine, and the 36 sums of its gradient.
      expect(at(batchSize, true) - at(batchSize, false)).toBe((36 + 9 + 36) * 64 * 64 * 4);
    }
  });

  it('transforms kernels to fewer values where the output is small', () => {
    expect([2, 5, 6].map((side) => transformedValues(side, side))).toEqual([16, 16, 16]);
    expect([3, 4, 7, 8, 32].map((side) => transformedValues(side, side))).toEqual([36, 36, 36, 36, 36]);
    expect(transformedValues(2, 32)).toBe(16);
  });

  it('knows every optimizer', () => {
    for (const optimizer of OPTIMIZERS) expect(totalOf({ optimizer, model: 'vgg16' })).toBeGreaterThan(0);
    expect(() => totalOf({ optimizer: 'magic' })).toThrow('magic');
  });

  it('is a sentence', () => {
    expect(forecastText(forecastMemory(request({ batchSize: 2_048 })))).toMatch(
      /^about [\d,]+ MB at a batch of 2,048 \(weights and optimizer \d+, activations [\d,]+, images \d+, TensorFlow 90\)$/,
    );
  });
});

describe('the largest batch', () => {
  it('fits, and one image more would not', () => {
    fc.assert(
      fc.property(asked, fc.double({ min: 50e6, max: 5e9, noNaN: true }), (one, limit) => {
        const asking = request(one);
        const largest = largestBatch(asking, limit);
        expect(largest).toBeLessThanOrEqual(asking.trainingImages);
        if (largest > 0) expect(totalOf({ ...one, batchSize: largest })).toBeLessThanOrEqual(limit);
        if (largest < asking.trainingImages) {
          expect(totalOf({ ...one, batchSize: largest + 1 })).toBeGreaterThan(limit);
        }
      }),
    );
  });

  it('is 0 where the weights alone do not fit', () => {
    expect(largestBatch(request({ model: 'vgg16' }), 500e6)).toBe(0);
    expect(largestBatch(request(), 500e6)).toBeGreaterThan(100);
  });
});
