/** A network of tensors from a plain list of layers: the only place where layers become TensorFlow. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import { outputShape, type Layer, type Shape } from '../models/index.js';
import { deriveSeed, uniforms } from '../random.js';
import {
  batchNormInference,
  batchNormMoments,
  batchNormTraining,
  biasRelu,
  maxPool,
  type Moments,
} from './kernels.js';

/** A network and its parameters, which are one vector: optimizers, best weights and checkpoints need no layers. */
export interface Network {
  /** Shape [parameters], layer by layer. Belongs to the network. */
  readonly parameters: tf.Tensor1D;
  /** Batch-norm layers, integer ≥ 0. */
  readonly normLayers: number;
  /** Cuts a vector of parameters into those of the layers, in their shapes. The caller owns them. */
  split(parameters: tf.Tensor1D): tf.Tensor[];
  /** Takes over new parameters and disposes of the old ones. */
  replace(parameters: tf.Tensor1D): void;
  /**
   * @param images shape [batch, height, width, channels]
   * @param parameters as `split` gives them
   * @returns logits, shape [batch, classes]; intermediate tensors belong to the enclosing tidy
   */
  forward(images: tf.Tensor4D, parameters: readonly tf.Tensor[], mode: Mode): tf.Tensor2D;
  dispose(): void;
}

export type Mode =
  /** Batch moments, dropout with this seed. */
  | { readonly kind: 'training'; readonly dropoutSeed: number }
  /** Batch moments, no dropout; each norm layer's moments are handed out. */
  | { readonly kind: 'moments'; onMoments(layer: number, moments: Moments): void }
  /** Given moments, one for each norm layer. */
  | { readonly kind: 'inference'; readonly moments: readonly Moments[] };

/** The start values of a parameter. */
interface Initial {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

interface Built {
  readonly parameters: readonly Initial[];
  /** @param parameters the layer's own, in the order above */
  apply(x: tf.Tensor, parameters: readonly tf.Tensor[], mode: Mode): tf.Tensor;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

const constant = (size: number, value: number): Initial => ({
  shape: [size],
  values: new Float32Array(size).fill(value),
});

/**
 * Glorot's uniform initialisation: U(−a, a) with a = √(6 / (in + out)).
 * @see Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010, eq. 16
 */
function glorot(shape: readonly number[], fanIn: number, fanOut: number, seed: number): Initial {
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  return { shape, values: Float32Array.from(uniforms(sizeOf(shape), seed), (u) => (2 * u - 1) * limit) };
}

/**
 * Builds a network.
 * @param input height, width, channels
 * @param seeds every layer's start weights are derived from these and its position
 */
export function buildNetwork(
  layers: readonly Layer[],
  input: Shape,
  seeds: { readonly sweepSeed: number; readonly replicate: number },
): Network {
  let shape = input;
  let normLayers = 0;
  const built = layers.map((layer, position): Built => {
    const made = buildLayer(layer, shape, {
      seed: deriveSeed(seeds.sweepSeed, seeds.replicate, 'initialisation', position),
      norm: normLayers,
      position,
      before: layers[position - 1],
      after: layers[position + 1],
    });
    if (layer.kind === 'batch-norm') normLayers++;
    shape = outputShape(layer, shape);
    return made;
  });
  const initial = built.flatMap((layer) => layer.parameters);
  const shapes = initial.map((parameter) => [...parameter.shape]);
  let parameters = tf.tidy(() => tf.concat(initial.map(({ values }) => tf.tensor1d(values))));
  return {
    get parameters() {
      return parameters;
    },
    normLayers,
    split: (all) =>
      tf.tidy(() =>
        tf.split(all, shapes.map(sizeOf)).map((part, i) => {
          const shape = shapes[i]!;
          return shape.length === 1 ? part : tf.reshape(part, shape);
        }),
      ),
    replace: (next) => {
      parameters.dispose();
      parameters = tf.keep(next);
    },
    forward: (images, all, mode) => {
      let from = 0;
      return built.reduce<tf.Tensor>((x, layer) => {
        const own = all.slice(from, (from += layer.parameters.length));
        return layer.apply(x, own, mode);
      }, images) as tf.Tensor2D;
    },
    dispose: () => parameters.dispose(),
  };
}

interface Place {
  readonly seed: number;
  /** Norm layers before this one. */
  readonly norm: number;
  readonly position: number;
  readonly before: Layer | undefined;
  readonly after: Layer | undefined;
}

function buildLayer(layer: Layer, input: Shape, at: Place): Built {
  const channels = input[input.length - 1]!;
  switch (layer.kind) {
    case 'conv':
      return buildConv(layer, input, at);
    case 'max-pool':
      return {
        parameters: [],
        // A convolution does the pooling that follows it.
        apply: (x) => (at.before?.kind === 'conv' ? x : maxPool(x as tf.Tensor4D, layer.size)),
      };
    case 'batch-norm':
      return {
        parameters: [constant(channels, 1), constant(channels, 0)],
        apply: (x, [scale, offset], mode) => {
          const args = [x as tf.Tensor4D, scale as tf.Tensor1D, offset as tf.Tensor1D] as const;
          switch (mode.kind) {
            case 'training':
              return batchNormTraining(...args);
            case 'moments': {
              const { value, moments } = batchNormMoments(...args);
              mode.onMoments(at.norm, moments);
              return value;
            }
            case 'inference':
              return batchNormInference(...args, mode.moments[at.norm]!);
          }
        },
      };
    case 'dropout':
      return {
        parameters: [],
        // A layer's own offset, so that two dropout layers of a step do not share a mask.
        apply: (x, _, mode) =>
          mode.kind === 'training' ? tf.dropout(x, layer.rate, undefined, mode.dropoutSeed + at.position) : x,
      };
    case 'flatten':
      return { parameters: [], apply: (x) => tf.reshape(x, [x.shape[0], -1]) };
    case 'dense':
      return {
        parameters: [
          glorot([channels, layer.units], channels, layer.units, at.seed),
          constant(layer.units, 0),
        ],
        apply: (x, [kernel, bias]) => tf.add(tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor2D), bias!),
      };
  }
}

/**
 * A convolution with its bias, its ReLU and the pooling that follows it. Pooling goes first: max(relu(x + b)) and
 * relu(max(x) + b) are the same numbers to the bit, as both steps are monotone, and the second has a quarter of the work.
 */
function buildConv(layer: Layer & { kind: 'conv' }, input: Shape, at: Place): Built {
  const { size, filters } = layer;
  const channels = input[input.length - 1]!;
  const area = size * size;
  const pool = at.after?.kind === 'max-pool' ? at.after.size : 1;
  // A kernel as large as its input is a matrix; the general kernels take three times as long for it.
  const isMatrix = input[0] === size && input[1] === size;
  const convolve = (x: tf.Tensor4D, kernel: tf.Tensor4D): tf.Tensor4D =>
    isMatrix
      ? tf.reshape(
          tf.matMul<tf.Tensor2D>(
            tf.reshape(x, [x.shape[0], area * channels]),
            tf.reshape(kernel, [area * channels, filters]),
          ),
          [x.shape[0], 1, 1, filters],
        )
      : tf.conv2d(x, kernel, 1, 'valid');
  return {
    parameters: [
      glorot([size, size, channels, filters], area * channels, area * filters, at.seed),
      constant(filters, 0),
    ],
    apply: (x, [kernel, bias]) => {
      const sums = convolve(x as tf.Tensor4D, kernel as tf.Tensor4D);
      return biasRelu(pool > 1 ? maxPool(sums, pool) : sums, bias as tf.Tensor1D);
    },
  };
}
