import * as tf from '@tensorflow/tfjs-node-gpu';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { transformedValues } from '../../src/models/convolutions.js';
import { uniforms } from '../../src/random.js';
import { convolution } from '../../src/training/convolution.js';
import {
  isGpu,
  kernels,
  native,
  typed,
  useKernels,
  type Kernels,
  type OpAttribute,
} from '../../src/training/native.js';
import { canRunOperations } from '../../src/native-operations.js';

afterEach(() => useKernels(undefined));

interface Case {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly filters: number;
  readonly size: number;
  readonly pool: number;
  readonly padding: 'valid' | 'same';
  readonly relu: boolean;
  readonly needsInput: boolean;
}

/** Eighths from −1 to 1: sums of their products are exact, so that all ways to compute them give the same bits. */
const eighths = (shape: number[], seed: number): tf.Tensor => {
  const count = shape.reduce((product, side) => product * side, 1);
  return tf.tensor(
    Float32Array.from(uniforms(count, seed), (u) => Math.round(16 * u - 8) / 8),
    shape,
  );
};

/** Value and gradients of a convolution with what follows it. */
function compute(kind: Kernels, of: Case): number[][] {
  useKernels(kind);
  return tf.tidy(() => {
    const { batch, height, width, channels, filters, size, pool, padding, relu, needsInput } = of;
    const convolve = convolution({
      layer: { kind: 'conv', size, filters, padding, ...(relu ? { activation: 'relu' } : {}) },
      input: [height, width, channels],
      pool,
      needsInput,
    });
    const x = eighths([batch, height, width, channels], 1) as tf.Tensor4D;
    const kernel = eighths([size, size, channels, filters], 2) as tf.Tensor4D;
    const bias = eighths([filters], 3) as tf.Tensor1D;
    const y = convolve(x, kernel, bias, false);
    const dy = eighths(y.shape, 4);
    const loss = (...args: tf.Tensor[]): tf.Scalar => {
      const [image, weight, offset] = needsInput ? args : [x, ...args];
      const value = convolve(image as tf.Tensor4D, weight as tf.Tensor4D, offset as tf.Tensor1D, true);
      return tf.sum(tf.mul(value, dy));
    };
    const gradients = tf.grads(loss)(needsInput ? [x, kernel, bias] : [kernel, bias]);
    // Zeros have no sign here: − 0 + 0 is 0.
    return [y, ...gradients].map((tensor) => [...tensor.shape, ...tensor.dataSync()].map((n) => n + 0));
  });
}

const cases: fc.Arbitrary<Case> = fc
  .record({
    batch: fc.integer({ min: 1, max: 5 }),
    height: fc.integer({ min: 1, max: 13 }),
    width: fc.integer({ min: 1, max: 13 }),
    // Multiples of 8 and kernels of 3×3 often: they go another way.
    channels: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(24, 32, 40)),
    filters: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constantFrom(24, 32, 56)),
    size: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constant(3)),
    pool: fc.integer({ min: 1, max: 3 }),
    padding: fc.constantFrom('valid', 'same'),
    relu: fc.boolean(),
    needsInput: fc.boolean(),
  })
  // Ways that round have tests of their own.
  .filter(({ size, pool, channels }) => !(size === 5 && pool === 2 && channels >= 3))
  .filter(({ height, width, size, pool, padding }) => {
    const least = Math.min(height, width) - (padding === 'valid' ? size - 1 : 0);
    return least >= pool;
  })
  .filter((of) => !isRounded(of));

/** Whether it or one of its gradients may be computed by F(4×4, 3×3): with few filters, that by the kernel alone is. */
function isRounded({ height, width, channels, filters, size, padding }: Case): boolean {
  const lost = padding === 'valid' ? size - 1 : 0;
  const isTransformed = size === 3 && channels > 16 && [channels, filters].every((count) => count % 8 === 0);
  return isTransformed && [0, lost].some((less) => transformedValues(height - less, width - less) === 36);
}

/** Largest distance of two tensors, as a share of the largest value of the second. */
function distance(given: tf.Tensor, plain: tf.Tensor): number {
  expect(given.shape).toEqual(plain.shape);
  const [furthest, largest] = [tf.sub(given, plain), plain].map(
    (tensor) => tf.max(tf.abs(tensor)).dataSync()[0]!,
  );
  return furthest! / Math.max(largest!, Number.MIN_VALUE);
}

it("uses elbow's own operations on every CPU that can run them, and TensorFlow's fused ones elsewhere", () => {
  expect(kernels()).toBe(!isGpu() && canRunOperations() ? 'own' : 'fused');
});

describe.skipIf(isGpu() || !canRunOperations())("elbow's own operations", () => {
  it('give the numbers and gradients of plain TensorFlow, ties and borders among them', () => {
    fc.assert(
      fc.property(cases, (of) => {
        expect(compute('own', of)).toEqual(compute('plain', of));
      }),
      { numRuns: 300 },
    );
  }, 120_000);

  it('cut large images, many channels and many filters into pieces', () => {
    const large: Case = {
      batch: 3,
      height: 20,
      width: 21,
      channels: 150,
      filters: 100,
      size: 3,
      pool: 1,
      padding: 'same',
      relu: true,
      needsInput: true,
    };
    const pooled = { ...large, pool: 2 };
    const few = { ...large, channels: 296, filters: 64, height: 6, width: 5 };
    for (const of of [large, pooled, { ...pooled, channels: 33, size: 7 }, few]) {
      expect(isRounded(of)).toBe(false);
      expect(compute('own', of)).toEqual(compute('plain', of));
    }
  });

  it('round 5×5 kernels before a pooling to six digits', () => {
    useKernels('own');
    for (const [side, channels, filters, padding] of [
      [14, 20, 50, 'valid'],
      [9, 17, 3, 'valid'],
      [8, 40, 24, 'same'],
      // Few channels go another way, row by row.
      [32, 3, 20, 'valid'],
      [9, 3, 7, 'same'],
      [13, 4, 24, 'same'],
      [10, 15, 50, 'valid'],
    ] as const) {
      const convolve = convolution({
        layer: { kind: 'conv', size: 5, filters, padding },
        input: [side, side, channels],
        pool: 2,
        needsInput: true,
      });
      const x = tf.randomNormal<tf.Rank.R4>([3, side, side, channels], 0, 1, 'float32', 1);
      const kernel = tf.randomNormal<tf.Rank.R4>([5, 5, channels, filters], 0, 1, 'float32', 2);
      const bias = tf.randomNormal<tf.Rank.R1>([filters], 0, 1, 'float32', 3);
      const plainly = (image: tf.Tensor, weight: tf.Tensor, offset: tf.Tensor): tf.Tensor =>
        tf.add(
          tf.maxPool(tf.conv2d(image as tf.Tensor4D, weight as tf.Tensor4D, 1, padding), 2, 2, 'valid'),
          offset,
        );
      const own = (image: tf.Tensor, weight: tf.Tensor, offset: tf.Tensor): tf.Tensor =>
        convolve(image as tf.Tensor4D, weight as tf.Tensor4D, offset as tf.Tensor1D, true);
      const results = [own, plainly].map((compute) => [
        compute(x, kernel, bias),
        ...tf.grads((...args: tf.Tensor[]) =>
          tf.sum(tf.square(compute(...(args as [tf.Tensor, tf.Tensor, tf.Tensor])))),
        )([x, kernel, bias]),
      ]);
      results[0]!.forEach((given, i) => {
        expect(distance(given, results[1]![i]!)).toBeLessThan(1e-5);
      });
    }
  });

  it('give 5×5 kernels before a pooling the same values with a gradient to follow and without', () => {
    useKernels('own');
    const shapes = fc
      .record({
        batch: fc.integer({ min: 1, max: 4 }),
        height: fc.integer({ min: 2, max: 15 }),
        width: fc.integer({ min: 2, max: 15 }),
        channels: fc.oneof(fc.integer({ min: 3, max: 15 }), fc.integer({ min: 16, max: 40 })),
        filters: fc.integer({ min: 1, max: 60 }),
        padding: fc.constantFrom('valid' as const, 'same' as const),
        activation: fc.constantFrom({}, { activation: 'relu' as const }),
      })
      .filter(({ height, width, padding }) => padding === 'same' || Math.min(height, width) >= 6);
    fc.assert(
      fc.property(shapes, ({ batch, height, width, channels, filters, padding, activation }) => {
        const input = [height, width, channels] as const;
        const layer = { kind: 'conv', size: 5, filters, padding, ...activation } as const;
        const convolve = convolution({ layer, input, pool: 2, needsInput: false });
        const x = tf.randomNormal<tf.Rank.R4>([batch, ...input], 0, 1, 'float32', 1);
        const kernel = tf.randomNormal<tf.Rank.R4>([5, 5, channels, filters], 0, 1, 'float32', 2);
        const bias = tf.randomNormal<tf.Rank.R1>([filters], 0, 1, 'float32', 3);
        const [trained, evaluated] = [true, false].map((hasGradient) =>
          convolve(x, kernel, bias, hasGradient),
        );
        expect([...evaluated!.dataSync()]).toEqual([...trained!.dataSync()]);
        const sums = tf.add(tf.maxPool(tf.conv2d(x, kernel, 1, padding), 2, 2, 'valid'), bias);
        const plain = layer.activation ? tf.relu(sums) : sums;
        expect(distance(evaluated!, plain)).toBeLessThan(1e-5);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('round 3×3 kernels of many channels to five digits', () => {
    useKernels('own');
    const shapes = fc.record({
      batch: fc.integer({ min: 1, max: 5 }),
      height: fc.integer({ min: 3, max: 21 }),
      width: fc.integer({ min: 3, max: 21 }),
      channels: fc.constantFrom(24, 32, 296),
      // With eight the gradient by the kernel alone.
      filters: fc.constantFrom(8, 24, 56, 64),
      padding: fc.constantFrom('valid' as const, 'same' as const),
    });
    const rounded = shapes
      .map((shape): Case => ({ ...shape, size: 3, pool: 1, relu: false, needsInput: true }))
      .filter(isRounded);
    fc.assert(
      fc.property(rounded, ({ batch, height, width, channels, filters, padding }) => {
        const layer = { kind: 'conv', size: 3, filters, padding, bias: false } as const;
        const own = convolution({ layer, input: [height, width, channels], pool: 1, needsInput: true });
        const x = tf.randomNormal<tf.Rank.R4>([batch, height, width, channels], 0, 1, 'float32', 1);
        const kernel = tf.randomNormal<tf.Rank.R4>([3, 3, channels, filters], 0, 1, 'float32', 2);
        const ways = [
          (image: tf.Tensor4D, weight: tf.Tensor4D) => own(image, weight, undefined, true),
          (image: tf.Tensor4D, weight: tf.Tensor4D) => tf.conv2d(image, weight, 1, padding),
        ];
        const results = ways.map((compute) => {
          const y = compute(x, kernel);
          const dy = tf.randomNormal(y.shape, 0, 1, 'float32', 3);
          const loss = (...args: tf.Tensor[]) =>
            tf.sum<tf.Scalar>(tf.mul(compute(...(args as [tf.Tensor4D, tf.Tensor4D])), dy));
          return [y, ...tf.grads(loss)([x, kernel])];
        });
        results[0]!.forEach((given, i) => expect(distance(given, results[1]![i]!)).toBeLessThan(3e-5));
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  it('keep what is not a number, so that a diverged training is seen', () => {
    useKernels('own');
    const convolve = convolution({
      layer: { kind: 'conv', size: 1, filters: 1, activation: 'relu' },
      input: [2, 2, 1],
      pool: 2,
      needsInput: true,
    });
    for (const place of [0, 1, 2, 3]) {
      const pixels = [1, 1, 1, 1].map((value, i) => (i === place ? NaN : value));
      for (const hasGradient of [true, false]) {
        const y = convolve(
          tf.tensor4d(pixels, [1, 2, 2, 1]),
          tf.ones([1, 1, 1, 1]),
          tf.tensor1d([0]),
          hasGradient,
        );
        expect(y.dataSync()[0]).toBeNaN();
      }
    }
  });

  it('refuse shapes that do not fit', () => {
    useKernels('own');
    const attributes = (rows: number) => [
      typed('before', 'TF_ATTR_INT', 0),
      typed('rows', 'TF_ATTR_INT', rows),
      typed('columns', 'TF_ATTR_INT', 2),
    ];
    const gradient = (rows: number, channels: number, dy: tf.Tensor): tf.Tensor =>
      native().executeSingleOutput('ElbowConvKernelGradient', attributes(rows), [
        tf.ones([1, 4, 4, 2]),
        tf.ones([3, 3, channels, 5]),
        dy,
      ]);
    expect(gradient(2, 2, tf.ones([1, 2, 2, 5])).shape).toEqual([3, 3, 2, 5]);
    expect(() => gradient(2, 3, tf.ones([1, 2, 2, 5]))).toThrow('expected images');
    expect(() => gradient(1, 2, tf.ones([1, 1, 2, 5]))).toThrow('padding');
    expect(() => gradient(2, 2, tf.ones([1, 2, 2, 4]))).toThrow('shape');
    const [x, kernel, bias] = [tf.ones([1, 4, 4, 2]), tf.ones([3, 3, 2, 5]), tf.ones([5])];
    const pooled = (pool: number): OpAttribute[] => [
      ...attributes(2),
      typed('pool', 'TF_ATTR_INT', pool),
      typed('relu', 'TF_ATTR_BOOL', true),
    ];
    const forward = (pool: number): tf.Tensor[] => {
      const all = [...pooled(pool), typed('keep_places', 'TF_ATTR_BOOL', true)];
      return native().executeMultipleOutputs('ElbowConvPool', all, [x, kernel, bias], 2);
    };
    const [y, places] = forward(2) as [tf.Tensor, tf.Tensor];
    const backward = (pool: number): tf.Tensor[] => {
      const all = [...pooled(pool), typed('needs_input', 'TF_ATTR_BOOL', true)];
      return native().executeMultipleOutputs('ElbowConvPoolGradients', all, [x, kernel, y, places, y], 3);
    };
    expect(backward(2)).toHaveLength(3);
    for (const pool of [0, -1, 16]) {
      expect(() => forward(pool)).toThrow('windows of 1 to 15');
      expect(() => backward(pool)).toThrow('windows of 1 to 15');
    }
  });
});
