/** A trained network as a graph of layers that Keras and TensorFlow.js both have, from its pixels to probabilities. */
import { ElbowError } from '../errors.js';
import { outputShape, shortcutStride, type Layer, type Shape, type TrainedModel } from '../models/index.js';
import type { NamedTensor } from '../safetensors.js';

type Setting = string | number | boolean | readonly Setting[];

interface Weight {
  readonly name: 'kernel' | 'bias' | 'gamma' | 'beta' | 'moving_mean' | 'moving_variance';
  readonly tensor: NamedTensor;
}

export interface GraphLayer {
  /** `KIND_NUMBER` of the trained layer whose tensors are `NUMBER.KIND.*`; those that are added have words alone. */
  readonly name: string;
  readonly className:
    | 'Activation'
    | 'Add'
    | 'BatchNormalization'
    | 'Conv2D'
    | 'Dense'
    | 'Dropout'
    | 'Flatten'
    | 'GlobalAveragePooling2D'
    | 'MaxPooling2D'
    | 'Rescaling'
    | 'Softmax'
    | 'ZeroPadding2D';
  /** In the words that Keras and TensorFlow.js share. */
  readonly config: Readonly<Record<string, Setting>>;
  /** Names of layers before it, or of the input. */
  readonly inputs: readonly string[];
  /** Of one example. */
  readonly output: Shape;
  /** In the order in which Keras keeps them. */
  readonly weights: readonly Weight[];
}

export interface Graph {
  readonly input: { readonly name: string; readonly shape: Shape };
  /** In an order in which each comes after its inputs; the last one gives probabilities. */
  readonly layers: readonly GraphLayer[];
}

/** The layer that takes the mean away and divides by the deviation. */
export const STANDARDISE = 'standardise';
/** The last layer; its input are the logits. */
export const PROBABILITIES = 'probabilities';

/** That of training/kernels.ts and of Keras. */
const EPSILON = 1e-3;
const LARGEST_BYTE = 255;

/** Rows of a table are numbers as they are, not pixels. A table's rows may be kept as images of one pixel. */
export const isTable = (input: Shape): boolean => input.length === 1 || (input[0] === 1 && input[1] === 1);

/**
 * The graph of a network. It takes what a data set holds, pixels from 0 to 255 or the numbers of a table, and
 * standardises that itself: (value / 255 − mean) / deviation is one scale and one offset a channel.
 * @throws ElbowError `model-damaged` when a tensor is missing or has another shape; `spec-invalid` when layers do not
 *   fit each other
 */
export function graphOf({ description, tensors }: TrainedModel): Graph {
  const { input, layers, mean, std } = description;
  const table = isTable(input);
  const shape: Shape = table && layers[0]?.kind === 'flatten' ? [input[input.length - 1]!] : input;
  const graph = new GraphBuilder(tensors, { name: table ? 'values' : 'pixels', shape });
  const unit = table ? 1 : LARGEST_BYTE;
  graph.add(STANDARDISE, 'Rescaling', {
    scale: std.map((deviation) => 1 / (unit * deviation)),
    offset: std.map((deviation, channel) => -mean[channel]! / deviation),
  });
  graph.chain(layers);
  graph.add(PROBABILITIES, 'Softmax', { axis: -1 });
  return graph.end();
}

interface Place {
  readonly name: string;
  readonly shape: Shape;
}

/** Adds layers one after another; the next one stands on what was added last. */
class GraphBuilder {
  private readonly layers: GraphLayer[] = [];
  private last: Place;
  /** Layers as they are counted in the names of tensors: a residual layer counts by its body alone. */
  private position = 0;
  private residuals = 0;

  constructor(
    private readonly tensors: ReadonlyMap<string, NamedTensor>,
    private readonly input: Place,
  ) {
    this.last = input;
  }

  end(): Graph {
    return { input: this.input, layers: this.layers };
  }

  add(
    name: string,
    className: GraphLayer['className'],
    config: GraphLayer['config'],
    more: { output?: Shape; inputs?: readonly string[]; weights?: readonly Weight[] } = {},
  ): void {
    const { output = this.last.shape, inputs = [this.last.name], weights = [] } = more;
    this.layers.push({ name, className, config, inputs, output, weights });
    this.last = { name, shape: output };
  }

  chain(layers: readonly Layer[]): void {
    for (const layer of layers) {
      if (layer.kind === 'residual') this.residual(layer.body);
      else this.single(layer, this.position++);
    }
  }

  private single(layer: Exclude<Layer, { readonly kind: 'residual' }>, position: number): void {
    const input = this.last.shape;
    const output = outputShape(layer, input);
    const name = `${layer.kind.replaceAll('-', '_')}_${position}`;
    const channels = input[input.length - 1]!;
    const weight = (to: Weight['name'], from: string, shape: readonly number[]): Weight => ({
      name: to,
      tensor: this.tensor(`${position}.${layer.kind}.${from}`, shape),
    });
    switch (layer.kind) {
      case 'conv': {
        const { size, filters, stride = 1, bias = true, activation, padding = 'valid' } = layer;
        if (padding === 'same' && stride > 1) this.zeros(`${name}_zeros`, size);
        const config = {
          filters,
          kernel_size: [size, size],
          strides: [stride, stride],
          padding: stride > 1 ? 'valid' : padding,
          data_format: 'channels_last',
          activation: activation === 'relu' ? 'relu' : 'linear',
          use_bias: bias,
        };
        const kernel = weight('kernel', 'kernel', [size, size, channels, filters]);
        const weights = bias ? [kernel, weight('bias', 'bias', [filters])] : [kernel];
        return this.add(name, 'Conv2D', config, { output, weights });
      }
      case 'dense': {
        const { units, bias = true, activation } = layer;
        const config = { units, activation: activation === 'relu' ? 'relu' : 'linear', use_bias: bias };
        const kernel = weight('kernel', 'kernel', [channels, units]);
        const weights = bias ? [kernel, weight('bias', 'bias', [units])] : [kernel];
        return this.add(name, 'Dense', config, { output, weights });
      }
      case 'batch-norm': {
        const config = { axis: -1, momentum: 0.99, epsilon: EPSILON, center: true, scale: true };
        const weights = (
          [
            ['gamma', 'scale'],
            ['beta', 'offset'],
            ['moving_mean', 'mean'],
            ['moving_variance', 'variance'],
          ] as const
        ).map(([to, from]) => weight(to, from, [channels]));
        return this.add(name, 'BatchNormalization', config, { weights });
      }
      case 'max-pool': {
        const { size } = layer;
        return this.add(name, 'MaxPooling2D', pooling(size, size), { output });
      }
      case 'global-average-pool':
        return this.add(name, 'GlobalAveragePooling2D', { data_format: 'channels_last' }, { output });
      case 'activation':
        return this.add(name, 'Activation', { activation: layer.activation });
      case 'dropout':
        return this.add(name, 'Dropout', { rate: layer.rate });
      case 'flatten':
        // TensorFlow.js flattens nothing that is flat.
        if (input.length === 1) return;
        return this.add(name, 'Flatten', { data_format: 'channels_last' }, { output });
    }
  }

  /** The zeros of a convolution with `same` padding and a stride, where TensorFlow's own ones are shifted by a pixel. */
  private zeros(name: string, size: number): void {
    const [height, width, channels] = this.last.shape as [number, number, number];
    const start = Math.floor((size - 1) / 2);
    const sides = [start, size - 1 - start];
    const config = { padding: [sides, sides], data_format: 'channels_last' };
    this.add(name, 'ZeroPadding2D', config, { output: [height + size - 1, width + size - 1, channels] });
  }

  /** The sum of the body and of the shortcut, which has no parameters. */
  private residual(body: readonly Layer[]): void {
    const before = this.last;
    const name = `residual_${this.residuals++}`;
    this.chain(body);
    const after = this.last;
    this.last = before;
    this.shortcut(name, after.shape);
    this.add(`${name}_add`, 'Add', {}, { output: after.shape, inputs: [after.name, this.last.name] });
  }

  private shortcut(name: string, output: Shape): void {
    const stride = shortcutStride(this.last.shape, output);
    const added = output[output.length - 1]! - this.last.shape[this.last.shape.length - 1]!;
    if (stride > 1) {
      const [height, width] = output as [number, number, number];
      const channels = this.last.shape[2]!;
      // Pooling of single pixels takes every s-th one.
      this.add(`${name}_pixels`, 'MaxPooling2D', pooling(1, stride), { output: [height, width, channels] });
    }
    if (added > 0) {
      // With the channels said to be first, the last axis is that of columns: its zeros are channels of zeros.
      const config = {
        padding: [
          [0, 0],
          [0, added],
        ],
        data_format: 'channels_first',
      };
      this.add(`${name}_channels`, 'ZeroPadding2D', config, { output });
    }
  }

  private tensor(name: string, shape: readonly number[]): NamedTensor {
    const found = this.tensors.get(name);
    if (found?.shape.join() === shape.join()) return found;
    const came = found === undefined ? 'there is none' : `it has ${found.shape.join('×')}`;
    throw new ElbowError(
      'model-damaged',
      `expected a tensor ${name} of the shape ${shape.join('×')}, ${came}`,
      { hint: '`elbow rerun SWEEP --trial N` trains the network again.' },
    );
  }
}

const pooling = (size: number, stride: number): GraphLayer['config'] => ({
  pool_size: [size, size],
  strides: [stride, stride],
  padding: 'valid',
  data_format: 'channels_last',
});
