import {
  CancellationScope,
  allHandlersFinished,
  condition,
  isCancellation,
  setCurrentDetails,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { statusAttribute, sweepAttribute } from './attributes.js';
import { control, report } from './calls.js';
import { CANCELLED, reasonOf } from './failures.js';
import { handleLifecycle } from './lifecycle.js';
import type { PlanResult, SweepEnd, SweepInput } from './messages.js';
import { createShards } from './shards.js';

/** What the details may hold in the Temporal UI. */
const LONGEST_DETAILS = 18_000;

/**
 * Runs every queued trial of a sweep, in shards, and ends when all have ended: a failed trial never fails its sweep.
 * People pause, resume and limit it meanwhile, by the updates and signals of messages.ts.
 * @throws CancelledFailure when it was cancelled, after all its trials have ended and that is stored
 * @throws ActivityFailure when the sweep itself could not go on; it is stored as `failed`
 */
export async function sweep(input: SweepInput): Promise<SweepEnd> {
  const { sweepId, name } = input;
  // Handlers come first: a message may be waiting already.
  const shards = createShards(input);
  const lifecycle = handleLifecycle(sweepId, shards);
  upsertSearchAttributes([...sweepAttribute(name), ...statusAttribute('running')]);
  try {
    const plan = await control.plan(sweepId);
    setCurrentDetails(planText(plan));
    lifecycle.begin(plan);
    await shards.run(plan);
    lifecycle.end();
    await showReport(sweepId);
    const end = await control.finish(sweepId, 'finished');
    upsertSearchAttributes(statusAttribute('finished'));
    return end;
  } catch (error) {
    const isCancelled = isCancellation(error);
    const status = isCancelled ? 'cancelled' : 'failed';
    const message = reasonOf(error);
    const failure = isCancelled
      ? CANCELLED
      : { code: 'sweep-failed' as const, message: `the sweep could not go on: ${message}` };
    const end = await CancellationScope.nonCancellable(async () => {
      await control.closeTrials({ sweepId, first: 0, last: null, status, failure });
      return control.finish(sweepId, status);
    });
    upsertSearchAttributes(statusAttribute(end.status));
    setCurrentDetails(isCancelled ? 'Cancelled.' : `Failed: ${message}`);
    throw error;
  } finally {
    lifecycle.end();
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  }
}

const planText = (plan: PlanResult): string =>
  `${plan.queued} of ${plan.trials} trials to run in pool \`${plan.pool}\`, at most ${plan.concurrency} open at once. The shards, this workflow's children, say how far they are.`;

async function showReport(sweepId: string): Promise<void> {
  try {
    setCurrentDetails((await report(sweepId)).slice(0, LONGEST_DETAILS));
  } catch (error) {
    if (isCancellation(error)) throw error;
    // The results are there; only their summary in the UI is not.
    setCurrentDetails('All trials have ended. The summary could not be made: `elbow report` says why.');
  }
}
