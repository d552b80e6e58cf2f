/** What a process takes of the machine's memory, and what there is. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { promisify } from 'node:util';

/** Resident memory of a process in MB (10⁶ bytes); null when it has ended. */
export function residentMb(pid: number): number | null {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kibibytes === undefined ? null : (Number(kibibytes) * 1024) / 1e6;
  } catch {
    return null;
  }
}

/** Memory of the machine, or of the container (control group) where that is less, in MB. */
export const machineMb = (): number => Math.min(totalmem(), process.constrainedMemory() || Infinity) / 1e6;

const GPU_ANSWER_MS = 15_000;

/**
 * Memory of the GPU that TensorFlow takes, the first one it sees, in MB; null where `nvidia-smi` does not tell.
 * @param env CUDA_VISIBLE_DEVICES of it counts
 */
export async function gpuMb(env: NodeJS.ProcessEnv): Promise<number | null> {
  const first = env['CUDA_VISIBLE_DEVICES']?.split(',')[0]?.trim() || '0';
  const query = ['--query-gpu=memory.total', '--format=csv,noheader,nounits', `--id=${first}`];
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', query, { env, timeout: GPU_ANSWER_MS });
    const mebibytes = Number(stdout.trim());
    return mebibytes > 0 ? (mebibytes * 2 ** 20) / 1e6 : null;
  } catch {
    return null;
  }
}
