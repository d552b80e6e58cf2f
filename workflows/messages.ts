/**
 * Names and messages of the workflows: public and stable. Every message is plain JSON; ids travel, specs and curves
 * stay in Postgres.
 */

import type { Claim, SweepStatus } from '../src/storage/index.js';

/** Workflow types. */
export const WORKFLOWS = { sweep: 'sweep', shard: 'shard', trial: 'trial' } as const;

/** The queue of workflow tasks and of the activities that only touch Postgres. */
export const CONTROL_QUEUE = 'elbow';
/** The worker deployment of those that take workflows, as Temporal's versioning knows it. */
export const DEPLOYMENT = 'elbow';
/** The queue of a pool's `train` activities. */
export const poolQueue = (pool: string): string => `elbow-pool-${pool}`;

/** A shard starts at most this many workflows, so that no history grows. */
export const WORKFLOWS_PER_SHARD = 200;
/** At most this many trials go to one: it is told them in one message, about 200 bytes each. */
export const MOST_TRIALS_PER_SHARD = 2_000;
/** A sweep's own history has about 63 events for each of its shards; a server ends it at 51,200. */
export const MOST_SHARDS = 750;

/** Trials that go to one shard, by those that share a workflow. */
export const trialsPerShard = (trialsPerWorkflow: number): number =>
  Math.min(WORKFLOWS_PER_SHARD * trialsPerWorkflow, MOST_TRIALS_PER_SHARD);

/** Workflow ids; names hold no dot, so ids cannot collide. */
export const workflowIds = {
  sweep: (name: string): string => `sweep.${name}`,
  shard: (name: string, first: number): string => `sweep.${name}.shard.${first}`,
  trial: (name: string, number: number): string => `sweep.${name}.trial.${number}`,
  /** Of shards and trials that were added while the sweep ran: those before may still be open. */
  laterShard: (name: string, first: number, count: number): string => `sweep.${name}.shard.${first}.${count}`,
  laterTrial: (name: string, number: number, attempt: number): string =>
    `sweep.${name}.trial.${number}.attempt.${attempt}`,
};

/**
 * How the server orders the tasks of a sweep among those of others: lower keys first, and sweeps of the same key in turns,
 * so that a small one does not wait for a huge one. Shards, trials and activities inherit it.
 */
export const sweepPriority = (
  name: string,
  priority: number,
): { priorityKey: number; fairnessKey: string } => ({ priorityKey: priority, fairnessKey: name });

/** Search attributes, with their types as the Temporal CLI spells them. */
export const SEARCH_ATTRIBUTES = {
  ElbowSweep: 'Keyword',
  ElbowArm: 'Keyword',
  ElbowStatus: 'Keyword',
  ElbowTrial: 'Int',
  /** Only where a workflow runs several trials: the first and the last number, `0-19`. No server takes a fourth Int. */
  ElbowTrials: 'Keyword',
  ElbowReplicate: 'Int',
  ElbowSamplesPerClass: 'Int',
} as const;

export interface SweepInput {
  readonly sweepId: string;
  readonly name: string;
}

/** Signals, by name. */
export const SIGNALS = {
  /** People to sweep, also from the Temporal UI, without arguments: as the updates of these names. */
  pause: 'pause',
  resume: 'resume',
  /** Shard to sweep: all its trials are started, and so many of its workflows are still open. */
  open: 'open',
  /** Sweep to shard: so many trial workflows it may keep open from now on. */
  concurrency: 'concurrency',
  /** Sweep to shard: another one comes behind it after all. */
  followed: 'followed',
  /** Shard to sweep, which may start nothing: none of its trials runs any more. */
  quiet: 'quiet',
  /** Sweep to shard, and shard to trial: stop what runs, which keeps a checkpoint. */
  stop: 'stop',
  /** Trial to shard: it may not run now, and waits. Carries the number of its workflow's first trial. */
  held: 'held',
  /** Shard to trial that waits: try again. */
  go: 'go',
} as const;

/**
 * Updates of a sweep, by name; each answers with how the sweep stands once it is true. `more`: attempts were added in
 * Postgres, and are to be run.
 */
export const UPDATES = {
  pause: 'pause',
  resume: 'resume',
  concurrency: 'concurrency',
  more: 'more',
} as const;

export interface PauseInput {
  /** Whether trials that run are stopped, too. */
  readonly now: boolean;
}

/** How a sweep stands after an update. */
export interface SweepStanding {
  readonly status: SweepStatus;
  /** Trials that run. */
  readonly running: number;
}

/** How long a `train` activity may take and be silent; from the worker's settings, so that tests can be quick. */
export interface TrainTimeouts {
  readonly heartbeatMs: number;
  readonly startToCloseMs: number;
}

/** What `plan` answers. */
export interface PlanResult {
  readonly trials: number;
  /** To be run: those that have not ended. */
  readonly queued: number;
  /** Whether it was paused when its last workflow was lost; histories before pausing have none. */
  readonly isPaused?: boolean;
  readonly concurrency: number;
  readonly pool: string;
  readonly trialsPerWorkflow: number;
  readonly timeouts: TrainTimeouts;
}

/** The trials of a shard: those with numbers first…last, inclusive, that have not ended. */
export interface ShardRange {
  readonly first: number;
  readonly last: number;
  readonly count: number;
  /** Whether there are none behind it. */
  readonly isLast: boolean;
}

/** A trial as workflows know it. */
export interface TrialRef {
  readonly number: number;
  readonly attemptId: string;
  readonly attempt: number;
  /** The arm's label, as in the view `trial_results`. */
  readonly arm: string;
  readonly samplesPerClass: number | null;
  readonly replicate: number;
}

/**
 * A range and not the trials themselves: those of 500 shards would fill the sweep's history, which may not grow over
 * 50 MB. The shard asks for its own.
 */
export interface ShardInput extends ShardRange {
  /** Who it is to the trials it starts; workflows before claims have none. */
  readonly claim?: Claim;
  /** Its name among the shards where that is not the number of its first trial: it was added while the sweep ran. */
  readonly key?: number;
  readonly sweepId: string;
  readonly name: string;
  readonly pool: string;
  /** Trial workflows this shard may keep open at first, ≥ 0. */
  readonly concurrency: number;
  readonly trialsPerWorkflow: number;
  readonly timeouts: TrainTimeouts;
}

export interface TrialInput {
  readonly sweepId: string;
  readonly name: string;
  readonly pool: string;
  /** Run one after the other; at least one. */
  readonly trials: readonly TrialRef[];
  readonly timeouts: TrainTimeouts;
}

/** What the signal `open` carries. */
export interface OpenMessage {
  /** The shard's key; the number of its first trial where it has none. */
  readonly first: number;
  readonly open: number;
}

/** How a trial ended, as its workflow returns it. */
export interface TrialEnd {
  readonly number: number;
  readonly status: 'succeeded' | 'pruned' | 'failed' | 'cancelled';
  readonly testAccuracy: number | null;
  readonly valAccuracy: number | null;
  /** Of the objective's metric. */
  readonly objective: number | null;
  readonly epochs: number;
  readonly failureCode: string | null;
  /** In words; null where nothing failed. */
  readonly failure: string | null;
}

/** Counts of trials of one shard or sweep by how they ended. */
export interface EndCounts {
  readonly succeeded: number;
  readonly pruned: number;
  readonly failed: number;
  readonly cancelled: number;
}

export interface SweepEnd extends EndCounts {
  readonly status: 'finished' | 'cancelled' | 'failed';
}
