/** What storage takes and gives: sweeps, trials, attempts and workers, in the words of the code. */
import type { ArmParams, SweepSpec } from '../spec/types.js';
import type { Outcome } from './outcome.js';

export type SweepStatus =
  'planning' | 'running' | 'pausing' | 'paused' | 'cancelling' | 'finished' | 'cancelled' | 'failed';
export type TrialStatus = 'queued' | 'running' | 'succeeded' | 'pruned' | 'failed' | 'cancelled';
/** Statuses an attempt ends with. */
export type EndedStatus = Extract<TrialStatus, 'succeeded' | 'pruned' | 'failed' | 'cancelled'>;

export interface SweepRow {
  readonly id: string;
  readonly name: string;
  readonly status: SweepStatus;
  readonly spec: SweepSpec;
  /** The sweep file as it was written. */
  readonly source: string;
  /**
   * Trials that may run at once, integer ≥ 1. So many workflows of trials are open, or one for every several trials;
   * those beyond the slots wait on the pool's queue.
   */
  readonly concurrency: number;
  /** The Temporal server that has its workflow, in words; null where none was ever asked for one, or by an earlier elbow. */
  readonly server: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** Trials by the status of their latest attempt. */
export type Counts = Readonly<Record<TrialStatus, number>>;

/** A trial that is to be run: its latest attempt, which has not ended. */
export interface QueuedTrial {
  readonly number: number;
  readonly attemptId: string;
  readonly attempt: number;
  readonly armLabel: string;
  readonly armHash: string;
  readonly samplesPerClass: number | null;
  readonly replicate: number;
}

/** Numbers of trials, both inclusive; null: to the last there is. */
export interface TrialRange {
  readonly first: number;
  readonly last: number | null;
}

/** Who starts trials. */
export interface Claim {
  /** Of the sweep's workflow. */
  readonly run: string;
  /** Id of the shard's workflow. */
  readonly shard: string;
}

/** Everything a worker needs to run an attempt. */
export interface AttemptTask {
  readonly attemptId: string;
  readonly attempt: number;
  readonly sweepId: string;
  readonly sweepName: string;
  readonly trial: number;
  readonly armHash: string;
  readonly armLabel: string;
  readonly params: ArmParams;
  readonly samplesPerClass: number | null;
  readonly replicate: number;
  readonly spec: SweepSpec;
  /** Of this execution; larger than every earlier lease of the attempt. */
  readonly lease: number;
  /** Ids of the attempts of the same trial before this one, the first one first. */
  readonly earlierAttemptIds: readonly string[];
  /** The latest one of earlier executions, and the host it was written on; null where there is none. */
  readonly checkpoint: { readonly path: string; readonly host: string } | null;
  /** Earlier executions that failed, or were lost; the oldest first. */
  readonly failures: readonly ExecutionFailure[];
}

/** An execution of an attempt that failed. */
export interface ExecutionFailure {
  readonly code: string;
  readonly message: string;
  readonly host: string;
  /** Epochs that the attempt had then: with the next failure as many, the trial got on by none. */
  readonly epochs: number;
}

/** An execution's failure, as it is told to storage. */
export interface NewFailure {
  readonly code: string;
  readonly message: string;
  /** For so long other machines come first, > 0; Infinity: always; null where the machine has no part in it. */
  readonly avoidSeconds: number | null;
}

/** What comes of a failure. */
export interface FailureStanding {
  /** Of the attempt, this one last. */
  readonly failures: readonly ExecutionFailure[];
  /** Machines of the pool that have not failed the attempt, and take trials or may soon. */
  readonly otherMachines: number;
  /** Whether the worker is put aside. */
  readonly isAside: boolean;
}

/** Where a lease runs and in what environment; kept with the attempt. */
export interface Environment {
  readonly elbowVersion: string;
  readonly gitCommit: string | null;
  readonly node: string;
  readonly tensorflow: string | null;
  /** `cpu`, or the GPU's name; null for trainables without TensorFlow. */
  readonly device: string | null;
  /** SHA-256 of the data set in hex. */
  readonly dataDigest: string | null;
  /** TensorFlow's, of one operation; null for trainables without TensorFlow. */
  readonly threads: number | null;
  /** Those that decide bits, such as `avx avx2 fma`; null for trainables without TensorFlow. */
  readonly cpuFeatures: string | null;
  /** Of the code that trained it, as the trainer says; left out for trainables without TensorFlow. */
  readonly trainingVersion?: string;
}

/** Trials of a sweep by the training code of their latest attempt that began. */
export interface TrainedBy {
  /** Null: an elbow that did not tell. */
  readonly version: string | null;
  /** Whether it is the one that trains the sweep now. */
  readonly isPresent: boolean;
  /** Numbers, ascending. */
  readonly trials: readonly number[];
}

/** A row of the view `trial_results`, in the words of the code. */
export interface TrialResult extends Omit<Outcome, 'status' | 'failure' | 'seconds' | 'epochs' | 'answers'> {
  readonly sweep: string;
  readonly trial: number;
  readonly armHash: string;
  readonly armLabel: string;
  readonly params: ArmParams;
  readonly samplesPerClass: number | null;
  readonly replicate: number;
  readonly attempt: number;
  readonly status: TrialStatus;
  /** Epochs that ended; counted from the epoch rows while the attempt runs. */
  readonly epochs: number;
  readonly seconds: number | null;
  /** Of the epochs until the validation accuracy first had nine tenths of its best; null where that is not known. */
  readonly secondsTo90Percent: number | null;
  readonly worker: string | null;
  readonly failureCode: string | null;
  readonly failureMessage: string | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** What of a trial makes a curve: a part of its result. */
export type TrialFigures = Pick<
  TrialResult,
  'trial' | 'armHash' | 'samplesPerClass' | 'replicate' | 'status' | 'objective' | 'testAccuracy'
>;

/** An arm of a sweep. */
export type ArmFacts = Pick<TrialResult, 'armHash' | 'armLabel' | 'params'>;

/** Figures of several trials; count ≥ 1. */
export interface Spread {
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

/** The trials of an arm and size; means are over those that succeeded, null where none has the figure. */
export interface GroupRow extends Omit<ArmFacts, 'params'> {
  readonly samplesPerClass: number | null;
  readonly trials: number;
  readonly ended: number;
  readonly failed: number;
  readonly succeeded: number;
  readonly testAccuracy: Spread | null;
  readonly objective: Spread | null;
  readonly seconds: number | null;
}

/** Trials of one size and status. */
export interface ProgressRow {
  readonly samplesPerClass: number | null;
  readonly status: TrialStatus;
  readonly trials: number;
  /** That they took, added up. */
  readonly seconds: number;
}

/** Trials that failed with one code. */
export interface FailedTrials {
  readonly code: string;
  /** Numbers, ascending. */
  readonly trials: readonly number[];
  /** The message of the first. */
  readonly example: string;
}

/** An attempt that has ended. */
export interface EndedTrial {
  readonly trial: number;
  readonly attempt: number;
  /** By the database's clock. */
  readonly finishedAt: Date;
}

/** Trials whose latest attempt that began ran in one environment on one host. */
export interface AttemptPlace {
  readonly trials: number;
  readonly host: string | null;
  readonly environment: Environment;
}

export interface AttemptRow {
  readonly id: string;
  /** The trial's number. */
  readonly trial: number;
  readonly attempt: number;
  readonly status: TrialStatus;
  readonly lease: number;
  readonly outcome: Omit<Outcome, 'answers'> | null;
  readonly worker: string | null;
  readonly host: string | null;
  readonly environment: Environment | null;
  readonly queuedAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** The figures of an attempt that has ended which its workflow shows. */
export interface AttemptEnd extends Pick<Outcome, 'testAccuracy' | 'valAccuracy' | 'objective' | 'epochs'> {
  readonly status: EndedStatus;
  readonly failureCode: string | null;
  readonly failureMessage: string | null;
}

/** A row of the view `failures`. */
export interface FailureRow extends ExecutionFailure {
  readonly attempt: number;
  readonly lease: number;
  readonly at: Date;
}

export interface LogLine {
  readonly lease: number;
  /** From 0 within its lease. */
  readonly index: number;
  readonly at: Date;
  readonly stream: 'stdout' | 'stderr' | 'elbow';
  readonly text: string;
}

/** A GPU that a worker uses. */
export interface WorkerDevice {
  /** As `nvidia-smi` numbers it; null for a part of one. */
  readonly index: number | null;
  readonly uuid: string;
  readonly name: string;
  /** In MB; null where it is not told. */
  readonly memoryMb: number | null;
}

export interface WorkerRow {
  /** `host:pid`, unique. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly pool: string;
  readonly slots: number;
  /** Attempts running on it now. */
  readonly busy: number;
  /** What they are: the oldest first. */
  readonly runs: readonly { readonly sweep: string; readonly trial: number }[];
  readonly version: string;
  readonly device: string | null;
  /** GPUs of its slots; empty on a CPU. */
  readonly devices: readonly WorkerDevice[];
  readonly lastSeenAt: Date;
  /** Since then, by the database's clock. */
  readonly silentSeconds: number;
  /** Put aside: it takes no trials, for so long and for what reason; null for one that does. */
  readonly aside: { readonly seconds: number | null; readonly reason: string } | null;
  /** Of its training code; null where it has not told. */
  readonly trainingVersion: string | null;
  /** Of the code that it runs workflows with; null where it runs none. */
  readonly workflowVersion: string | null;
}

/** What a worker says of itself. */
export type WorkerIntroduction = Omit<
  WorkerRow,
  | 'busy'
  | 'devices'
  | 'runs'
  | 'lastSeenAt'
  | 'silentSeconds'
  | 'aside'
  | 'trainingVersion'
  | 'workflowVersion'
> &
  Partial<Pick<WorkerRow, 'devices'>>;

export interface QueryResult {
  readonly columns: readonly string[];
  /** JSON values; bigint and numeric become numbers, dates ISO strings. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** What names files in `ELBOW_HOME` of the machines that train. */
export interface SweepFiles {
  /** Digests of weights. */
  readonly weights: readonly string[];
  /** Ids of attempts, after which folders of checkpoints are named. */
  readonly attempts: readonly string[];
}
