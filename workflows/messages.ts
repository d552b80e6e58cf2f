/**
 * Names and messages of the workflows: public and stable. Every message is plain JSON; ids travel, specs and curves
 * stay in Postgres.
 */

/** Workflow types. */
export const WORKFLOWS = { sweep: 'sweep', shard: 'shard', trial: 'trial' } as const;

/** The queue of workflow tasks and of the activities that only touch Postgres. */
export const CONTROL_QUEUE = 'elbow';
/** The queue of a pool's `train` activities. */
export const poolQueue = (pool: string): string => `elbow-pool-${pool}`;

/** At most this many trials go to one shard, so that no history grows. */
export const TRIALS_PER_SHARD = 200;

/** Workflow ids; names hold no dot, so ids cannot collide. */
export const workflowIds = {
  sweep: (name: string): string => `sweep.${name}`,
  shard: (name: string, first: number): string => `sweep.${name}.shard.${first}`,
  trial: (name: string, number: number): string => `sweep.${name}.trial.${number}`,
};

/** Search attributes, with their types as the Temporal CLI spells them. */
export const SEARCH_ATTRIBUTES = {
  ElbowSweep: 'Keyword',
  ElbowArm: 'Keyword',
  ElbowStatus: 'Keyword',
  ElbowTrial: 'Int',
  ElbowReplicate: 'Int',
  ElbowSamplesPerClass: 'Int',
} as const;

export interface SweepInput {
  readonly sweepId: string;
  readonly name: string;
}

/** What `plan` answers. */
export interface PlanResult {
  readonly trials: number;
  readonly queued: number;
  readonly concurrency: number;
  readonly pool: string;
  readonly trialsPerWorkflow: number;
}

/** A trial as workflows know it. */
export interface TrialRef {
  readonly number: number;
  readonly attemptId: string;
  readonly attempt: number;
  readonly arm: string;
  readonly samplesPerClass: number | null;
  readonly replicate: number;
}

export interface ShardInput {
  readonly sweepId: string;
  readonly name: string;
  readonly pool: string;
  readonly trials: readonly TrialRef[];
  /** Trial workflows this shard may keep open. */
  readonly concurrency: number;
  readonly trialsPerWorkflow: number;
}

export interface TrialInput {
  readonly sweepId: string;
  readonly name: string;
  readonly pool: string;
  readonly trials: readonly TrialRef[];
}

/** How a trial ended, as its workflow returns it. */
export interface TrialEnd {
  readonly number: number;
  readonly status: 'succeeded' | 'pruned' | 'failed' | 'cancelled';
  readonly testAccuracy: number | null;
  readonly valAccuracy: number | null;
  readonly epochs: number;
  readonly failureCode: string | null;
}

export interface SweepEnd {
  readonly status: 'finished' | 'cancelled';
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
}
