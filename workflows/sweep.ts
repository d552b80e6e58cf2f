import {
  CancellationScope,
  CancelledFailure,
  condition,
  isCancellation,
  setCurrentDetails,
  setHandler,
  startChild,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { ChildWorkflowHandle } from '@temporalio/workflow';
import { statusAttribute, sweepAttribute } from './attributes.js';
import { control, report } from './calls.js';
import { startCancellable } from './children.js';
import { CANCELLED, reasonOf } from './failures.js';
import { TRIALS_PER_SHARD, workflowIds } from './messages.js';
import type { PlanResult, ShardRange, SweepEnd, SweepInput } from './messages.js';
import { concurrencySignal, openSignal, shard } from './shard.js';
import { canAdd, noShares, reduceShares } from './window.js';
import type { Shares, SharesEvent } from './window.js';

/** What the details may hold in the Temporal UI. */
const LONGEST_DETAILS = 18_000;

/**
 * Runs every queued trial of a sweep, in shards, and ends when all have ended: a failed trial never fails its sweep.
 * @throws CancelledFailure when it was cancelled, after all its trials have ended and that is stored
 * @throws ActivityFailure when the sweep itself could not go on; it is stored as `failed`
 */
export async function sweep(input: SweepInput): Promise<SweepEnd> {
  const { sweepId, name } = input;
  upsertSearchAttributes([...sweepAttribute(name), ...statusAttribute('running')]);
  try {
    const plan = await control.plan(sweepId);
    setCurrentDetails(
      `${plan.queued} of ${plan.trials} trials to run in pool \`${plan.pool}\`, at most ${plan.concurrency} open at once. The shards, this workflow's children, say how far they are.`,
    );
    await runShards(input, plan);
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
    await CancellationScope.nonCancellable(async () => {
      await control.closeTrials({ sweepId, first: 0, last: null, status, failure });
      await control.finish(sweepId, status);
    });
    upsertSearchAttributes(statusAttribute(status));
    setCurrentDetails(isCancelled ? 'Cancelled.' : `Failed: ${message}`);
    throw error;
  }
}

async function showReport(sweepId: string): Promise<void> {
  try {
    setCurrentDetails((await report(sweepId)).slice(0, LONGEST_DETAILS));
  } catch (error) {
    if (isCancellation(error)) throw error;
    // The results are there; only their summary in the UI is not.
    setCurrentDetails('All trials have ended. The summary could not be made: `elbow report` says why.');
  }
}

/** Starts shard after shard, each when the one before has nothing left to start, and waits for all of them. */
async function runShards(input: SweepInput, plan: PlanResult): Promise<void> {
  const { sweepId } = input;
  let shares: Shares = noShares(plan.concurrency);
  const handles = new Map<number, ChildWorkflowHandle<typeof shard>>();

  const allowanceOf = (first: number): number =>
    shares.shards.find((share) => share.first === first)?.allowance ?? 0;
  const tell = (first: number): void => {
    // A shard that ends at this moment needs no allowance any more.
    void handles
      .get(first)
      ?.signal(concurrencySignal, allowanceOf(first))
      .catch(() => undefined);
  };
  const change = (event: SharesEvent): void => {
    const before = shares.shards.at(-1);
    shares = reduceShares(shares, event);
    const after = shares.shards.at(-1);
    if (after && before?.first === after.first && before.allowance < after.allowance) tell(after.first);
  };
  setHandler(openSignal, ({ first, open }) => change({ type: 'drained', first, open }));

  const runShard = async (range: ShardRange): Promise<void> => {
    try {
      change({ type: 'added', first: range.first });
      const concurrency = allowanceOf(range.first);
      const handle = await startCancellable(() =>
        startChild(shard, {
          workflowId: workflowIds.shard(input.name, range.first),
          args: [
            {
              ...range,
              sweepId,
              name: input.name,
              pool: plan.pool,
              concurrency,
              trialsPerWorkflow: plan.trialsPerWorkflow,
              timeouts: plan.timeouts,
            },
          ],
          // No status: a shard is only a part of its sweep.
          typedSearchAttributes: sweepAttribute(input.name),
          staticSummary: `trials ${range.first} to ${range.last} (${range.count})`,
        }),
      );
      handles.set(range.first, handle);
      // It may have been given more while it was being started.
      if (allowanceOf(range.first) !== concurrency) tell(range.first);
      await handle.result();
    } catch (error) {
      // When the sweep is cancelled it closes everything at its end.
      if (CancellationScope.current().consideredCancelled) return;
      const isCancelled = isCancellation(error);
      await control.closeTrials({
        sweepId,
        first: range.first,
        last: range.last,
        status: isCancelled ? 'cancelled' : 'failed',
        failure: isCancelled
          ? CANCELLED
          : { code: 'workflow-lost', message: 'the workflow that ran the trial’s shard ended before it' },
      });
    } finally {
      handles.delete(range.first);
      change({ type: 'ended', first: range.first });
    }
  };

  // Ends of shards are awaited together, at the end; until then a failure waits here.
  const problems: unknown[] = [];
  const running: Promise<void>[] = [];
  try {
    let range = await control.nextShard(sweepId, -1, TRIALS_PER_SHARD);
    while (range) {
      await condition(() => problems.length > 0 || canAdd(shares));
      if (problems.length > 0) break;
      running.push(runShard(range).catch((error: unknown) => void problems.push(error)));
      range = range.isLast ? null : await control.nextShard(sweepId, range.last, TRIALS_PER_SHARD);
    }
  } finally {
    // Children hear of a cancellation by themselves; they end when their trials have.
    await CancellationScope.nonCancellable(() => Promise.all(running));
  }
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('the sweep was cancelled');
  if (problems.length > 0) throw problems[0];
}
