import * as tf from '@tensorflow/tfjs-node-gpu';
import { operationsDigest } from '../native-operations.js';
import { readVersions } from '../versions.js';
import { kernels } from './native.js';

/** Of the code that is loaded: read at once, because a build may replace the files of a process that runs. */
const { training } = readVersions();

/** Digest of elbow's code that decides the bits of a training. */
export const trainingVersion = (): string => training;

/**
 * Version of TensorFlow's native library, as it says itself; where elbow's own operations are used, with `+elbow.` and their
 * digest. Equal versions give equal bits on equal CPUs.
 */
export function tensorflowVersion(): string {
  // Only the native backend has a binding; tfjs' own types do not know it.
  const { binding } = tf.backend() as unknown as { binding: { TF_Version: string } };
  return kernels() === 'own' ? `${binding.TF_Version}+elbow.${operationsDigest()}` : binding.TF_Version;
}
