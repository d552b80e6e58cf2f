import * as tf from '@tensorflow/tfjs-node-gpu';

/** Version of TensorFlow's native library, as it says itself. */
export function tensorflowVersion(): string {
  // Only the native backend has a binding; tfjs' own types do not know it.
  const { binding } = tf.backend() as unknown as { binding: { TF_Version: string } };
  return binding.TF_Version;
}
