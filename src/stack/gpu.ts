/** Which TensorFlow a machine is to have: the one for GPUs where `nvidia-smi` shows a GPU. */
import { ElbowError, messageOf } from '../errors.js';
import { lastLines, runProgram } from './run-program.js';

export interface GpuPlan {
  readonly kind: 'cpu' | 'gpu';
  /** Why, as a sentence for people. */
  readonly reason: string;
  /** Names and driver of the GPUs; empty for the CPU. A change means that TensorFlow is to be checked again. */
  readonly gpus: string;
}

/**
 * Asks `nvidia-smi`, which comes with the driver.
 * ELBOW_TENSORFLOW=gpu asks for the GPU's library where no GPU can be seen yet: when an image is built.
 * @returns the CPU, with the reason, where there is no `nvidia-smi`, where it fails or lists no GPU, and where
 *   CUDA_VISIBLE_DEVICES hides every GPU
 */
export async function planTensorflow(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<GpuPlan> {
  const asked = env['ELBOW_TENSORFLOW'] || 'auto';
  if (!['auto', 'cpu', 'gpu'].includes(asked)) {
    throw new ElbowError('usage', `ELBOW_TENSORFLOW takes auto, cpu or gpu, not ${JSON.stringify(asked)}`);
  }
  const cpu = (reason: string): GpuPlan =>
    asked === 'gpu'
      ? { kind: 'gpu', reason: `ELBOW_TENSORFLOW=gpu asks for it, though ${reason}`, gpus: '' }
      : { kind: 'cpu', reason, gpus: '' };
  if (asked === 'cpu') return cpu('ELBOW_TENSORFLOW=cpu');
  const visible = env['CUDA_VISIBLE_DEVICES'];
  if (visible !== undefined && /^\s*(-1.*)?$/.test(visible)) {
    return cpu(`CUDA_VISIBLE_DEVICES="${visible}" hides every GPU`);
  }
  const query = ['--query-gpu=name,driver_version', '--format=csv,noheader'];
  const ended = await runProgram('nvidia-smi', query, { env, signal, timeoutMs: 15_000 }).catch(
    (error: unknown) => (signal.aborted ? Promise.reject(error as Error) : messageOf(error)),
  );
  if (typeof ended === 'string') {
    return cpu(ended.includes('ENOENT') ? 'nvidia-smi is not on PATH' : ended);
  }
  if (ended.code !== 0) {
    const said = lastLines(`${ended.stdout}\n${ended.stderr}`, 1);
    const how = ended.code === null ? 'did not answer' : `ended with ${ended.code}`;
    return cpu(`nvidia-smi ${how}${said ? `: ${said}` : ''}`);
  }
  const gpus = lastLines(ended.stdout, 16);
  if (gpus === '') return cpu('nvidia-smi lists no GPU');
  return { kind: 'gpu', reason: `nvidia-smi shows ${gpus.replaceAll('\n', '; ')}`, gpus };
}
