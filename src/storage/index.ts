/** Results in Postgres: the contract, its implementation over Prisma, migrations, and SQL that only reads. */
export { inspectDatabase } from './inspect.js';
export type { DatabaseFacts, ReaderFacts } from './inspect.js';
export { migrate } from './migrate.js';
export { connectStorage } from './prisma.js';
export type { StorageOptions } from './prisma.js';
export { connectReader } from './reader.js';
export type { ReaderOptions } from './reader.js';
export { READER_ROLE, setReaderLogin } from './roles.js';
export type { ReaderLogin, ReaderState } from './roles.js';
export { NO_FIGURES } from './storage.js';
export type { DecisionFigure, DecisionKind, DecisionRow, NewDecision } from './decisions.js';
export type { Finding, LayerFigures } from './findings.js';
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
  EpochMetrics,
  ExecutionFailure,
  FailedTrials,
  FailureRow,
  FailureStanding,
  GroupRow,
  LogLine,
  NewFailure,
  Outcome,
  ProgressRow,
  QueryResult,
  QueryRunner,
  QueuedTrial,
  Storage,
  SweepExtension,
  SweepFiles,
  SweepRow,
  SweepStatus,
  TrainedBy,
  TrialFigures,
  TrialRange,
  TrialResult,
  TrialStatus,
  WorkerIntroduction,
  WorkerRow,
} from './storage.js';
