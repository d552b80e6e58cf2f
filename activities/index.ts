/** Activities as factories: what they need is handed in. Their names are public. */
import { Context } from '@temporalio/activity';
import type { Claim, Storage } from '../src/storage/index.js';
import type {
  PlanResult,
  ShardRange,
  SweepEnd,
  SweepStanding,
  TrainTimeouts,
  TrialEnd,
  TrialRef,
} from '../workflows/messages.js';
import { guarded } from './failures.js';
import { limit, pause, resume } from './lifecycle.js';
import { nextShard, plan, trialsOf } from './plan.js';
import { finish, hold, record } from './record.js';
import type { CloseInput, RecordInput } from './record.js';
import { report } from './report.js';
import { trainSeries } from './series.js';
import { train } from './train.js';
import type { TrainParts } from './train.js';

export type { CloseInput, RecordInput } from './record.js';
export type { Artifacts } from './stored-keeping.js';
export type { TrainParts, WorkerIdentity } from './train.js';
export type { Places, Progress, TrainHooks, Trainers } from './trainables.js';

/** Activities of the control queue: they touch Postgres alone. All may be repeated. */
export interface ControlActivities {
  plan(sweepId: string): Promise<PlanResult>;
  nextShard(sweepId: string, after: number, limit: number, run?: string): Promise<ShardRange | null>;
  trialsOf(
    sweepId: string,
    range: { readonly first: number; readonly last: number },
    claim?: Claim,
  ): Promise<readonly TrialRef[]>;
  record(input: RecordInput): Promise<readonly TrialEnd[]>;
  hold(sweepId: string, trial: TrialRef): Promise<TrialEnd | null>;
  closeTrials(input: CloseInput): Promise<number>;
  report(sweepId: string): Promise<string>;
  finish(sweepId: string, status: SweepEnd['status']): Promise<SweepEnd>;
  pause(sweepId: string): Promise<SweepStanding>;
  /** Says whether a sweep that is pausing is paused by now. */
  settlePause(sweepId: string): Promise<SweepStanding>;
  resume(sweepId: string): Promise<SweepStanding>;
  limit(sweepId: string, concurrency: number): Promise<SweepStanding>;
}

/** Activities of a pool's queue. */
export interface TrainActivities {
  /**
   * Runs a trial to its end; null when it may not run now.
   * @param behind further trials, which follow as long as they are short: the answer is then a list, in their order. Workers
   *   before this know the first alone, and answer for it alone
   */
  train(
    sweepId: string,
    trial: TrialRef,
    behind?: readonly TrialRef[],
  ): Promise<TrialEnd | null | readonly TrialEnd[]>;
}

export interface ControlParts {
  readonly storage: Storage;
  readonly timeouts: TrainTimeouts;
}

export function createControlActivities({ storage, timeouts }: ControlParts): ControlActivities {
  const execution = (): number => Context.current().info.attempt;
  return {
    plan: guarded(execution, (sweepId) => plan(storage, timeouts, sweepId)),
    nextShard: guarded(execution, (sweepId, after, limit, run) =>
      nextShard(storage, sweepId, after, limit, run),
    ),
    trialsOf: guarded(execution, (sweepId, range, claim) => trialsOf(storage, sweepId, range, claim)),
    record: guarded(execution, (input) => record(storage, input)),
    hold: guarded(execution, (sweepId, trial) => hold(storage, sweepId, trial)),
    closeTrials: guarded(execution, ({ sweepId, first, last, status, failure, claim }) =>
      storage.closeTrials(sweepId, { first, last }, status, failure, claim),
    ),
    report: guarded(execution, (sweepId) => report(storage, sweepId, new Date())),
    finish: guarded(execution, (sweepId, status) => finish(storage, sweepId, status)),
    pause: guarded(execution, (sweepId) => pause(storage, sweepId)),
    settlePause: guarded(execution, (sweepId) => storage.settlePause(sweepId)),
    resume: guarded(execution, (sweepId) => resume(storage, sweepId)),
    limit: guarded(execution, (sweepId, concurrency) => limit(storage, sweepId, concurrency)),
  };
}

export function createTrainActivities(parts: TrainParts): TrainActivities {
  return {
    train: (sweepId, trial, behind) => {
      const one = (ref: TrialRef): Promise<TrialEnd | null> => train(parts, sweepId, ref);
      return behind === undefined ? one(trial) : trainSeries([trial, ...behind], one);
    },
  };
}
