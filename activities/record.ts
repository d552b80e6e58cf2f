/** Stores the ends that no worker stores: of trials that were lost or cancelled, and of the sweep. */
import { ElbowError } from '../src/errors.js';
import { owesLook } from '../src/spec/index.js';
import type { Claim, Storage } from '../src/storage/index.js';
import type { SweepEnd, TrialEnd, TrialRef } from '../workflows/messages.js';

interface Closing {
  readonly sweepId: string;
  readonly status: 'failed' | 'cancelled';
  readonly failure: { readonly code: string; readonly message: string };
}

export interface RecordInput extends Closing {
  readonly trials: readonly TrialRef[];
}

export interface CloseInput extends Closing {
  readonly first: number;
  /** Inclusive; null: the last there is. */
  readonly last: number | null;
  /** Whose trials alone are meant, with those that nobody has claimed. */
  readonly claim?: Claim;
}

/** Ends attempts unless they have ended, and tells how they did: a result that was stored in time wins. */
export async function record(storage: Storage, input: RecordInput): Promise<TrialEnd[]> {
  const ends: TrialEnd[] = [];
  for (const trial of input.trials) {
    await storage.closeAttempt(trial.attemptId, input.status, input.failure);
    ends.push(await endOf(storage, input.sweepId, trial));
  }
  return ends;
}

/** Queues a trial again that was told to stop. @returns its end, where it has ended all the same */
export async function hold(storage: Storage, sweepId: string, trial: TrialRef): Promise<TrialEnd | null> {
  if (await storage.holdAttempt(trial.attemptId)) return null;
  return endOf(storage, sweepId, trial);
}

/**
 * How an attempt ended: that one, whether or not the trial has another one since.
 * @throws ElbowError `trial-unknown` when its sweep was removed
 */
export async function endOf(
  storage: Storage,
  sweepId: string,
  { attemptId, number }: Pick<TrialRef, 'attemptId' | 'number'>,
): Promise<TrialEnd> {
  const end = await storage.attemptEnd(attemptId);
  if (!end)
    throw new ElbowError('trial-unknown', `the sweep ${sweepId} has no ended trial ${number} any more`);
  const { failureMessage, ...rest } = end;
  return { number, ...rest, failure: failureMessage };
}

/**
 * Marks the sweep ended and counts its trials. One that was cancelled when all its trials had ended has finished: nothing of
 * it was cancelled, and nothing is left to run, unless its replicates were still to be looked at.
 */
export async function finish(
  storage: Storage,
  sweepId: string,
  status: 'finished' | 'cancelled' | 'failed',
): Promise<SweepEnd> {
  const { succeeded, pruned, failed, cancelled } = await storage.countTrials(sweepId);
  const isWhole = cancelled === 0 && succeeded + pruned + failed > 0;
  const isFinished = status === 'cancelled' && isWhole && !(await isLookedFor(storage, sweepId));
  const end = isFinished ? 'finished' : status;
  await storage.moveSweep(sweepId, ['planning', 'running', 'pausing', 'paused', 'cancelling'], end);
  return { status: end, succeeded, pruned, failed, cancelled };
}

const isLookedFor = async (storage: Storage, sweepId: string): Promise<boolean> =>
  owesLook((await storage.getSweep(sweepId)).spec, await storage.decisions(sweepId));
