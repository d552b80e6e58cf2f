/** The trained network of a trial, as its results tell of it. */
import { existsSync } from 'node:fs';
import { modelKey } from '../artifacts/index.js';
import { ElbowError } from '../errors.js';
import { elbowHome, homeFolders } from '../paths.js';
import { modelPath, type ModelPlace } from '../models/index.js';
import type { AttemptRow, Storage, SweepRow, TrialResult } from '../storage/storage.js';
import { withStore } from './artifact-store.js';
import { requireSweep, requireTrial } from './session.js';

export interface KeptModel {
  readonly sweep: SweepRow;
  readonly result: TrialResult;
  /** The attempt that trained it. */
  readonly attempt: AttemptRow;
  readonly place: ModelPlace;
}

/**
 * Where the weights of a trial are. Those that are not on this machine are brought from the artifact store; whether they
 * are here then is found when they are read.
 * @throws ElbowError `sweep-unknown`, `trial-unknown`; `state-forbids` when the trial keeps none; what the store throws but
 *   `artifact-missing`
 */
export async function findKeptModel(
  storage: Storage,
  sweepName: string,
  number: number,
  env: NodeJS.ProcessEnv,
): Promise<KeptModel> {
  const sweep = await requireSweep(storage, sweepName);
  const result = await requireTrial(storage, sweep, number);
  if (result.status !== 'succeeded') throw notTrained(sweep, result);
  if (result.weights === null) throw noWeights(sweep, result);
  const attempts = await storage.attempts(sweep.id, number);
  const attempt = attempts.find((one) => one.attempt === result.attempt);
  if (!attempt)
    throw new ElbowError('bug', `trial ${number} of ${sweep.name} has no attempt ${result.attempt}`);
  const place: ModelPlace = {
    folder: homeFolders.models(elbowHome(env)),
    digest: result.weights,
    sweep: sweep.name,
    trial: number,
    host: attempt.host,
  };
  return { sweep, result, attempt, place: { ...place, store: await bringModel(storage, place, env) } };
}

/** @returns the store where the weights were not found, to be told; else null */
async function bringModel(
  storage: Storage,
  { folder, digest, sweep, trial }: ModelPlace,
  env: NodeJS.ProcessEnv,
): Promise<string | null> {
  const path = modelPath(folder, digest);
  if (existsSync(path)) return null;
  return withStore(env, storage, async (store) => {
    if (!store) return null;
    try {
      await store.get(modelKey(digest), path);
      return null;
    } catch (error) {
      if (!(error instanceof ElbowError)) throw error;
      if (error.code === 'artifact-missing') return store.place;
      if (error.code !== 'artifact-damaged') throw error;
      throw new ElbowError('artifact-damaged', error.message, {
        hint: `\`elbow rerun ${sweep} --trial ${trial}\` trains it again, and writes it anew.`,
        cause: error,
      });
    }
  });
}

function notTrained(sweep: SweepRow, { trial, status, failureMessage }: TrialResult): ElbowError {
  const why = failureMessage === null ? '' : `: ${failureMessage}`;
  const isComing = status === 'queued' || status === 'running';
  return new ElbowError(
    'state-forbids',
    `expected a trial that succeeded, trial ${trial} of ${sweep.name} is ${status}${why}`,
    {
      hint: isComing
        ? `\`elbow watch ${sweep.name}\` follows it.`
        : `\`elbow rerun ${sweep.name} --trial ${trial}\` runs it again.`,
    },
  );
}

function noWeights(sweep: SweepRow, { trial, diagnosis }: TrialResult): ElbowError {
  const what = `trial ${trial} of ${sweep.name} has kept no weights`;
  if (sweep.spec.trainable.kind !== 'builtin') {
    return new ElbowError('state-forbids', `${what}: only elbow's own networks are kept`, {
      hint:
        sweep.spec.trainable.kind === 'command'
          ? 'A program keeps what it has trained by itself, in a place of its own.'
          : 'Its trainable is not `builtin`.',
    });
  }
  if (diagnosis === 'diverged') {
    return new ElbowError('state-forbids', `${what}: it diverged before an epoch ended`, {
      hint: 'A lower `learningRate` or `clipNorm: 1` may keep it finite.',
    });
  }
  return new ElbowError('state-forbids', what, {
    hint: `\`elbow logs ${sweep.name} ${trial}\` says why; \`elbow rerun ${sweep.name} --trial ${trial}\` trains it again.`,
  });
}
