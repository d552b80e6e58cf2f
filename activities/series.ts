/** Short trials in one activity, one after the other: what an activity costs Temporal, each of them would cost. */
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { TrialEnd, TrialRef } from '../workflows/messages.js';
import { endIn } from './failures.js';

/** When so much has passed, the rest is left to a further activity: that is where sweeps take turns at a slot. */
const SERIES_MS = 5_000;

/**
 * Runs the first of some trials, and those behind it as long as five seconds have not passed.
 *
 * It may be repeated: what has ended is passed over. A trial that is to be tried again fails the whole, so that the pause
 * and the choice of the next worker are those of that trial.
 * @param trials at least one
 * @returns how the first of them ended, in their order; none when the first may not run now
 * @throws as `train` of the first that has no end
 */
export async function trainSeries(
  trials: readonly TrialRef[],
  train: (trial: TrialRef) => Promise<TrialEnd | null>,
): Promise<readonly TrialEnd[]> {
  const context = Context.current();
  const ends: TrialEnd[] = [];
  const until = performance.now() + SERIES_MS;
  for (const trial of trials) {
    if (ends.length > 0 && (performance.now() > until || context.cancellationSignal.aborted)) break;
    // Each may end before its own first beat, and the server is to hear of them for all that time.
    if (ends.length > 0) context.heartbeat({ trial: trial.number });
    const end = await train(trial).catch((error: unknown) => {
      const stored = endIn(error);
      if (stored !== null) return stored;
      // What has ended is told first. A defect that is not stored is told by the activity that begins with this trial.
      const isForGood = error instanceof ApplicationFailure && error.nonRetryable === true;
      if (isForGood && ends.length > 0) return null;
      throw error;
    });
    if (end === null) break;
    ends.push(end);
  }
  return ends;
}
