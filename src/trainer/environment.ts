/** The environment of a trainer process. */
import type { Slot } from './dealing.js';

/** The slot's GPU alone is seen, by its UUID: CUDA and `nvidia-smi` may number them in different orders. */
export const deviceEnvironment = ({ device }: Pick<Slot, 'device'>): NodeJS.ProcessEnv =>
  device === null ? {} : { CUDA_VISIBLE_DEVICES: device.uuid };

/**
 * @param env of the worker
 * @param threads TensorFlow's, of one operation
 */
export function trainerEnvironment(
  env: NodeJS.ProcessEnv,
  threads: number,
  slot: Pick<Slot, 'device'> = { device: null },
): NodeJS.ProcessEnv {
  return {
    TF_CPP_MIN_LOG_LEVEL: '2',
    // Several trainers may share a GPU, and none takes all of its memory at once.
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    ...env,
    ...deviceEnvironment(slot),
    // Part of what makes a trial repeatable: the sweep's value, whatever the machine's settings say.
    TF_NUM_INTRAOP_THREADS: String(threads),
    TF_NUM_INTEROP_THREADS: '1',
    OMP_NUM_THREADS: String(threads),
    // Off by default on CPUs without AVX-512, and a third faster there too (118 against 86 ms of CPU a step).
    TF_ENABLE_ONEDNN_OPTS: '1',
  };
}
