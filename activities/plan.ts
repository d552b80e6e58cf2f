/** From a stored spec to trials, and from trials to what the workflows start. */
import { planTrials } from '../src/spec/index.js';
import type { Claim, Counts, QueuedTrial, Storage } from '../src/storage/index.js';
import { MOST_TRIALS_PER_SHARD } from '../workflows/messages.js';
import { lookUntil } from './until.js';
import type { PlanResult, ShardRange, TrainTimeouts, TrialRef } from '../workflows/messages.js';

/**
 * Adds the sweep's trials unless they are there, and marks it running. May be repeated, and is at each rerun: then
 * only the trials that have not ended are run.
 * @throws ElbowError `sweep-unknown`
 */
export async function plan(storage: Storage, timeouts: TrainTimeouts, sweepId: string): Promise<PlanResult> {
  const sweep = await storage.getSweep(sweepId);
  const planned = planTrials(sweep.spec);
  // One that was extended has its trials already, in an order of its own.
  if (totalOf(await storage.countTrials(sweepId)) < planned.length) await storage.addTrials(sweepId, planned);
  // Those that run belong to a workflow that is gone: there is one workflow of a sweep, and it begins here.
  await storage.holdTrials(sweepId);
  // A sweep whose cancellation was asked for meanwhile stays as it is: its workflow hears of that, too.
  await storage.moveSweep(sweepId, ['planning', 'finished', 'cancelled', 'failed'], 'running');
  const { status } = await storage.settlePause(sweepId);
  const counts = await storage.countTrials(sweepId);
  return {
    trials: totalOf(counts),
    queued: counts.queued,
    isPaused: status === 'paused',
    concurrency: sweep.concurrency,
    pool: sweep.spec.pool,
    trialsPerWorkflow: sweep.spec.trialsPerWorkflow,
    timeouts,
  };
}

const totalOf = (counts: Counts): number => Object.values(counts).reduce((sum, n) => sum + n, 0);

/**
 * The next trials that have not ended, as a range of numbers; null when there are none. Where all have ended and `until` asks
 * for more replicates, these are added, and are the next ones.
 * @param after number of the last trial of the shard before; −1 at first
 * @param limit trials of a shard, ≥ 1
 * @param run of the sweep's workflow: what its shards have claimed is passed over; workflows before claims give none
 */
export async function nextShard(
  storage: Storage,
  sweepId: string,
  after: number,
  limit: number,
  run?: string,
): Promise<ShardRange | null> {
  // One more than fits tells whether there is another shard.
  const queued = await storage.queuedTrials(sweepId, after, limit + 1, run);
  const taken = queued.slice(0, limit);
  if (taken.length === 0)
    return (await lookUntil(storage, sweepId)) ? nextShard(storage, sweepId, after, limit, run) : null;
  return {
    first: taken[0]!.number,
    last: taken.at(-1)!.number,
    count: taken.length,
    isLast: queued.length <= limit,
  };
}

/** The trials of a range that have not ended, claimed for a shard where it says who it is. */
export async function trialsOf(
  storage: Storage,
  sweepId: string,
  range: { readonly first: number; readonly last: number },
  claim?: Claim,
): Promise<readonly TrialRef[]> {
  if (claim) return (await storage.claimTrials(sweepId, range, claim, MOST_TRIALS_PER_SHARD)).map(toRef);
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
