import * as tf from '@tensorflow/tfjs-node-gpu';
import { afterEach, describe, expect, it } from 'vitest';
import { initialiserOf, type Layer, type Shape } from '../../src/models/index.js';
import { uniforms } from '../../src/random.js';
import { buildNetwork, type Network } from '../../src/training/build.js';
import { BATCH_NORM_EPSILON, type Moments } from '../../src/training/kernels.js';
import { useKernels } from '../../src/training/native.js';
import { availableKernels } from '../support/kernels.js';

afterEach(() => useKernels(undefined));

const glorot = initialiserOf('glorot-uniform');
const seeds = { sweepSeed: 42, replicate: 0 };
const training = { kind: 'training', dropoutSeed: 1 } as const;
const COUNT = 5;

type Plainly = (x: tf.Tensor4D, parameters: readonly tf.Tensor[]) => tf.Tensor;

const imagesOf = (shape: Shape): tf.Tensor4D => {
  const [height, width, channels] = shape as readonly [number, number, number];
  const values = Float32Array.from(uniforms(COUNT * height * width * channels, 1), (u) => u - 0.5);
  return tf.tensor4d(values, [COUNT, height, width, channels]);
};
const furthest = (a: tf.Tensor, b: tf.Tensor): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;

/** Vectors (biases, scales, offsets) away from 0 and 1, so that none is without effect. */
function movedParameters(network: Network): tf.Tensor[] {
  return network
    .split(network.parameters)
    .map((parameter, i) =>
      parameter.rank > 1
        ? parameter
        : tf.tensor1d(Float32Array.from(uniforms(parameter.size, i), (u) => u + 0.25)),
    );
}

/** Values and all gradients of a network against the same in plain operations, with fused and with plain kernels. */
function compare(layers: readonly Layer[], input: Shape, plainly: Plainly): void {
  const images = imagesOf(input);
  for (const kind of availableKernels) {
    useKernels(kind);
    const network = buildNetwork(layers, input, seeds, initialiserOf('he-normal'));
    const parameters = movedParameters(network);
    const loss =
      (forward: Plainly) =>
      (...all: tf.Tensor[]): tf.Scalar => {
        const logits = forward(images, all);
        return tf.sum(tf.mul(logits, tf.tensor([...uniforms(logits.size, 9)], logits.shape)));
      };
    const built = tf.valueAndGrads(loss((x, all) => network.forward(x, all, training)))(parameters);
    const plain = tf.valueAndGrads(loss(plainly))(parameters);
    expect(furthest(built.value, plain.value)).toBeLessThan(1e-4);
    built.grads.forEach((grad, i) => expect(furthest(grad, plain.grads[i]!)).toBeLessThan(1e-3));
    network.dispose();
  }
}

const conv = (x: tf.Tensor, kernel?: tf.Tensor, stride = 1): tf.Tensor4D => {
  const padded = tf.pad(x, [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0],
  ]);
  return tf.conv2d(padded as tf.Tensor4D, kernel as tf.Tensor4D, stride, 'valid');
};

/** Batch norm as its paper writes it; a flat input's moments are those over the batch. */
function norm(x: tf.Tensor, scale?: tf.Tensor, offset?: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(x, x.rank === 4 ? [0, 1, 2] : [0]);
  const deviation = tf.sqrt(tf.add(variance, BATCH_NORM_EPSILON));
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), deviation), scale!), offset!);
}

const same = { kind: 'conv', size: 3, padding: 'same' } as const;
const relu: Layer = { kind: 'activation', activation: 'relu' };
const block: Layer = {
  kind: 'residual',
  body: [
    { ...same, filters: 5, stride: 2, bias: false },
    { kind: 'batch-norm' },
    relu,
    { ...same, filters: 5, bias: false },
    { kind: 'batch-norm' },
  ],
};

describe('a network computes what its layers say, and the gradient of it', () => {
  it('with norms between convolutions and ReLU, poolings and hidden dense layers', () => {
    compare(
      [
        { ...same, filters: 4, activation: 'relu' },
        { ...same, filters: 4, bias: false },
        { kind: 'batch-norm' },
        relu,
        { kind: 'max-pool', size: 2 },
        { ...same, filters: 3 },
        { kind: 'max-pool', size: 2 },
        { kind: 'flatten' },
        { kind: 'dense', units: 6, activation: 'relu' },
        { kind: 'dense', units: 6, bias: false },
        { kind: 'batch-norm' },
        relu,
        { kind: 'dense', units: 3 },
      ],
      [8, 8, 2],
      (x, [k1, b1, k2, s2, o2, k3, b3, k4, b4, k5, s5, o5, k6, b6]) => {
        const first = tf.relu(tf.add(conv(x, k1), b1!));
        const second = tf.maxPool(tf.relu(norm(conv(first, k2), s2, o2)) as tf.Tensor4D, 2, 2, 'valid');
        const third = tf.maxPool(tf.add<tf.Tensor4D>(conv(second, k3), b3!), 2, 2, 'valid');
        const hidden = tf.relu(tf.add(tf.matMul(tf.reshape(third, [COUNT, -1]), k4!), b4!));
        return tf.add(tf.matMul(tf.relu(norm(tf.matMul(hidden, k5!), s5, o5)), k6!), b6!);
      },
    );
  });

  it.each([
    ['even', [6, 8, 3]],
    ['odd', [7, 5, 3]],
  ] as const)('with a residual layer that halves images of %s size and adds channels', (_, input) => {
    compare(
      [block, relu, { kind: 'global-average-pool' }, { kind: 'dense', units: 3 }],
      input,
      (x, [k1, s1, o1, k2, s2, o2, k3, b3]) => {
        const body = norm(conv(tf.relu(norm(conv(x, k1, 2), s1, o1)), k2), s2, o2);
        // Every second pixel as a convolution with a kernel of one 1 in each channel; two channels of zeros.
        const taken = tf.conv2d(x, tf.reshape(tf.eye(3, 5), [1, 1, 3, 5]), 2, 'valid');
        return tf.add(tf.matMul(tf.mean(tf.relu(tf.add(body, taken)), [1, 2]), k3!), b3!);
      },
    );
  });

  it('with a residual layer that keeps the shape', () => {
    compare(
      [
        {
          kind: 'residual',
          body: [
            { ...same, filters: 2, activation: 'relu' },
            { ...same, filters: 2 },
          ],
        },
        { kind: 'flatten' },
        { kind: 'dense', units: 3 },
      ],
      [4, 4, 2],
      (x, [k1, b1, k2, b2, k3, b3]) => {
        const body = tf.add(conv(tf.relu(tf.add(conv(x, k1), b1!)), k2), b2!);
        return tf.add(tf.matMul(tf.reshape(tf.add(body, x), [COUNT, -1]), k3!), b3!);
      },
    );
  });
});

describe('norm layers', () => {
  const layers: readonly Layer[] = [
    { ...same, filters: 5, bias: false },
    { kind: 'batch-norm' },
    block,
    { kind: 'flatten' },
    { kind: 'batch-norm' },
    { kind: 'dense', units: 3 },
  ];
  const input = [6, 6, 2] as const;

  it('are counted in order, those of residual layers with them', () => {
    const network = buildNetwork(layers, input, seeds, glorot);
    const parameters = network.split(network.parameters);
    const images = imagesOf(input);
    const moments: Moments[] = [];
    const batch = network.forward(images, parameters, {
      kind: 'moments',
      onMoments: (layer, each) => {
        expect(layer).toBe(moments.length);
        moments.push(each);
      },
    });
    expect(network.norms).toHaveLength(4);
    expect(moments.map(({ mean }) => mean.size)).toEqual([5, 5, 5, 45]);
    // With the moments of the same batch, evaluation is what training computes.
    const evaluated = network.forward(images, parameters, { kind: 'inference', moments });
    expect(furthest(evaluated, batch)).toBeLessThan(1e-4);
    expect(furthest(network.forward(images, parameters, training), batch)).toBeLessThan(1e-4);
    expect(images.isDisposed || parameters.some(({ isDisposed }) => isDisposed)).toBe(false);
    network.dispose();
  });

  it('take one image, too', () => {
    const network = buildNetwork(layers, input, seeds, glorot);
    const one = tf.slice(imagesOf(input), 0, 1);
    const logits = network.forward(one, network.split(network.parameters), training);
    expect(logits.dataSync().every(Number.isFinite)).toBe(true);
    network.dispose();
  });
});

it('evaluation lets go of what only a backward pass would need', () => {
  const deep: Layer[] = Array.from({ length: 10 }, () => ({
    ...same,
    filters: 2,
    activation: 'relu' as const,
  }));
  const network = buildNetwork([...deep, { kind: 'residual', body: deep }], [4, 4, 2], seeds, glorot);
  const parameters = network.split(network.parameters);
  const images = imagesOf([4, 4, 2]);
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    network.forward(images, parameters, { kind: 'inference', moments: [] });
    expect(tf.memory().numTensors).toBe(before + 1);
  });
  expect(tf.memory().numTensors).toBe(before);
  network.dispose();
});
