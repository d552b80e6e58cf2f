import * as tf from '@tensorflow/tfjs-node-gpu';
import { expect, it } from 'vitest';
import { initialiserOf, type Layer } from '../../src/models/index.js';
import { uniforms } from '../../src/random.js';
import { buildNetwork } from '../../src/training/build.js';

const layers: readonly Layer[] = [
  { kind: 'conv', size: 3, filters: 4, activation: 'relu' },
  { kind: 'max-pool', size: 2 },
  { kind: 'conv', size: 2, filters: 5, activation: 'relu' },
  // As large as what is left of the image.
  { kind: 'conv', size: 4, filters: 6, activation: 'relu' },
  { kind: 'flatten' },
  { kind: 'dense', units: 3 },
];
const images = tf.tensor4d([...uniforms(7 * 12 * 12 * 2, 1)], [7, 12, 12, 2]);
const seeds = { sweepSeed: 42, replicate: 0 };

/** The same network as its layers say it, one plain operation after the other. */
function plainly(x: tf.Tensor4D, parameters: readonly tf.Tensor[]): tf.Tensor2D {
  const [kernel1, bias1, kernel2, bias2, kernel3, bias3, kernel4, bias4] = parameters;
  const conv = (input: tf.Tensor, kernel?: tf.Tensor, bias?: tf.Tensor): tf.Tensor =>
    tf.relu(tf.add(tf.conv2d(input as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'valid'), bias!));
  const pooled = tf.maxPool(conv(x, kernel1, bias1) as tf.Tensor4D, 2, 2, 'valid');
  const last = conv(conv(pooled, kernel2, bias2), kernel3, bias3);
  return tf.add(tf.matMul(tf.reshape(last, [7, 6]), kernel4 as tf.Tensor2D), bias4!);
}

const furthest = (a: tf.Tensor, b: tf.Tensor): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;

it('computes what its layers say, and the gradient of it', () => {
  const network = buildNetwork(layers, [12, 12, 2], seeds, initialiserOf('glorot-uniform'));
  const parameters = network.split(network.parameters);
  expect(parameters.map(({ shape }) => shape)).toEqual([
    [3, 3, 2, 4],
    [4],
    [2, 2, 4, 5],
    [5],
    [4, 4, 5, 6],
    [6],
    [6, 3],
    [3],
  ]);
  // Biases that move maxima above and below 0.
  const moved = parameters.map((parameter, i) =>
    i % 2 === 0 ? parameter : tf.tensor1d(Float32Array.from(uniforms(parameter.size, i), (u) => u - 0.5)),
  );
  const weigh = tf.tensor2d([...uniforms(21, 9)], [7, 3]);
  const loss =
    (forward: (all: readonly tf.Tensor[]) => tf.Tensor) =>
    (...all: tf.Tensor[]): tf.Scalar =>
      tf.sum(tf.mul(forward(all), weigh));
  const mode = { kind: 'training', dropoutSeed: 1 } as const;
  const built = tf.valueAndGrads(loss((all) => network.forward(images, all, mode)))(moved);
  const plain = tf.valueAndGrads(loss((all) => plainly(images, all)))(moved);
  expect(furthest(built.value, plain.value)).toBeLessThan(1e-5);
  built.grads.forEach((grad, i) => expect(furthest(grad, plain.grads[i]!)).toBeLessThan(1e-4));
  network.dispose();
});

it('starts with weights of its seeds alone', () => {
  const start = (replicate: number): number[] => {
    const network = buildNetwork(
      layers,
      [12, 12, 2],
      { ...seeds, replicate },
      initialiserOf('glorot-uniform'),
    );
    const values = [...network.parameters.dataSync()];
    network.dispose();
    return values;
  };
  expect(start(0)).toEqual(start(0));
  expect(start(1)).not.toEqual(start(0));
});
