/** Stores the ends that no worker stores: of trials that were lost or cancelled, and of the sweep. */
import { ElbowError } from '../src/errors.js';
import type { Claim, Storage, TrialResult } from '../src/storage/index.js';
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
    ends.push(await endOf(storage, input.sweepId, trial.number));
  }
  return ends;
}

/** Queues a trial again that was told to stop. @returns its end, where it has ended all the same */
export async function hold(storage: Storage, sweepId: string, trial: TrialRef): Promise<TrialEnd | null> {
  if (await storage.holdAttempt(trial.attemptId)) return null;
  return endOf(storage, sweepId, trial.number);
}

/** How a trial's latest attempt ended. @throws ElbowError `trial-unknown` */
export async function endOf(storage: Storage, sweepId: string, number: number): Promise<TrialEnd> {
  const result = await storage.trialResult(sweepId, number);
  if (!result) throw new ElbowError('trial-unknown', `the sweep ${sweepId} has no trial ${number} any more`);
  return toEnd(result);
}

function toEnd(result: TrialResult): TrialEnd {
  const { status } = result;
  if (status === 'queued' || status === 'running') {
    throw new ElbowError(
      'bug',
      `trial ${result.trial} of ${result.sweep} should have ended and is ${status}`,
    );
  }
  return {
    number: result.trial,
    status,
    testAccuracy: result.testAccuracy,
    valAccuracy: result.valAccuracy,
    objective: result.objective,
    epochs: result.epochs,
    failureCode: result.failureCode,
    failure: result.failureMessage,
  };
}

/** Marks the sweep ended and counts its trials. */
export async function finish(
  storage: Storage,
  sweepId: string,
  status: 'finished' | 'cancelled' | 'failed',
): Promise<SweepEnd> {
  await storage.moveSweep(sweepId, ['planning', 'running', 'pausing', 'paused', 'cancelling'], status);
  const { succeeded, pruned, failed, cancelled } = await storage.countTrials(sweepId);
  return { status, succeeded, pruned, failed, cancelled };
}
