/**
 * What a pass through a network holds in memory, in values an image, as src/training runs it: not what a network must
 * hold. The rules follow src/training/layers.ts and kernels.ts and tfjs' tape, which frees nothing of a backward pass
 * before its end.
 */
import { convWay, transformedValues, type ConvWay } from './convolutions.js';
import type { ConvLayer, Layer, Shape } from './layers.js';
import { outputShape, shortcutStride } from './summary.js';

/** Values of one image, 4 bytes each. */
export interface Activations {
  /** At the end of a backward pass: what the forward pass kept, and the slopes of all of it. */
  readonly training: number;
  /** At the worst layer of a forward pass that keeps nothing, the image itself included. */
  readonly evaluation: number;
  /** Of the largest tensor. */
  readonly largest: number;
  /** Of the largest matrix of patches that a convolution's gradient is computed with. */
  readonly patches: number;
  /** Of the transformed kernels that elbow's own operations keep, whatever the number of images. */
  readonly kernels: number;
}

interface Cost {
  /** Kept for the backward pass. */
  readonly kept: number;
  /** Slopes that the backward pass makes. */
  readonly slopes: number;
  /** The most that is held at once inside the layer, its input included, when nothing is kept. */
  readonly passing: number;
  readonly largest: number;
  readonly patches: number;
  readonly kernels: number;
}

/** Of any layer; only convolutions have patches and transformed kernels. */
type PlainCost = Omit<Cost, 'largest' | 'patches' | 'kernels'>;

const sizeOf = (shape: Shape): number => shape.reduce<number>((product, n) => product * n, 1);

/** The places that pooling keeps take a byte where a value takes four. */
const PLACE = 1 / 4;

interface Place {
  readonly input: Shape;
  readonly before: Layer | undefined;
  readonly after: Layer | undefined;
  /** Whether the slope of the input is needed: it is not where only images come before. */
  readonly hasSlope: boolean;
  /** Whether elbow's own operations are used. */
  readonly isOwn: boolean;
}

/**
 * What kernels take for each channel and filter beside themselves: transformed, for the output or for the input's gradient, one
 * after the other; turned, for that; and the sums of their own gradient.
 */
function kernelValues(way: ConvWay, shape: Shape, input: Shape): number {
  if (way !== 'few-products') return 0;
  const own = transformedValues(shape[0], shape[1]!);
  return Math.max(own, transformedValues(input[0], input[1]!)) + 9 + own;
}

/**
 * @param isOwn whether elbow's own operations are used
 * @throws ElbowError `spec-invalid` when layers do not fit
 */
export function activationsOf(layers: readonly Layer[], input: Shape, isOwn: boolean): Activations {
  const { kept, slopes, passing, ...rest } = chainCost(layers, input, { hasSlope: false, isOwn });
  const image = sizeOf(input);
  return { training: image + kept + slopes, evaluation: image + passing, ...rest };
}

function chainCost(
  layers: readonly Layer[],
  input: Shape,
  { hasSlope, isOwn }: Pick<Place, 'hasSlope' | 'isOwn'>,
): Cost {
  let shape = input;
  let isTrained = hasSlope;
  let [kept, slopes, passing, largest, patches, kernels] = [0, 0, 0, sizeOf(input), 0, 0];
  layers.forEach((layer, i) => {
    const cost = costOf(layer, {
      input: shape,
      before: layers[i - 1],
      after: layers[i + 1],
      hasSlope: isTrained,
      isOwn,
    });
    kept += cost.kept;
    slopes += cost.slopes;
    passing = Math.max(passing, cost.passing);
    largest = Math.max(largest, cost.largest);
    patches = Math.max(patches, cost.patches);
    kernels = Math.max(kernels, cost.kernels);
    isTrained ||= layer.kind !== 'flatten' && layer.kind !== 'dropout';
    shape = outputShape(layer, shape);
  });
  return { kept, slopes, passing, largest, patches, kernels };
}

function costOf(layer: Layer, place: Place): Cost {
  const { input } = place;
  const output = outputShape(layer, input);
  switch (layer.kind) {
    case 'conv':
      return convCost(layer, place);
    case 'residual':
      return residualCost(layer.body, place, output);
    default:
      return { ...plainCost(layer, place), largest: sizeOf(output), patches: 0, kernels: 0 };
  }
}

function plainCost(layer: Exclude<Layer, { kind: 'conv' | 'residual' }>, place: Place): PlainCost {
  const { input, hasSlope } = place;
  const before = sizeOf(input);
  const after = sizeOf(outputShape(layer, input));
  const slope = hasSlope ? before : 0;
  // Only ReLU needs nothing of its input again.
  const output = place.after?.kind === 'activation' ? 0 : after;
  switch (layer.kind) {
    case 'dense': {
      const isRelu = layer.activation === 'relu';
      return {
        // The product is kept beside the sum with the bias.
        kept: after + output,
        slopes: slope + (isRelu ? after : 0),
        passing: before + (isRelu ? 3 : 2) * after,
      };
    }
    case 'max-pool':
      if (place.before?.kind === 'conv') return { kept: 0, slopes: 0, passing: before };
      return { kept: after + after * PLACE, slopes: slope, passing: before + after + after * PLACE };
    case 'batch-norm':
      return { kept: output, slopes: slope, passing: before + after };
    case 'activation': {
      const isDoneByNorm = place.isOwn && place.before?.kind === 'batch-norm';
      return { kept: after, slopes: isDoneByNorm ? 0 : slope, passing: before + after };
    }
    case 'dropout':
      // The mask is kept, too.
      return { kept: 2 * after, slopes: slope, passing: before };
    case 'global-average-pool':
      return { kept: after, slopes: slope, passing: before + after };
    case 'flatten':
      return { kept: 0, slopes: 0, passing: before };
  }
}

function residualCost(body: readonly Layer[], { input, isOwn }: Place, output: Shape): Cost {
  const inner = chainCost(body, input, { hasSlope: true, isOwn });
  const [before, after] = [sizeOf(input), sizeOf(output)];
  // Every s-th pixel, then channels of zeros.
  const isShorter = shortcutStride(input, output) > 1 || after !== before;
  const shortcut = isShorter ? 2 * after : 0;
  return {
    ...inner,
    kept: inner.kept + shortcut + after,
    // Slopes of both ways meet at the input in a tensor of their own.
    slopes: inner.slopes + shortcut + before,
    passing: before + Math.max(inner.passing, 2 * after + shortcut),
  };
}

/** With the bias, the ReLU and the pooling that follows, which are one step. */
function convCost(layer: ConvLayer, place: Place): Cost {
  const { input, after: next, hasSlope, isOwn } = place;
  const { size, filters, stride = 1, padding, bias = true, activation } = layer;
  const shape = outputShape(layer, input);
  const channels = input[input.length - 1]!;
  const [before, sums] = [sizeOf(input), sizeOf(shape)];
  const isPadded = padding === 'same' && stride > 1;
  const padded = isPadded ? (input[0] + size - 1) * (input[1]! + size - 1) * channels : 0;
  const isPooled = next?.kind === 'max-pool';
  const pooled = isPooled ? sizeOf(outputShape(next, shape)) : 0;
  const places = pooled * PLACE;
  const way = isOwn ? convWay(layer, input, isPooled ? next.size : 1) : 'plain';
  if (way === 'pooled') {
    const value = pooled + places;
    const slopes = hasSlope ? before : 0;
    return { kept: value, slopes, passing: before + value, largest: pooled, patches: 0, kernels: 0 };
  }
  const out = isPooled ? pooled : sums;
  const steps = (bias ? 1 : 0) + (activation === 'relu' ? 1 : 0);
  const isKept = next?.kind !== 'activation' || steps > 0;
  return {
    // The pooling keeps what it took and gave; the last step keeps its value.
    kept: padded + (isPooled ? sums + pooled + places : 0) + (isPooled && steps === 0 ? 0 : isKept ? out : 0),
    slopes: (hasSlope ? before + padded : 0) + (isPooled ? sums : 0) + (activation === 'relu' ? out : 0),
    passing: before + padded + sums + pooled + places + steps * out,
    largest: sums,
    patches: way === 'plain' ? (sums / filters) * size * size * channels : 0,
    kernels: kernelValues(way, shape, input) * channels * filters,
  };
}
