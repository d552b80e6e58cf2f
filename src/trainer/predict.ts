/** Pictures answered in a trainer process of their own. */
import { ElbowError } from '../errors.js';
import type { PredictJob, Prediction } from './protocol.js';
import { Trainer } from './trainer.js';

/**
 * Starts a trainer, lets it answer and ends it.
 * @param threads of the trial, so that the network computes the bits that were evaluated
 * @throws ElbowError `model-missing`, `model-damaged`, and what ends a trainer; `interrupted` when the signal was aborted
 */
export async function predictOnce(
  job: PredictJob,
  options: {
    readonly threads: number;
    readonly env: NodeJS.ProcessEnv;
    readonly signal: AbortSignal;
    note(text: string): void;
  },
): Promise<Prediction> {
  const { threads, env, signal } = options;
  const trainer = new Trainer({ threads, env, memoryLimitMb: null, slots: 1 });
  try {
    return await trainer.predict(job, {
      signal,
      // What TensorFlow itself writes is told by an error that quotes it.
      onLog: (stream, text) => (stream === 'elbow' ? options.note(text) : undefined),
    });
  } catch (error) {
    if (signal.aborted) throw new ElbowError('interrupted', 'Interrupted.', { cause: error });
    throw error;
  } finally {
    await trainer.end();
  }
}
