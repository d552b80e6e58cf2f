/** The shards of a sweep, and how the sweep's allowance is shared among them while people change it. */
import {
  CancellationScope,
  CancelledFailure,
  condition,
  isCancellation,
  patched,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { ChildWorkflowHandle } from '@temporalio/workflow';
import { sweepAttribute } from './attributes.js';
import { control } from './calls.js';
import { startCancellable } from './children.js';
import { CANCELLED } from './failures.js';
import { trialsPerShard, workflowIds } from './messages.js';
import type { PlanResult, ShardRange, SweepInput } from './messages.js';
import { concurrencySignal, followedSignal, openSignal, shard, stopSignal } from './shard.js';
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
  /** Trials were added: they are run, too. False where it is too late for that. */
  lookAgain(): boolean;
  /** Whether it can take trials that are added while it runs. */
  takesMore(): boolean;
  /** Whom to tell whenever a shard has ended. */
  onEnd(tell: () => void): void;
}

export function createShards({ sweepId, name }: SweepInput): SweepShards {
  let shares: Shares = noShares(0);
  let isPaused = false;
  /** Whether shards claim their trials: workflows that began before there were claims go on without. */
  let hasClaims = false;
  /** Whether trials were added that no shard may have yet. */
  let mustLook = false;
  /** How often that was said. */
  let looks = 0;
  let tellEnd = (): void => undefined;
  /** Whether what starts now is later than the first look at what there is: ids of before may be in use. */
  let isLater = false;
  /** Whether nothing is started any more. */
  let isOver = false;
  let started = 0;
  /** How often shards were told what they may have open. */
  let told = 0;
  const run = workflowInfo().runId;
  const handles = new Map<number, ChildWorkflowHandle<typeof shard>>();

  const allowanceOf = (first: number): number =>
    isPaused ? 0 : (shares.shards.find((share) => share.first === first)?.allowance ?? 0);
  const tell = (first: number): void => {
    // A shard that ends at this moment needs no allowance any more.
    void handles
      .get(first)
      ?.signal(concurrencySignal, allowanceOf(first), ++told)
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
    const looksBefore = looks;
    started++;
    const later = isLater ? { key: -started } : {};
    const { key = range.first } = later;
    const id = isLater
      ? workflowIds.laterShard(name, range.first, started)
      : workflowIds.shard(name, range.first);
    const claim = { run, shard: id };
    try {
      change({ type: 'added', first: key });
      const concurrency = allowanceOf(key);
      const handle = await startCancellable(() =>
        startChild(shard, {
          workflowId: id,
          args: [
            {
              ...range,
              isLast: range.isLast && !mustLook,
              ...(hasClaims ? { claim } : {}),
              ...later,
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
      handles.set(key, handle);
      // It may have been given more, or paused, or another may follow it, while it was being started.
      if (allowanceOf(key) !== concurrency) tell(key);
      if (looks !== looksBefore) tellFollowed(handle);
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
        ...(hasClaims ? { claim } : {}),
      });
    } finally {
      handles.delete(key);
      change({ type: 'ended', first: key });
      tellEnd();
    }
  };
  const tellFollowed = (handle: ChildWorkflowHandle<typeof shard>): void =>
    void handle.signal(followedSignal).catch(() => undefined);

  /** Starts shards for the trials that none has yet, each when the one before has nothing left to start. */
  const startAll = async (
    limit: number,
    start: (range: ShardRange) => void,
    isBroken: () => boolean,
  ): Promise<boolean> => {
    let hasStarted = false;
    let after = -1;
    mustLook = false;
    for (;;) {
      const range = hasClaims
        ? await control.nextShard(sweepId, after, limit, run)
        : await control.nextShard(sweepId, after, limit);
      if (range === null) return hasStarted;
      await condition(() => isBroken() || (canAdd(shares) && !isPaused));
      if (isBroken()) return hasStarted;
      start(range);
      hasStarted = true;
      if (mustLook) {
        mustLook = false;
        isLater = true;
        after = -1;
      } else if (range.isLast) {
        return hasStarted;
      } else {
        after = range.last;
      }
    }
  };

  return {
    run: async (plan) => {
      hasClaims = patched('claims');
      change({ type: 'total', total: plan.concurrency });
      // Ends of shards are awaited together, at the end; until then a failure waits here.
      const problems: unknown[] = [];
      const running = new Set<Promise<void>>();
      const start = (range: ShardRange): void => {
        const one: Promise<void> = runShard(range, plan)
          .catch((error: unknown) => void problems.push(error))
          .finally(() => running.delete(one));
        running.add(one);
      };
      const isBroken = (): boolean => problems.length > 0;
      try {
        let hasStarted: boolean;
        do {
          hasStarted = await startAll(trialsPerShard(plan.trialsPerWorkflow), start, isBroken);
          if (isBroken() || !hasClaims) break;
          await condition(() => isBroken() || mustLook || running.size === 0);
          // Whoever adds trials may have died before saying so: a last look finds them.
          isLater = true;
        } while (!isBroken() && (hasStarted || mustLook || running.size > 0));
      } finally {
        isOver = true;
        // Children hear of a cancellation by themselves; they end when their trials have.
        await CancellationScope.nonCancellable(() => Promise.all(running));
      }
      if (CancellationScope.current().consideredCancelled)
        throw new CancelledFailure('the sweep was cancelled');
      if (isBroken()) throw problems[0];
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
    lookAgain: () => {
      if (isOver || !hasClaims) return false;
      mustLook = true;
      looks++;
      for (const handle of handles.values()) tellFollowed(handle);
      return true;
    },
    takesMore: () => hasClaims,
    onEnd: (tell) => {
      tellEnd = tell;
    },
  };
}
