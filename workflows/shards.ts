/** The shards of a sweep, and how the sweep's allowance is shared among them while people change it. */
import {
  CancellationScope,
  CancelledFailure,
  condition,
  isCancellation,
  setHandler,
  startChild,
} from '@temporalio/workflow';
import type { ChildWorkflowHandle } from '@temporalio/workflow';
import { sweepAttribute } from './attributes.js';
import { control } from './calls.js';
import { startCancellable } from './children.js';
import { CANCELLED } from './failures.js';
import { TRIALS_PER_SHARD, workflowIds } from './messages.js';
import type { PlanResult, ShardRange, SweepInput } from './messages.js';
import { concurrencySignal, openSignal, shard, stopSignal } from './shard.js';
import { canAdd, noShares, reduceShares } from './window.js';
import type { Shares, SharesEvent } from './window.js';

export interface SweepShards {
  /**
   * Starts shard after shard, each when the one before has nothing left to start, and waits for all of them.
   * @throws CancelledFailure when the sweep was cancelled, after all shards have ended
   */
  run(plan: PlanResult): Promise<void>;
  /** Nothing starts while it is paused; what is open stays. */
  setPaused(isPaused: boolean): void;
  /** Stops the trials that run. */
  stopTrials(): void;
  /** @param concurrency trials at once over all shards, integer ≥ 1 */
  setConcurrency(concurrency: number): void;
}

export function createShards({ sweepId, name }: SweepInput): SweepShards {
  let shares: Shares = noShares(0);
  let isPaused = false;
  const handles = new Map<number, ChildWorkflowHandle<typeof shard>>();

  const allowanceOf = (first: number): number =>
    isPaused ? 0 : (shares.shards.find((share) => share.first === first)?.allowance ?? 0);
  const tell = (first: number): void => {
    // A shard that ends at this moment needs no allowance any more.
    void handles
      .get(first)
      ?.signal(concurrencySignal, allowanceOf(first))
      .catch(() => undefined);
  };
  const tellAll = (): void => {
    for (const { first } of shares.shards) tell(first);
  };
  const change = (event: SharesEvent): void => {
    const before = new Map(shares.shards.map((share) => [share.first, share.allowance]));
    shares = reduceShares(shares, event);
    // A shard that has started everything gives back by itself what it does not need.
    for (const { first, allowance } of shares.shards) {
      const had = before.get(first);
      if (!isPaused && had !== undefined && had < allowance) tell(first);
    }
  };
  setHandler(openSignal, ({ first, open }) => change({ type: 'drained', first, open }));

  const runShard = async (range: ShardRange, plan: PlanResult): Promise<void> => {
    try {
      change({ type: 'added', first: range.first });
      const concurrency = allowanceOf(range.first);
      const handle = await startCancellable(() =>
        startChild(shard, {
          workflowId: workflowIds.shard(name, range.first),
          args: [
            {
              ...range,
              sweepId,
              name,
              pool: plan.pool,
              concurrency,
              trialsPerWorkflow: plan.trialsPerWorkflow,
              timeouts: plan.timeouts,
            },
          ],
          // No status: a shard is only a part of its sweep.
          typedSearchAttributes: sweepAttribute(name),
          staticSummary: `trials ${range.first} to ${range.last} (${range.count})`,
        }),
      );
      handles.set(range.first, handle);
      // It may have been given more, or paused, while it was being started.
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

  return {
    run: async (plan) => {
      change({ type: 'total', total: plan.concurrency });
      // Ends of shards are awaited together, at the end; until then a failure waits here.
      const problems: unknown[] = [];
      const running: Promise<void>[] = [];
      try {
        let range = await control.nextShard(sweepId, -1, TRIALS_PER_SHARD);
        while (range) {
          await condition(() => problems.length > 0 || (canAdd(shares) && !isPaused));
          if (problems.length > 0) break;
          running.push(runShard(range, plan).catch((error: unknown) => void problems.push(error)));
          range = range.isLast ? null : await control.nextShard(sweepId, range.last, TRIALS_PER_SHARD);
        }
      } finally {
        // Children hear of a cancellation by themselves; they end when their trials have.
        await CancellationScope.nonCancellable(() => Promise.all(running));
      }
      if (CancellationScope.current().consideredCancelled)
        throw new CancelledFailure('the sweep was cancelled');
      if (problems.length > 0) throw problems[0];
    },
    setPaused: (paused) => {
      isPaused = paused;
      tellAll();
    },
    stopTrials: () => {
      for (const handle of handles.values()) void handle.signal(stopSignal).catch(() => undefined);
    },
    setConcurrency: (total) => {
      shares = reduceShares(shares, { type: 'total', total });
      if (!isPaused) tellAll();
    },
  };
}
