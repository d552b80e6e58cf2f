/** The trained network of a trial, as its results tell of it. */
import { ElbowError } from '../errors.js';
import { elbowHome, homeFolders } from '../paths.js';
import type { ModelPlace } from '../models/index.js';
import type { AttemptRow, Storage, SweepRow, TrialResult } from '../storage/storage.js';
import { requireSweep, requireTrial } from './session.js';

export interface KeptModel {
  readonly sweep: SweepRow;
  readonly result: TrialResult;
  /** The attempt that trained it. */
  readonly attempt: AttemptRow;
  readonly place: ModelPlace;
}

/**
 * Where the weights of a trial are. Whether they are there is found when they are read.
 * @throws ElbowError `sweep-unknown`, `trial-unknown`; `state-forbids` when the trial keeps none
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
  return {
    sweep,
    result,
    attempt,
    place: {
      folder: homeFolders.models(elbowHome(env)),
      digest: result.weights,
      sweep: sweep.name,
      trial: number,
      host: attempt.host,
    },
  };
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
      hint: 'Its trainable is not `builtin`.',
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
