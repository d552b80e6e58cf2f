/** The GPUs that a worker is to use. */
import { ElbowError } from '../errors.js';
import { chooseDevices, findDevices } from '../stack/index.js';
import type { GpuDevice } from '../stack/index.js';

/**
 * @param asked those of `--devices`; undefined for all that are there
 * @param device what trainings run on; null where nobody has said
 * @throws ElbowError `usage` for one that is not there, and for any on a worker that trains on the CPU or not at all
 */
export async function devicesFor(options: {
  readonly asked: string | undefined;
  readonly device: 'cpu' | 'gpu' | null;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Why trainings run on the CPU; left out where that was asked for. */
  readonly reason?: string;
}): Promise<readonly GpuDevice[]> {
  const { asked, device, env, signal, reason } = options;
  if (device === 'gpu') return chooseDevices(asked, await findDevices(env, signal));
  if (asked === undefined) return [];
  throw new ElbowError(
    'usage',
    '--devices names GPUs, and this worker runs no trials on one',
    reason === undefined ? {} : { hint: `Trainings run on the CPU here: ${reason}.` },
  );
}
