/** What is minimised: losses of logits against classes, for each image. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import { crossEntropy } from './kernels.js';
import { named } from '../named.js';

/**
 * @param logits shape [batch, classes]
 * @param labels shape [batch], int32
 * @returns shape [batch]
 */
export type Loss = (logits: tf.Tensor2D, labels: tf.Tensor1D) => tf.Tensor1D;

export interface LossSettings {
  readonly name: string;
  /** Share of the target that is spread over all classes, in [0, 1); of `cross-entropy` alone. */
  readonly labelSmoothing: number;
  /** γ ≥ 0 of `focal`. */
  readonly focalGamma: number;
}

const oneHot = (logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor =>
  tf.cast(tf.oneHot(labels, logits.shape[1]), 'float32');

/** Szegedy et al., arXiv:1512.00567, section 7: the target is (1 − ε) one-hot + ε / classes. In nats. */
function smoothed(epsilon: number): Loss {
  if (epsilon === 0) return crossEntropy;
  return (logits, labels) => {
    const spread = tf.neg(tf.mean(tf.logSoftmax(logits), 1));
    return tf.add(tf.mul(crossEntropy(logits, labels), 1 - epsilon), tf.mul(spread, epsilon));
  };
}

/** Mean over classes of the distance between softmax and one-hot. */
const ofSoftmax =
  (distance: (difference: tf.Tensor) => tf.Tensor): Loss =>
  (logits, labels) =>
    tf.mean(distance(tf.sub(tf.softmax(logits), oneHot(logits, labels))), 1);

/** Crammer and Singer, JMLR 2001: how far the best wrong logit is above the right one minus 1, at least 0. */
const hinge: Loss = (logits, labels) => {
  const right = oneHot(logits, labels);
  const own = tf.sum(tf.mul(logits, right), 1);
  // Far below every logit, so that the right class is never the best wrong one.
  const wrong = tf.max(tf.sub(logits, tf.mul(right, 1e9)), 1);
  return tf.relu(tf.add(tf.sub(wrong, own), 1)) as tf.Tensor1D;
};

/** Lin et al., arXiv:1708.02002, eq. 4, without weights of classes: −(1 − p)^γ ln p. In nats. */
const focal =
  (gamma: number): Loss =>
  (logits, labels) => {
    const nats = crossEntropy(logits, labels);
    // 1 − e^−x loses its digits near 0 and its slope with them: −expm1 keeps both.
    const doubt = tf.neg(tf.expm1(tf.neg(nats)));
    return tf.mul(tf.pow(tf.maximum(doubt, 1e-12), gamma), nats);
  };

const losses: Readonly<Record<string, (settings: LossSettings) => Loss>> = {
  'cross-entropy': ({ labelSmoothing }) => smoothed(labelSmoothing),
  mse: () => ofSoftmax(tf.square),
  mae: () => ofSoftmax(tf.abs),
  hinge: () => hinge,
  focal: ({ focalGamma }) => (focalGamma === 0 ? crossEntropy : focal(focalGamma)),
};

/** @throws ElbowError `usage` for a name that is none */
export function createLoss(settings: LossSettings): Loss {
  return named(losses, 'loss', settings.name)(settings);
}
