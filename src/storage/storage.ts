/**
 * The storage contract. Every implementation passes tests/contract/storage.ts.
 *
 * Guarantees:
 * - Writes of a running attempt carry its lease; a write under any lease but the newest changes nothing and throws
 *   `lease-lost`.
 * - Repeating a write changes nothing (planning, opening attempts, epochs, logs, outcomes).
 * - State transitions are conditional on the state they start from; a transition that does not apply returns false.
 * - Attempts are added, never deleted, except with their whole sweep.
 * - Numbers read back equal to the bit (NaN and infinities are stored as null).
 * - A server out of reach throws `database-unreachable`.
 */
import type { PlannedTrial, SweepSpec } from '../spec/types.js';
import type { WorkflowVersion } from '../versions.js';
import type { DecisionRow, NewDecision } from './decisions.js';
import type { EpochMetrics, Outcome, TestAnswers } from './outcome.js';
import type {
  ArmFacts,
  AttemptEnd,
  AttemptPlace,
  AttemptRow,
  AttemptTask,
  Claim,
  Counts,
  EndedTrial,
  Environment,
  FailedTrials,
  FailureRow,
  FailureStanding,
  GroupRow,
  LogLine,
  NewFailure,
  ProgressRow,
  QueryResult,
  QueuedTrial,
  SweepFiles,
  SweepRow,
  SweepStatus,
  TrialFigures,
  TrialRange,
  TrainedBy,
  TrialResult,
  TrialStatus,
  WorkerIntroduction,
  WorkerRow,
} from './rows.js';

export type { DecisionFigure, DecisionKind, DecisionRow, NewDecision } from './decisions.js';
export type { Finding, LayerFigures } from './findings.js';
export { NO_FIGURES } from './outcome.js';
export type { EpochMetrics, Outcome, TestAnswers } from './outcome.js';
export type {
  ArmFacts,
  AttemptEnd,
  AttemptPlace,
  AttemptRow,
  AttemptTask,
  Claim,
  Counts,
  EndedStatus,
  EndedTrial,
  Environment,
  ExecutionFailure,
  FailedTrials,
  FailureRow,
  FailureStanding,
  GroupRow,
  LogLine,
  NewFailure,
  ProgressRow,
  QueryResult,
  QueuedTrial,
  Spread,
  SweepFiles,
  SweepRow,
  SweepStatus,
  TrainedBy,
  TrialFigures,
  TrialRange,
  TrialResult,
  TrialStatus,
  WorkerDevice,
  WorkerIntroduction,
  WorkerRow,
} from './rows.js';

/** A sweep's spec with more in it, and the trials that it has then. */
export interface SweepExtension {
  readonly spec: SweepSpec;
  readonly source: string;
  /** All of them; those that are new come last. */
  readonly trials: readonly PlannedTrial[];
  readonly added: number;
  /** How many it had. */
  readonly before: number;
}

export interface Storage {
  // Sweeps
  /** Stores a sweep as `planning`; with a name that exists, changes nothing and returns that sweep. */
  createSweep(spec: SweepSpec, source: string): Promise<{ sweep: SweepRow; created: boolean }>;
  findSweep(name: string): Promise<SweepRow | null>;
  getSweep(id: string): Promise<SweepRow>;
  /** Newest first. */
  listSweeps(): Promise<readonly (SweepRow & { counts: Counts; trials: number })[]>;
  /** Moves the status when it is one of `from`; sets started/finished times. */
  moveSweep(id: string, from: readonly SweepStatus[], to: SweepStatus): Promise<boolean>;
  /**
   * Moves a sweep that is pausing to `paused` where no trial runs any more; nothing of it begins to run while it is
   * pausing. Tells how it stands then, and how many of its trials run.
   */
  settlePause(id: string): Promise<{ status: SweepStatus; running: number }>;
  /** Says which Temporal server is asked for its workflow. */
  setServer(id: string, server: string): Promise<void>;
  /** Sets how many trials may run at once, integer ≥ 1. */
  setConcurrency(id: string, concurrency: number): Promise<void>;
  countTrials(sweepId: string): Promise<Counts>;
  /**
   * Deletes the sweep and all that belongs to it; tells what of it is left in files, the weights that no other sweep
   * refers to, and all of its attempts. Null when there is none.
   */
  deleteSweep(id: string): Promise<SweepFiles | null>;
  /** The weights that any attempt refers to, and the attempts whose checkpoints a later one may go on from. */
  neededFiles(): Promise<SweepFiles>;
  /** A UUID that no other database has; a copy or a restored one has that of its original. */
  databaseId(): Promise<string>;

  // Planning
  /** Adds trials with their first attempt, queued; those that exist are left alone. */
  addTrials(sweepId: string, trials: readonly PlannedTrial[]): Promise<void>;
  /**
   * Gives a sweep another spec and the trials that it has more than before, each with its first attempt; arms that there
   * are get their labels anew. False where it has not as many trials as `before` says, or a status that takes none.
   */
  extendSweep(id: string, extension: SweepExtension): Promise<boolean>;
  /**
   * Stores a look at a sweep, and with it extends the sweep where there is an extension: both or neither. False where the
   * sweep does not run, has that look already, or takes no extension.
   */
  decide(id: string, decision: NewDecision, extension: SweepExtension | null): Promise<boolean>;
  /** By look. */
  decisions(sweepId: string): Promise<readonly DecisionRow[]>;
  /** Queues a new attempt for trials whose latest attempt has ended; returns the numbers it was done for. */
  openAttempts(sweepId: string, trials: readonly number[]): Promise<readonly number[]>;
  /**
   * Trials with number > after whose latest attempt has not ended, ascending, at most `limit`: the queued ones, and
   * those that a workflow which is gone left running.
   * @param run of a workflow: those that one of its shards has claimed are left out
   */
  queuedTrials(sweepId: string, after: number, limit: number, run?: string): Promise<readonly QueuedTrial[]>;
  /**
   * Claims the trials of a range that have not ended for a shard, at most `limit`: of two shards of a run, one gets each.
   * Ascending; asking again gives the same ones.
   */
  claimTrials(
    sweepId: string,
    range: TrialRange,
    claim: Claim,
    limit: number,
  ): Promise<readonly QueuedTrial[]>;

  // Running
  /**
   * Starts an execution of an attempt that is queued or running: raises its lease, marks it running on `worker`. Epochs
   * of earlier leases stay until `resumeAfter`. Refused as `ended` when the attempt has ended; and as `held` when its
   * sweep is pausing or paused, or as many other trials of it run as may at once: then the attempt is queued. And as
   * `elsewhere` when the worker is put aside, or another machine comes first, because this one has failed the attempt, or
   * trains by other code than the sweep's trials before it and others have that code.
   * An attempt that was running lost the worker that ran it: that is one of its failures.
   */
  takeLease(
    attemptId: string,
    worker: { id: string; host: string; trainingVersion?: string },
  ): Promise<AttemptTask | 'ended' | 'held' | 'elsewhere'>;
  /**
   * Stores that this execution failed, which does not end it; once for a lease. Puts its worker aside where it has failed
   * several different trials in a row, none of which has failed on another worker, too, while others of its pool finished
   * trials; never more than half of a pool.
   */
  recordFailure(attemptId: string, lease: number, failure: NewFailure): Promise<FailureStanding>;
  /** Ends an execution and not the attempt, which is queued again. Repeating it is no error. */
  releaseLease(attemptId: string, lease: number): Promise<void>;
  /** The same from outside, whoever runs the attempt: that one may not write any more. False when it has ended. */
  holdAttempt(attemptId: string): Promise<boolean>;
  /** The same for all attempts of a sweep that are running: they belong to a workflow that is gone. */
  holdTrials(sweepId: string): Promise<void>;
  /** Tells after which epoch this execution goes on, 0 for none; later epochs, of earlier leases, are dropped. */
  resumeAfter(attemptId: string, lease: number, epoch: number): Promise<void>;
  /** Tells where this execution's latest checkpoint is. */
  setCheckpoint(attemptId: string, lease: number, checkpoint: string): Promise<void>;
  setEnvironment(attemptId: string, lease: number, environment: Environment): Promise<void>;
  recordEpochs(attemptId: string, lease: number, epochs: readonly EpochMetrics[]): Promise<void>;
  recordLogs(attemptId: string, lease: number, lines: readonly LogLine[]): Promise<void>;
  /** Ends an attempt under its lease. Repeating it with the same lease is no error. */
  finishAttempt(attemptId: string, lease: number, outcome: Outcome): Promise<void>;
  /** Ends an attempt that no worker will end (lost, cancelled before it began); false when it has ended already. */
  closeAttempt(
    attemptId: string,
    status: 'failed' | 'cancelled',
    failure: { code: string; message: string },
  ): Promise<boolean>;
  /**
   * The same for the latest attempts of all trials of a range that are queued or running; returns how many it was done
   * for.
   * @param claim those that other shards of its run have claimed are left alone
   */
  closeTrials(
    sweepId: string,
    range: TrialRange,
    status: 'failed' | 'cancelled',
    failure: { code: string; message: string },
    claim?: Claim,
  ): Promise<number>;
  /**
   * Ends a sweep that nothing works on any more, and all of its open attempts with it; false where its status is another
   * one, or has changed in the last `unchangedForMs`: then somebody is at it.
   */
  endLostSweep(
    id: string,
    options: {
      from: SweepStatus;
      to: 'failed' | 'cancelled';
      failure: { code: string; message: string };
      unchangedForMs: number;
    },
  ): Promise<boolean>;

  // Reading
  /** By trial number, all at once: of a large sweep, `trialPages` reads them in parts. */
  trialResults(sweepId: string): Promise<readonly TrialResult[]>;
  /** By trial number, so many at once that a sweep of any size can be read. */
  trialPages(sweepId: string): AsyncIterable<readonly TrialResult[]>;
  /** Those of the numbers that there are, by number. */
  trialsNamed(sweepId: string, numbers: readonly number[]): Promise<readonly TrialResult[]>;
  /** Of trials with one of the statuses, ascending. */
  trialNumbers(sweepId: string, statuses: readonly TrialStatus[]): Promise<readonly number[]>;
  /** By trial number; of all arms, or of those that are named. */
  trialFigures(sweepId: string, armHashes?: readonly string[]): Promise<readonly TrialFigures[]>;
  /** In the order of their first trials. */
  arms(sweepId: string): Promise<readonly ArmFacts[]>;
  /** By label and size; all images, or none, come last. */
  groups(sweepId: string): Promise<readonly GroupRow[]>;
  progress(sweepId: string): Promise<readonly ProgressRow[]>;
  /** By code, the most frequent first. */
  failedTrials(sweepId: string): Promise<readonly FailedTrials[]>;
  /** The first so many by number. */
  runningTrials(sweepId: string, limit: number): Promise<readonly TrialResult[]>;
  /** Attempts that ended after a moment, and at it those of trials behind that one; by moment and trial, the first so many. */
  endedTrials(
    sweepId: string,
    after: Pick<EndedTrial, 'finishedAt' | 'trial'>,
    limit: number,
  ): Promise<readonly EndedTrial[]>;
  /** Epochs of the latest attempts of all trials. */
  epochTotal(sweepId: string): Promise<number>;
  /** The most frequent first. */
  environments(sweepId: string): Promise<readonly AttemptPlace[]>;
  /** The database's clock. */
  now(): Promise<Date>;
  trialResult(sweepId: string, trial: number): Promise<TrialResult | null>;
  /** How an attempt ended; null when there is none, or it has not. */
  attemptEnd(attemptId: string): Promise<AttemptEnd | null>;
  /** By trial and attempt, oldest first; all trials when `trial` is left out. */
  attempts(sweepId: string, trial?: number): Promise<readonly AttemptRow[]>;
  /** Executions of a trial that failed, the oldest first. */
  failures(sweepId: string, trial: number): Promise<readonly FailureRow[]>;
  /** Of the latest attempt of each trial, by trial and epoch; of all trials, of one, or of some. */
  epochs(
    sweepId: string,
    trials?: number | readonly number[],
  ): Promise<readonly (EpochMetrics & { trial: number })[]>;
  /** Of one attempt (the latest when left out), lines after (lease, index). */
  logs(
    sweepId: string,
    trial: number,
    options?: { attempt?: number; after?: { lease: number; index: number } },
  ): Promise<readonly LogLine[]>;

  /**
   * Answers to the test images of the latest attempts of some arms' trials that succeeded, by trial: one bit an image, 1 where it was
   * right, the lowest bit of a byte first. Trials without any are left out.
   */
  testCorrect(
    sweepId: string,
    armHashes: readonly string[],
  ): Promise<readonly { readonly trial: number; readonly correct: Uint8Array }[]>;

  /** Of the latest attempts of an arm's trials that succeeded, by trial: images of each class by what they were taken for. */
  confusions(
    sweepId: string,
    armHash: string,
  ): Promise<
    readonly {
      readonly trial: number;
      readonly classes: readonly string[];
      readonly counts: readonly (readonly number[])[];
    }[]
  >;

  /** Of the latest attempt of a trial; null where it has none. */
  answers(sweepId: string, trial: number): Promise<TestAnswers | null>;

  // Workers
  /** Adds or refreshes a worker's row; tells whether it is put aside. The last of a pool that is not never is. */
  seeWorker(worker: WorkerIntroduction): Promise<boolean>;
  /**
   * Puts a worker aside, for good or until it is released; or releases it. False when there is none of that id.
   * @param reason null: release it
   */
  setAside(id: string, reason: string | null): Promise<boolean>;
  removeWorker(id: string): Promise<void>;
  /** Those seen within the last `withinMs`, by the database's clock; by host and pid. */
  workers(withinMs: number): Promise<readonly WorkerRow[]>;

  /**
   * Says what a worker is made of.
   * @returns the versions of all that take workflows, this one among them
   */
  seeVersions(
    workerId: string,
    versions: { training: string | null; workflows: WorkflowVersion; takesWorkflows: boolean },
  ): Promise<readonly WorkflowVersion[]>;
  /** @returns the versions of those that are left and take workflows */
  forgetVersions(workerId: string): Promise<readonly WorkflowVersion[]>;
  /** By which versions of the training code a sweep's trials were trained, the present one last; empty for programs. */
  trainedBy(sweepId: string): Promise<readonly TrainedBy[]>;

  close(): Promise<void>;
}

/** SQL of users, under the read-only role, with a statement timeout. @throws `query-failed` */
export interface QueryRunner {
  query(sql: string): Promise<QueryResult>;
  close(): Promise<void>;
}
