/** Augmentation in the training step: batches of changed images, and losses of images that have two labels. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import { augmentationOf, createAugmenter, type PictureFormat } from '../augmentation/index.js';
import type { ArmParams } from '../spec/types.js';
import type { Batch, TrainingImages } from './images.js';
import type { Loss } from './losses.js';

/** A batch as a step trains on it. */
export interface TrainingBatch extends Batch {
  /** Of images that are put together from two. */
  readonly mixed?: {
    /** Shape [batch], int32: the labels of the other images. */
    readonly labels: tf.Tensor1D;
    /** Shape [batch]: share of each image's own label, in [0, 1]. */
    readonly shares: tf.Tensor1D;
  };
}

/**
 * @param images the training images
 * @param indices within these
 * @param epoch from 1
 * @returns tensors that belong to the caller
 */
export type Gather = (images: TrainingImages, indices: Int32Array, epoch: number) => TrainingBatch;

export interface AugmentationOptions {
  /** With every built-in setting. */
  readonly params: ArmParams;
  readonly format: PictureFormat;
  /** Positions of the trial's training images among those of the data set. */
  readonly positions: Uint32Array;
  readonly seeds: { readonly sweepSeed: number; readonly replicate: number };
}

/** How steps get their images: as they are, where no augmentation is on. */
export function createGather({ params, ...options }: AugmentationOptions): Gather {
  const settings = augmentationOf(params);
  if (!settings) return (images, indices) => images.gather(indices);
  const augmenter = createAugmenter({ settings, ...options });
  return (images, indices, epoch) =>
    tf.tidy(() => {
      const gathered: tf.Tensor1D[] = [];
      // Changed in plain memory: half the time of TensorFlow's own transformation, and equal bits on every device.
      const { pictures, mixed } = augmenter.augment(indices, epoch, (places) => {
        const batch = images.gather(places);
        gathered.push(batch.labels);
        return batch.images.dataSync<'float32'>();
      });
      const { height, width, channels } = options.format;
      const batch = {
        images: tf.tensor4d(pictures, [indices.length, height, width, channels]),
        labels: gathered[0]!,
      };
      if (!mixed) return batch;
      return { ...batch, mixed: { labels: gathered[1]!, shares: tf.tensor1d(mixed.shares) } };
    });
}

/**
 * The loss of each image: with two labels λ · loss(own) + (1 − λ) · loss(other), as the papers' own programs have it.
 * @param logits shape [batch, classes]
 * @returns shape [batch]
 */
export function batchLoss(loss: Loss, logits: tf.Tensor2D, { labels, mixed }: TrainingBatch): tf.Tensor1D {
  if (!mixed) return loss(logits, labels);
  const own = tf.mul(loss(logits, labels), mixed.shares);
  return tf.add(own, tf.mul(loss(logits, mixed.labels), tf.sub(1, mixed.shares)));
}

/** The label that counts for accuracy: the one with the larger share, with equal shares the image's own. */
export function mainLabels({ labels, mixed }: TrainingBatch): tf.Tensor1D {
  return mixed ? tf.where(tf.greaterEqual(mixed.shares, 0.5), labels, mixed.labels) : labels;
}
