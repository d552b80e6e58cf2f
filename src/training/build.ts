/** A network of tensors from a plain list of layers. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import type { Initialiser, Layer, Shape } from '../models/index.js';
import { deriveSeed } from '../random.js';
import { buildChain, type Construction, type Mode } from './layers.js';
import { joinVector, splitVector } from './parameters.js';

/** A network and its parameters, which are one vector: optimizers, best weights and checkpoints need no layers. */
export interface Network {
  /** Shape [parameters], layer by layer. Belongs to the network. */
  readonly parameters: tf.Tensor1D;
  /** Names and shapes of the layers' parameters, in the order of the vector. */
  readonly parts: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** Names of the batch-norm layers, in the order of their moments. */
  readonly norms: readonly string[];
  /** Cuts a vector of parameters into those of the layers, in their shapes. The caller owns them. */
  split(parameters: tf.Tensor1D): tf.Tensor[];
  /** Lays tensors of the layers' shapes in a row, as the parameters are. The caller owns the vector. */
  join(parts: readonly tf.Tensor[]): tf.Tensor1D;
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

/**
 * Builds a network.
 * @param input height, width, channels
 * @param seeds every layer's start weights are derived from these and its position
 * @param initialise start values of kernels
 * @throws ElbowError `spec-invalid` when layers do not fit
 */
export function buildNetwork(
  layers: readonly Layer[],
  input: Shape,
  seeds: { readonly sweepSeed: number; readonly replicate: number },
  initialise: Initialiser,
): Network {
  const construction: Construction = {
    initialise,
    seedOf: (position) => deriveSeed(seeds.sweepSeed, seeds.replicate, 'initialisation', position),
    layers: 0,
    norms: [],
  };
  const chain = buildChain(layers, input, construction);
  const initial = chain.parameters;
  const parts = initial.map(({ name, shape }) => ({ name, shape: [...shape] }));
  const shapes = parts.map(({ shape }) => shape);
  let parameters = tf.tidy(() => tf.concat(initial.map(({ values }) => tf.tensor1d(values))));
  return {
    get parameters() {
      return parameters;
    },
    parts,
    norms: construction.norms,
    split: (all) => splitVector(all, shapes),
    join: joinVector,
    replace: (next) => {
      parameters.dispose();
      parameters = tf.keep(next);
    },
    forward: (images, all, mode) => chain.apply(images, all, mode) as tf.Tensor2D,
    dispose: () => parameters.dispose(),
  };
}
