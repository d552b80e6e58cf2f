import {
  CancellationScope,
  CancelledFailure,
  isCancellation,
  setCurrentDetails,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { endText, statusAttribute, trialSummary } from './attributes.js';
import { control, trainCalls } from './calls.js';
import { CANCELLED, storedEnd, trainFailure } from './failures.js';
import type { TrialEnd, TrialInput, TrialRef } from './messages.js';

/**
 * Runs one trial (or several short ones in a row) on a worker of its pool, and sees to it that Postgres says how each
 * has ended. A trial that fails completes its workflow like any other: the attribute ElbowStatus tells.
 * @throws CancelledFailure when it was cancelled, after that is stored
 */
export async function trial(input: TrialInput): Promise<readonly TrialEnd[]> {
  const ends: TrialEnd[] = [];
  const show = (): void => {
    const waits = input.trials.length > ends.length;
    const next = waits
      ? [
          `Trial ${input.trials[ends.length]!.number} waits for a slot in pool \`${input.pool}\` or runs: the heartbeat of its pending activity says how far it got.`,
        ]
      : [];
    setCurrentDetails([...ends.map(endText), ...next].join('\n\n'));
  };
  show();
  for (const ref of input.trials) {
    try {
      ends.push(await run(input, ref));
    } catch (error) {
      if (!isCancelled(error)) throw error;
      ends.push(...(await cancel(input, input.trials.slice(ends.length))));
      show();
      upsertSearchAttributes(statusAttribute('cancelled'));
      throw new CancelledFailure(`${ends.filter((end) => end.status === 'cancelled').length} cancelled`);
    }
    show();
  }
  upsertSearchAttributes(statusAttribute(statusOf(ends)));
  return ends;
}

/**
 * A worker that is lost while a cancelled trial waits for its end shows as a timeout, and is still a cancellation.
 */
const isCancelled = (error: unknown): boolean =>
  isCancellation(error) || CancellationScope.current().consideredCancelled;

async function run(input: TrialInput, ref: TrialRef): Promise<TrialEnd> {
  try {
    return await trainCalls(input).train.executeWithOptions({ summary: trialSummary(ref) }, [
      input.sweepId,
      ref,
    ]);
  } catch (error) {
    if (isCancelled(error)) throw error;
    const stored = storedEnd(error);
    if (stored) return stored;
    const failure = trainFailure(error, input.timeouts);
    const [end] = await CancellationScope.nonCancellable(() =>
      control.record({ sweepId: input.sweepId, trials: [ref], status: 'failed', failure }),
    );
    return end!;
  }
}

/** Stores that trials were cancelled, those that the activity could not tell. */
function cancel(input: TrialInput, trials: readonly TrialRef[]): Promise<readonly TrialEnd[]> {
  return CancellationScope.nonCancellable(() =>
    control.record({ sweepId: input.sweepId, trials, status: 'cancelled', failure: CANCELLED }),
  );
}

/** Of several, what needs attention most. */
function statusOf(ends: readonly TrialEnd[]): TrialEnd['status'] {
  const found = (['failed', 'cancelled', 'pruned'] as const).find((status) =>
    ends.some((end) => end.status === status),
  );
  return found ?? 'succeeded';
}
