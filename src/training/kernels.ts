/**
 * Operations of the training step. They call TensorFlow's own fused kernels with their own gradients, which tfjs does not
 * reach by itself (measured on two cores: 3,600 images/s of the LeNet without, 5,200 with them); the plain operations of
 * tfjs beside them are what they are tested against.
 */
import * as tf from '@tensorflow/tfjs-node-gpu';
import { floats, isFused, isGpu, kernels, layout, native, typed, type OpAttribute } from './native.js';

/** Keras' default; keeps channels without variance finite. */
export const BATCH_NORM_EPSILON = 1e-3;

/** max(x, 0); half the time of tfjs' own, whose gradient takes three passes. */
export function relu(x: tf.Tensor): tf.Tensor {
  if (!isFused()) return tf.relu(x);
  const op = tf.customGrad((...args) => {
    const [input, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const value = native().executeSingleOutput('Relu', [floats()], [input]);
    save([value]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        native().executeSingleOutput('ReluGrad', [floats()], [dy, saved[0]!]),
    };
  });
  return op(x);
}

let hasPool: boolean | undefined;

/** What TensorFlow's graphs use in place of a pooling on Intel's and AMD's CPUs; eager execution has to name it. */
const POOL = '_MklNativeMaxPool';

const poolAttributes = (size: number): OpAttribute[] => [
  floats(),
  layout(),
  typed('ksize', 'TF_ATTR_INT', [1, size, size, 1]),
  typed('strides', 'TF_ATTR_INT', [1, size, size, 1]),
  typed('padding', 'TF_ATTR_STRING', 'VALID'),
  typed('workspace_enabled', 'TF_ATTR_BOOL', true),
  typed('_kernel', 'TF_ATTR_STRING', 'MklNameChangeOp'),
];

/** The pooled values, and the places they came from. */
const nativePool = (x: tf.Tensor, size: number): tf.Tensor[] =>
  native().executeMultipleOutputs(
    POOL,
    [...poolAttributes(size), typed('explicit_paddings', 'TF_ATTR_INT', [])],
    [x],
    2,
  );

/**
 * Whether TensorFlow has oneDNN's pooling: on x86 it does. It is a CPU's; beside a GPU, images would silently go to the CPU
 * and back for it.
 */
function hasNativePool(): boolean {
  hasPool ??=
    !isGpu() &&
    tf.tidy(() => {
      try {
        return nativePool(tf.zeros([1, 2, 2, 1]), 2).length === 2;
      } catch {
        return false;
      }
    });
  return hasPool;
}

/**
 * Maxima of square windows that do not overlap; what does not fill a window is left out. Of equal values the first has
 * the gradient.
 * @param x shape [batch, height, width, channels]
 * @param size of a window in pixels, integer ≥ 1
 */
export function maxPool(x: tf.Tensor4D, size: number): tf.Tensor4D {
  if (!isFused() || !hasNativePool()) return tf.maxPool(x, size, size, 'valid');
  // TensorFlow's own gradient searches every window again: 8.3 ms of the LeNet's step, and 2.1 ms with the places kept.
  const op = tf.customGrad((...args) => {
    const [input, save] = args as [tf.Tensor4D, tf.GradSaveFunc];
    const [value, places] = nativePool(input, size) as [tf.Tensor4D, tf.Tensor];
    save([input, value, places]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [before, after, where] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        return native().executeSingleOutput(`${POOL}Grad`, poolAttributes(size), [before, after, dy, where]);
      },
    };
  });
  return op(x);
}

/**
 * The mean of each channel over all pixels. tfjs' own gradient multiplies by a tensor of ones that comes from JavaScript.
 * @param x shape [batch, height, width, channels]
 * @returns shape [batch, channels]
 */
export function globalAverage(x: tf.Tensor4D): tf.Tensor2D {
  if (!isFused()) return tf.mean(x, [1, 2]);
  const op = tf.customGrad((...args) => {
    const [batch, height, width, channels] = (args[0] as tf.Tensor4D).shape;
    return {
      value: tf.mean(args[0] as tf.Tensor4D, [1, 2]),
      gradFunc: (dy: tf.Tensor) =>
        tf.tile(tf.reshape(tf.div(dy, height * width), [batch, 1, 1, channels]), [1, height, width, 1]),
    };
  });
  return op(x) as tf.Tensor2D;
}

/** Moments of a batch: mean and biased variance of each channel, shape [channels]. */
export interface Moments {
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

/** Attributes that forward pass and gradient share. */
const normAttributes = (): OpAttribute[] => [
  floats(),
  floats('U'),
  layout(),
  typed('epsilon', 'TF_ATTR_FLOAT', BATCH_NORM_EPSILON),
  typed('is_training', 'TF_ATTR_BOOL', true),
];

/** The fused forward pass: value, mean, unbiased variance, and three tensors that its gradient wants back. */
function fusedBatchNorm(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor): tf.Tensor[] {
  // With is_training the kernel takes its moments from the batch and wants the places of others empty.
  const none = tf.tensor1d([], 'float32');
  const attributes = [...normAttributes(), typed('exponential_avg_factor', 'TF_ATTR_FLOAT', 1)];
  return native().executeMultipleOutputs('FusedBatchNormV3', attributes, [x, scale, offset, none, none], 6);
}

export interface NormOptions {
  /** Whether max(0, ·) follows. */
  readonly relu: boolean;
}

const ownNormAttributes = ({ relu: hasRelu }: NormOptions): OpAttribute[] => [
  typed('epsilon', 'TF_ATTR_FLOAT', BATCH_NORM_EPSILON),
  typed('relu', 'TF_ATTR_BOOL', hasRelu),
];

/** elbow's own forward pass: value, mean, biased variance. */
const ownNorm = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor, options: NormOptions): tf.Tensor[] =>
  native().executeMultipleOutputs('ElbowNorm', ownNormAttributes(options), [x, scale, offset], 3);

/**
 * Normalises with the batch's own moments (Ioffe and Szegedy, arXiv:1502.03167, algorithm 1), with a gradient.
 * @param x shape [batch, height, width, channels]
 */
export function batchNormTraining(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  options: NormOptions,
): tf.Tensor4D {
  if (kernels() === 'own') return ownNormTraining(x, scale, offset, options);
  const value = isFused() ? fusedNormTraining(x, scale, offset) : plainBatchNorm(x, scale, offset).value;
  return options.relu ? (relu(value) as tf.Tensor4D) : value;
}

function ownNormTraining(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  options: NormOptions,
): tf.Tensor4D {
  const op = tf.customGrad((...args) => {
    const [input, gamma, beta, save] = args as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc];
    const [value, ...moments] = ownNorm(input, gamma, beta, options);
    save([input, gamma, beta, ...moments]);
    return {
      value: value!,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        native().executeMultipleOutputs('ElbowNormGradients', ownNormAttributes(options), [...saved, dy], 3),
    };
  });
  return op(x, scale, offset) as tf.Tensor4D;
}

function fusedNormTraining(x: tf.Tensor4D, scale: tf.Tensor1D, offset: tf.Tensor1D): tf.Tensor4D {
  const op = tf.customGrad((...args) => {
    const [input, gamma, beta, save] = args as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc];
    const [value, , , ...reserved] = fusedBatchNorm(input, gamma, beta);
    save([input, gamma, ...reserved]);
    return {
      value: value!,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        native()
          .executeMultipleOutputs('FusedBatchNormGradV3', normAttributes(), [dy, ...saved], 5)
          .slice(0, 3),
    };
  });
  return op(x, scale, offset) as tf.Tensor4D;
}

function plainBatchNorm(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
): { value: tf.Tensor4D; moments: Moments } {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  const moments = { mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D };
  const value = tf.batchNorm4d(x, moments.mean, moments.variance, offset, scale, BATCH_NORM_EPSILON);
  return { value, moments };
}

/**
 * Normalises with the batch's own moments and hands them out; without a gradient.
 * @param x shape [batch, height, width, channels]
 */
export function batchNormMoments(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  options: NormOptions,
): { value: tf.Tensor4D; moments: Moments } {
  if (kernels() === 'own') {
    const [value, mean, variance] = ownNorm(x, scale, offset, options);
    return {
      value: value as tf.Tensor4D,
      moments: { mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D },
    };
  }
  const { value, moments } = isFused() ? fusedMoments(x, scale, offset) : plainBatchNorm(x, scale, offset);
  return { value: options.relu ? (relu(value) as tf.Tensor4D) : value, moments };
}

function fusedMoments(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
): { value: tf.Tensor4D; moments: Moments } {
  const [value, mean, unbiased] = fusedBatchNorm(x, scale, offset);
  const count = x.shape[0] * x.shape[1] * x.shape[2];
  const variance = tf.mul<tf.Tensor1D>(unbiased!, (count - 1) / count);
  return { value: value as tf.Tensor4D, moments: { mean: mean as tf.Tensor1D, variance } };
}

/** Normalises with given moments, as in evaluation. */
export function batchNormInference(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  { mean, variance }: Moments,
  options: NormOptions,
): tf.Tensor4D {
  if (kernels() === 'own') {
    const inputs = [x, scale, offset, mean, variance];
    return native().executeSingleOutput('ElbowNormApply', ownNormAttributes(options), inputs) as tf.Tensor4D;
  }
  const value = tf.batchNorm4d(x, mean, variance, offset, scale, BATCH_NORM_EPSILON);
  return options.relu ? (relu(value) as tf.Tensor4D) : value;
}

/**
 * Cross-entropy of the softmax for each image, in nats.
 * @param logits shape [batch, classes]
 * @param labels shape [batch], int32
 * @returns shape [batch]
 */
export function crossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  if (!isFused()) {
    const classes = logits.shape[1];
    const logSoftmax = tf.logSoftmax(logits);
    return tf.neg(tf.sum(tf.mul(logSoftmax, tf.oneHot(labels, classes)), 1)) as tf.Tensor1D;
  }
  const op = tf.customGrad((...args) => {
    const [input, save] = args as [tf.Tensor2D, tf.GradSaveFunc];
    const [value, slope] = native().executeMultipleOutputs(
      'SparseSoftmaxCrossEntropyWithLogits',
      [floats(), typed('Tlabels', 'TF_ATTR_TYPE', native().binding['TF_INT32'])],
      [input, labels],
      2,
    ) as [tf.Tensor1D, tf.Tensor2D];
    save([slope]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0]!, tf.expandDims(dy, 1)),
    };
  });
  return op(logits);
}
