/** How single layers become tensors: their start values, and what they do to their input. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import {
  outputShape,
  shortcutStride,
  type ConvLayer,
  type Fans,
  type Initialiser,
  type Layer,
  type Shape,
} from '../models/index.js';
import { addBias } from './bias.js';
import { convolution } from './convolution.js';
import {
  batchNormInference,
  batchNormMoments,
  batchNormTraining,
  globalAverage,
  maxPool,
  relu,
  type Moments,
  type NormOptions,
} from './kernels.js';

export type Mode =
  /** Batch moments, dropout with this seed. */
  | { readonly kind: 'training'; readonly dropoutSeed: number }
  /** Batch moments, no dropout; each norm layer's moments are handed out. */
  | { readonly kind: 'moments'; onMoments(layer: number, moments: Moments): void }
  /** Given moments, one for each norm layer. */
  | {
      readonly kind: 'inference';
      readonly moments: readonly Moments[];
      /** @param layer `LAYER.KIND` @param values of its ReLU, which go on belonging to the network */
      onRelu?(layer: string, values: tf.Tensor): void;
    };

/** The start values of a parameter. */
export interface Initial {
  /** `LAYER.KIND.PARAMETER`, layers counted from 0 and those of a residual body in its place. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A layer of tensors, or several in a row. */
export interface Built {
  readonly parameters: readonly Initial[];
  /** @param parameters its own, in the order above */
  apply(x: tf.Tensor, parameters: readonly tf.Tensor[], mode: Mode): tf.Tensor;
}

/** What the layers of a network share while it is built. */
export interface Construction {
  readonly initialise: Initialiser;
  /** Of a layer's start values. */
  seedOf(position: number): number;
  /** Layers that are built; a residual layer counts by its body alone. */
  layers: number;
  /** `LAYER.KIND` of each norm layer. */
  readonly norms: string[];
}

interface Neighbours {
  readonly before: Layer | undefined;
  readonly after: Layer | undefined;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

const constant = (name: string, size: number, value: number): Initial => ({
  name,
  shape: [size],
  values: new Float32Array(size).fill(value),
});

/**
 * Ends a tensor that only a backward pass would need again: in evaluation 500 images of a VGG would hold gigabytes.
 * @param used tensors that go on living, perhaps this one among them: some layers give their input back
 */
function release(x: tf.Tensor, mode: Mode, used: readonly tf.Tensor[]): void {
  if (mode.kind !== 'training' && !used.includes(x)) x.dispose();
}

const hasRelu = (layer: Layer): boolean => 'activation' in layer && layer.activation === 'relu';

/** Layers in a row. */
export function buildChain(layers: readonly Layer[], input: Shape, construction: Construction): Built {
  let shape = input;
  const chain = layers.map((layer, i) => {
    const name = `${construction.layers}.${layer.kind}`;
    const built = buildLayer(layer, shape, construction, { before: layers[i - 1], after: layers[i + 1] });
    shape = outputShape(layer, shape);
    return { ...built, relu: hasRelu(layer) ? name : null };
  });
  return {
    parameters: chain.flatMap((built) => built.parameters),
    apply: (images, all, mode) => {
      let from = 0;
      return chain.reduce((x, built) => {
        const own = all.slice(from, (from += built.parameters.length));
        const next = built.apply(x, own, mode);
        if (mode.kind === 'inference' && built.relu !== null) mode.onRelu?.(built.relu, next);
        release(x, mode, [images, next]);
        return next;
      }, images);
    },
  };
}

function buildLayer(layer: Layer, input: Shape, construction: Construction, near: Neighbours): Built {
  if (layer.kind === 'residual') return buildResidual(layer.body, input, construction);
  const position = construction.layers++;
  const channels = input[input.length - 1]!;
  const name = `${position}.${layer.kind}`;
  const kernel = (shape: readonly number[], fans: Fans): Initial => ({
    name: `${name}.kernel`,
    shape,
    values: construction.initialise(sizeOf(shape), fans, construction.seedOf(position)),
  });
  switch (layer.kind) {
    case 'conv':
      return buildConv(
        layer,
        input,
        { kernel, bias: (size) => constant(`${name}.bias`, size, 0) },
        { pool: near.after?.kind === 'max-pool' ? near.after.size : 1, needsInput: position > 0 },
      );
    case 'dense': {
      const { units, bias = true, activation } = layer;
      return {
        parameters: [
          kernel([channels, units], { in: channels, out: units }),
          ...(bias ? [constant(`${name}.bias`, units, 0)] : []),
        ],
        apply: (x, [weights, offset]) => {
          const product = tf.matMul<tf.Tensor2D>(x, weights as tf.Tensor2D);
          const sums = offset ? addBias(product, offset as tf.Tensor1D) : product;
          return activation === 'relu' ? relu(sums) : sums;
        },
      };
    }
    case 'batch-norm':
      return buildNorm(channels, {
        name,
        index: construction.norms.push(name) - 1,
        relu: near.after?.kind === 'activation',
      });
    case 'max-pool':
      return {
        parameters: [],
        // A convolution does the pooling that follows it.
        apply: (x) => (near.before?.kind === 'conv' ? x : maxPool(x as tf.Tensor4D, layer.size)),
      };
    case 'global-average-pool':
      return { parameters: [], apply: (x) => globalAverage(x as tf.Tensor4D) };
    case 'activation':
      // A norm does the ReLU that follows it.
      return { parameters: [], apply: (x) => (near.before?.kind === 'batch-norm' ? x : relu(x)) };
    case 'dropout':
      return {
        parameters: [],
        // A layer's own offset, so that two dropout layers of a step do not share a mask.
        apply: (x, _, mode) =>
          mode.kind === 'training' ? tf.dropout(x, layer.rate, undefined, mode.dropoutSeed + position) : x,
      };
    case 'flatten':
      return { parameters: [], apply: (x) => tf.reshape(x, [x.shape[0], -1]) };
  }
}

interface NormPlace extends NormOptions {
  readonly name: string;
  /** Of the layer among the norm layers of the network, from 0. */
  readonly index: number;
}

function buildNorm(channels: number, { name, index, relu: hasRelu }: NormPlace): Built {
  const options = { relu: hasRelu };
  return {
    parameters: [constant(`${name}.scale`, channels, 1), constant(`${name}.offset`, channels, 0)],
    apply: (x, [scale, offset], mode) => {
      // The kernels take images; the units of a flat input are the channels of one pixel.
      const image = x.rank === 4 ? x : tf.reshape(x, [x.shape[0], 1, 1, channels]);
      const args = [image as tf.Tensor4D, scale as tf.Tensor1D, offset as tf.Tensor1D] as const;
      const back = (value: tf.Tensor): tf.Tensor => (x.rank === 4 ? value : tf.reshape(value, x.shape));
      switch (mode.kind) {
        case 'training':
          return back(batchNormTraining(...args, options));
        case 'moments': {
          const { value, moments } = batchNormMoments(...args, options);
          mode.onMoments(index, moments);
          return back(value);
        }
        case 'inference':
          return back(batchNormInference(...args, mode.moments[index]!, options));
      }
    },
  };
}

/** A convolution with its bias, its ReLU and the pooling that follows it. */
function buildConv(
  layer: ConvLayer,
  input: Shape,
  start: { kernel(shape: readonly number[], fans: Fans): Initial; bias(size: number): Initial },
  { pool, needsInput }: { readonly pool: number; readonly needsInput: boolean },
): Built {
  const { size, filters, bias = true } = layer;
  const channels = input[input.length - 1]!;
  const area = size * size;
  const convolve = convolution({ layer, input, pool, needsInput });
  return {
    parameters: [
      start.kernel([size, size, channels, filters], { in: area * channels, out: area * filters }),
      ...(bias ? [start.bias(filters)] : []),
    ],
    apply: (x, [weights, offset], mode) =>
      tf.tidy(() =>
        convolve(
          x as tf.Tensor4D,
          weights as tf.Tensor4D,
          offset as tf.Tensor1D | undefined,
          mode.kind === 'training',
        ),
      ),
  };
}

function buildResidual(body: readonly Layer[], input: Shape, construction: Construction): Built {
  const output = body.reduce<Shape>((shape, layer) => outputShape(layer, shape), input);
  const stride = shortcutStride(input, output);
  const added = output[output.length - 1]! - input[input.length - 1]!;
  const built = buildChain(body, input, construction);
  const none: [number, number] = [0, 0];
  const shortcut = (x: tf.Tensor): tf.Tensor => {
    // Pooling of single pixels takes every s-th one; tfjs has no gradient for strided slices.
    const taken = stride > 1 ? tf.maxPool(x as tf.Tensor4D, 1, stride, 'valid') : x;
    return added > 0 ? tf.pad(taken, [none, none, none, [0, added]]) : taken;
  };
  return {
    parameters: built.parameters,
    apply: (x, parameters, mode) => {
      const value = built.apply(x, parameters, mode);
      const sum = tf.add(value, shortcut(x));
      release(value, mode, [x]);
      return sum;
    },
  };
}
