/** From a stored spec to trials, and from trials to what the workflows start. */
import { planTrials } from '../src/spec/index.js';
import type { QueuedTrial, Storage } from '../src/storage/index.js';
import type { PlanResult, ShardRange, TrainTimeouts, TrialRef } from '../workflows/messages.js';

/**
 * Adds the sweep's trials unless they are there, and marks it running. May be repeated, and is at each rerun: then
 * only the trials that have not ended are run.
 * @throws ElbowError `sweep-unknown`
 */
export async function plan(storage: Storage, timeouts: TrainTimeouts, sweepId: string): Promise<PlanResult> {
  const sweep = await storage.getSweep(sweepId);
  await storage.addTrials(sweepId, planTrials(sweep.spec));
  // Those that run belong to a workflow that is gone: there is one workflow of a sweep, and it begins here.
  await storage.holdTrials(sweepId);
  // A sweep whose cancellation was asked for meanwhile stays as it is: its workflow hears of that, too.
  await storage.moveSweep(sweepId, ['planning', 'finished', 'cancelled', 'failed'], 'running');
  const { status } = await storage.settlePause(sweepId);
  const counts = await storage.countTrials(sweepId);
  return {
    trials: Object.values(counts).reduce((sum, n) => sum + n, 0),
    queued: counts.queued,
    isPaused: status === 'paused',
    concurrency: sweep.concurrency,
    pool: sweep.spec.pool,
    trialsPerWorkflow: sweep.spec.trialsPerWorkflow,
    timeouts,
  };
}

/**
 * The next trials that have not ended, as a range of numbers; null when there are none.
 * @param after number of the last trial of the shard before; −1 at first
 * @param limit trials of a shard, ≥ 1
 */
export async function nextShard(
  storage: Storage,
  sweepId: string,
  after: number,
  limit: number,
): Promise<ShardRange | null> {
  // One more than fits tells whether there is another shard.
  const queued = await storage.queuedTrials(sweepId, after, limit + 1);
  const taken = queued.slice(0, limit);
  if (taken.length === 0) return null;
  return {
    first: taken[0]!.number,
    last: taken.at(-1)!.number,
    count: taken.length,
    isLast: queued.length <= limit,
  };
}

/** The trials of a range that have not ended. */
export async function trialsOf(
  storage: Storage,
  sweepId: string,
  range: { readonly first: number; readonly last: number },
): Promise<readonly TrialRef[]> {
  const queued = await storage.queuedTrials(sweepId, range.first - 1, range.last - range.first + 1);
  return queued.filter((trial) => trial.number <= range.last).map(toRef);
}

const toRef = (trial: QueuedTrial): TrialRef => ({
  number: trial.number,
  attemptId: trial.attemptId,
  attempt: trial.attempt,
  arm: trial.armLabel,
  samplesPerClass: trial.samplesPerClass,
  replicate: trial.replicate,
});
