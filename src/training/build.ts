/** A network of tensors from a plain list of layers: the only place where layers become TensorFlow. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import { outputShape, type Layer, type Shape } from '../models/index.js';
import { deriveSeed, uniforms } from '../random.js';
import {
  batchNormInference,
  batchNormMoments,
  batchNormTraining,
  biasRelu,
  type Moments,
} from './kernels.js';

export interface Network {
  /** In a fixed order: an optimizer's state is kept by position. */
  readonly variables: readonly tf.Variable[];
  /** Batch-norm layers, integer ≥ 0. */
  readonly normLayers: number;
  /**
   * @param images shape [batch, height, width, channels]
   * @returns logits, shape [batch, classes]; intermediate tensors belong to the enclosing tidy
   */
  forward(images: tf.Tensor4D, mode: Mode): tf.Tensor2D;
  dispose(): void;
}

export type Mode =
  /** Batch moments, dropout with this seed. */
  | { readonly kind: 'training'; readonly dropoutSeed: number }
  /** Batch moments, no dropout; each norm layer's moments are handed out. */
  | { readonly kind: 'moments'; onMoments(layer: number, moments: Moments): void }
  /** Given moments, one for each norm layer. */
  | { readonly kind: 'inference'; readonly moments: readonly Moments[] };

interface Built {
  readonly variables: readonly tf.Variable[];
  apply(x: tf.Tensor, mode: Mode): tf.Tensor;
}

/**
 * Glorot's uniform initialisation: U(−a, a) with a = √(6 / (in + out)).
 * @see Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010, eq. 16
 */
function glorot(
  shape: readonly number[],
  fanIn: number,
  fanOut: number,
  seed: number,
  name: string,
): tf.Variable {
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  const size = shape.reduce((product, n) => product * n, 1);
  const values = Float32Array.from(uniforms(size, seed), (u) => (2 * u - 1) * limit);
  return variable(tf.tensor(values, [...shape]), name);
}

function variable(initial: tf.Tensor, name: string): tf.Variable {
  // Names are unique in a process, and a warm trainer builds many networks: tfjs numbers them itself.
  const made = tf.variable(initial, true, `${name}_${counter++}`);
  initial.dispose();
  return made;
}
let counter = 0;

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
    const seed = deriveSeed(seeds.sweepSeed, seeds.replicate, 'initialisation', position);
    const made = buildLayer(layer, shape, { seed, norm: normLayers, position });
    if (layer.kind === 'batch-norm') normLayers++;
    shape = outputShape(layer, shape);
    return made;
  });
  const variables = built.flatMap((layer) => layer.variables);
  return {
    variables,
    normLayers,
    forward: (images, mode) =>
      built.reduce((x, layer) => layer.apply(x, mode), images as tf.Tensor) as tf.Tensor2D,
    dispose: () => tf.dispose([...variables]),
  };
}

function buildLayer(layer: Layer, input: Shape, at: { seed: number; norm: number; position: number }): Built {
  const channels = input[input.length - 1]!;
  switch (layer.kind) {
    case 'conv': {
      const { size, filters } = layer;
      const area = size * size;
      const kernel = glorot(
        [size, size, channels, filters],
        area * channels,
        area * filters,
        at.seed,
        'conv',
      );
      const bias = variable(tf.zeros([filters]), 'bias');
      return {
        variables: [kernel, bias],
        apply: (x) =>
          biasRelu(tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'valid'), bias as tf.Tensor1D),
      };
    }
    case 'max-pool':
      return { variables: [], apply: (x) => tf.maxPool(x as tf.Tensor4D, layer.size, layer.size, 'valid') };
    case 'batch-norm': {
      const scale = variable(tf.ones([channels]), 'scale') as tf.Variable<tf.Rank.R1>;
      const offset = variable(tf.zeros([channels]), 'offset') as tf.Variable<tf.Rank.R1>;
      return {
        variables: [scale, offset],
        apply: (x, mode) => {
          const images = x as tf.Tensor4D;
          switch (mode.kind) {
            case 'training':
              return batchNormTraining(images, scale, offset);
            case 'moments': {
              const { value, moments } = batchNormMoments(images, scale, offset);
              mode.onMoments(at.norm, moments);
              return value;
            }
            case 'inference':
              return batchNormInference(images, scale, offset, mode.moments[at.norm]!);
          }
        },
      };
    }
    case 'dropout':
      return {
        variables: [],
        // A layer's own offset, so that two dropout layers of a step do not share a mask.
        apply: (x, mode) =>
          mode.kind === 'training' ? tf.dropout(x, layer.rate, undefined, mode.dropoutSeed + at.position) : x,
      };
    case 'flatten':
      return { variables: [], apply: (x) => tf.reshape(x, [x.shape[0], -1]) };
    case 'dense': {
      const kernel = glorot([channels, layer.units], channels, layer.units, at.seed, 'dense');
      const bias = variable(tf.zeros([layer.units]), 'bias');
      return {
        variables: [kernel, bias],
        apply: (x) => tf.add(tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor2D), bias),
      };
    }
  }
}
