/** The activity that runs one execution of an attempt, under a lease, and stores what comes of it. */
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { ElbowError, asElbowError, retryOf } from '../src/errors.js';
import { elbowVersion } from '../src/paths.js';
import { NO_FIGURES } from '../src/storage/index.js';
import type { AttemptTask, ExecutionFailure, Outcome, Storage } from '../src/storage/index.js';
import type { TrialEnd, TrialRef } from '../workflows/messages.js';
import { createAttemptWriter } from './attempt-writer.js';
import type { AttemptWriter } from './attempt-writer.js';
import {
  failuresInARow,
  finalFailure,
  isFinal,
  lastWord,
  leftToOthers,
  newFailure,
  nextTry,
  storageFailure,
} from './failures.js';
import type { Keeping } from './keeping.js';
import { endOf } from './record.js';
import { createKeeping } from './stored-keeping.js';
import type { Artifacts } from './stored-keeping.js';
import { runTrainable } from './trainables.js';
import type { Places, Progress, Trainers } from './trainables.js';
import { TooLarge } from '../src/trainer/index.js';
import type { Programs } from '../src/trainer/index.js';

/** Often enough for every sensible timeout; the SDK sends fewer of them. */
const HEARTBEAT_EVERY_MS = 500;

/** With a defect before or after the trial itself: by Temporal's count, which has no meaning of its own. */
const MOST_EXECUTIONS = 100;

/** Which worker runs attempts. */
export interface WorkerIdentity {
  /** `host:pid` */
  readonly id: string;
  readonly host: string;
  readonly gitCommit: string | null;
  /** Of its training code. */
  readonly trainingVersion?: string;
}

export interface TrainParts {
  readonly storage: Storage;
  readonly trainers: Trainers;
  readonly programs: Programs;
  readonly worker: WorkerIdentity;
  readonly places: Places;
  /** Null where everything stays on this machine. */
  readonly artifacts: Artifacts | null;
  /** The worker is put aside: it takes no further trials. */
  readonly onAside?: () => void;
  /** How long a worker that stops may still take to bring checkpoints to the store, in ms; null while it does not stop. */
  readonly stopMs?: () => number | null;
}

/**
 * Runs a trial's attempt to its end.
 * @returns how it ended, at once when it had ended before; null when it may not run now, and is queued again: its sweep
 *   is paused, or as many trials run as may
 * @throws CancelledFailure when it was told to stop; it is queued again, and its workflow stores what that means
 * @throws ApplicationFailure with an error code as its type; when it is final it is stored, and its details carry the end
 */
export async function train(parts: TrainParts, sweepId: string, ref: TrialRef): Promise<TrialEnd | null> {
  const context = Context.current();
  const { storage, worker } = parts;
  let progress: Progress = { epoch: 0, step: 0, steps: 0 };
  const beat = (): void => context.heartbeat({ trial: ref.number, ...progress });
  // From before the first moment to after the last: Postgres may be away for minutes when the lease is taken, or the end is
  // stored. A trial that ends at once spares the server a beat.
  const timer = setInterval(beat, HEARTBEAT_EVERY_MS);
  try {
    const task = await storage.takeLease(ref.attemptId, worker);
    // An earlier execution has stored the end, and its answer was lost on the way.
    if (task === 'ended') return await endOf(storage, sweepId, ref);
    if (task === 'held') return null;
    if (task === 'elsewhere') throw leftToOthers(context.info.attempt);
    return await execute(parts, task, context, (now) => (progress = now));
  } catch (thrown) {
    if (thrown instanceof CancelledFailure || thrown instanceof ApplicationFailure) throw thrown;
    // Most of the executions before may have been refused, or handed over: they do not make this a defect.
    throw storageFailure(thrown, context.info.attempt, MOST_EXECUTIONS);
  } finally {
    clearInterval(timer);
  }
}

/** An execution that has its lease. */
interface Execution {
  readonly parts: TrainParts;
  readonly task: AttemptTask;
  readonly context: Context;
  readonly writer: AttemptWriter;
  readonly keeping: Keeping;
}

async function execute(
  parts: TrainParts,
  task: AttemptTask,
  context: Context,
  onStep: (progress: Progress) => void,
): Promise<TrialEnd | null> {
  const { storage, worker } = parts;
  // Ends the trainer for Temporal's reasons (cancelled, worker stops, taken over), and when Postgres refuses a write.
  const stop = new AbortController();
  const signal = AbortSignal.any([context.cancellationSignal, stop.signal]);
  const writer = createAttemptWriter(storage, task, (error) => stop.abort(error));
  const started = performance.now();
  const keeping = createKeeping(parts, task, {
    signal,
    log: (text) => writer.addLog('elbow', text, new Date()),
    setCheckpoint: (place) => writer.setCheckpoint(place),
  });
  const execution: Execution = { parts, task, context, writer, keeping };
  // Nobody but a next execution tells that the last one was lost: it may have been one too many.
  if (task.failures.length > 0 && isFinal(task.failures, Infinity))
    return failForGood(execution, { epochs: 0, seconds: 0 }, task.failures);
  try {
    await keeping.prepare();
    const outcome = await runTrainable(
      task,
      {
        signal,
        onBegin: (epoch) => writer.resumeAfter(epoch),
        onCheckpoint: (path) => keeping.checkpoint(path),
        onEpoch: (metrics) => writer.addEpoch(metrics),
        onStep,
        onLog: (stream, text) => writer.addLog(stream, text, new Date()),
        onEnvironment: (environment) =>
          writer.setEnvironment({ elbowVersion, gitCommit: worker.gitCommit, ...environment }),
        flush: () => writer.flush(),
      },
      parts,
    );
    await keeping.weights(outcome.weights);
    await writer.flush();
    await finish(execution, outcome);
    return toEnd(task.trial, outcome);
  } catch (thrown) {
    await keeping.leave(stop.signal.aborted ? 0 : patienceMs(context, parts.stopMs?.() ?? null));
    // What was said until then is worth keeping; that it cannot be written is not the failure.
    await writer.flush().catch(() => undefined);
    if (signal.aborted) await clearAfter(execution);
    const seconds = (performance.now() - started) / 1000;
    return await handle(execution, {
      // A refused write aborts the trainer: the refusal is the reason, not the abortion.
      thrown: stop.signal.aborted ? (stop.signal.reason as unknown) : thrown,
      spent: { epochs: writer.epochCount(), seconds },
    });
  }
}

/**
 * How long a checkpoint that is on its way to the artifact store is waited for.
 * @param stopMs what a worker that stops has left for it; null while it does not
 */
function patienceMs({ cancellationSignal, cancellationDetails }: Context, stopMs: number | null): number {
  const most = stopMs ?? Infinity;
  // One that is paused goes on anywhere from the step that it had reached.
  if (cancellationDetails?.cancelRequested) return Math.min(30_000, most);
  if (!cancellationSignal.aborted) return Math.min(10_000, most);
  return stopMs ?? 3_000;
}

/** Stores the end of an attempt. A training that failed keeps its checkpoints: a rerun goes on from there. */
async function finish({ parts, task, keeping }: Execution, outcome: Outcome): Promise<void> {
  await parts.storage.finishAttempt(task.attemptId, task.lease, outcome);
  // A program's folder goes with its attempt: whether it could go on from there elbow does not know.
  const isOfUse = outcome.status === 'failed' && task.spec.trainable.kind === 'builtin';
  if (!isOfUse) await keeping.remove();
}

/**
 * An execution that was stopped may have been taken for lost, and its successor may have brought the attempt to its end since:
 * what its trainer has kept after that is of no use to anybody.
 */
async function clearAfter({ parts, task, keeping }: Execution): Promise<void> {
  const end = await parts.storage.attemptEnd(task.attemptId).catch(() => null);
  if (end?.status === 'succeeded') await keeping.remove();
}

/** What an execution has come to. */
interface Spent {
  readonly epochs: number;
  readonly seconds: number;
}

/** Decides what a failed execution means, stores it, and throws. */
async function handle(
  execution: Execution,
  { thrown, spent }: { readonly thrown: unknown; readonly spent: Spent },
): Promise<never> {
  const { parts, task, context, writer } = execution;
  const { storage } = parts;
  const release = (): Promise<void> =>
    storage.releaseLease(task.attemptId, task.lease).catch((error: unknown) => {
      if (asElbowError(error).code !== 'lease-lost') throw error;
    });
  if (context.cancellationSignal.aborted) {
    const details = context.cancellationDetails;
    // Whether it is to go on later or was cancelled for good its workflow knows, and stores: both look the same from here.
    // A worker that is stopped hands it over, and was not lost.
    if (details?.cancelRequested || details?.workerShutdown) await release();
    if (details?.cancelRequested) throw new CancelledFailure('the trial was told to stop');
    const why = details?.workerShutdown
      ? 'the worker was stopped'
      : 'the execution was taken from this worker';
    // The attempt stays as it is: another worker takes it over.
    throw nextTry(new ElbowError('worker-lost', `${why}; another takes the trial over`), 1);
  }
  const error = asElbowError(thrown);
  if (error instanceof TooLarge && (await hasLarger(parts, error))) {
    // It may come here again and again while the others are busy: it is said once, and a slot there is soon seen.
    if (task.lease === 1) {
      writer.addLog('elbow', `${error.message}: it is left to a worker with a larger one`, new Date());
      await writer.flush();
    }
    await release();
    throw leftToOthers(LEFT_PAUSES, 'no GPU of this worker is large enough');
  }
  // It waits for a server, or another execution has the attempt: nothing that the trial or the machine failed at.
  if (retryOf(error.code)?.tries === null) {
    if (error.code !== 'lease-lost') await release();
    throw nextTry(error, context.info.attempt);
  }
  const failure = newFailure(error);
  const { failures, otherMachines, isAside } = await storage.recordFailure(
    task.attemptId,
    task.lease,
    failure,
  );
  if (isAside) parts.onAside?.();
  if (isFinal(failures, otherMachines)) return failForGood(execution, spent, failures);
  writer.addLog('elbow', `${failure.code}: ${failure.message}\nThe trial is tried again.`, new Date());
  await writer.flush();
  await release();
  throw nextTry(error, failuresInARow(failures).length);
}

/** As after so many refusals in a row: about two seconds. */
const LEFT_PAUSES = 2;
/** A worker tells every few seconds that it lives. */
const ALIVE_MS = 30_000;

/** Whether another worker of the pool has a larger GPU, or one of which nobody knows how large it is. */
async function hasLarger({ storage, worker }: TrainParts, { largestMb }: TooLarge): Promise<boolean> {
  const workers = await storage.workers(ALIVE_MS);
  const pool = workers.find(({ id }) => id === worker.id)?.pool;
  return workers.some(
    (other) =>
      other.pool === pool &&
      other.id !== worker.id &&
      other.aside === null &&
      other.devices.some(({ memoryMb }) => memoryMb === null || memoryMb > largestMb),
  );
}

/** Stores that a trial has failed, with its last failure, and throws that. */
async function failForGood(
  execution: Execution,
  spent: Spent,
  failures: readonly ExecutionFailure[],
): Promise<never> {
  const failure = lastWord(failures);
  const epochs = Math.max(spent.epochs, failures.at(-1)!.epochs);
  const outcome: Outcome = { ...NO_FIGURES, ...spent, epochs, status: 'failed', failure };
  await finish(execution, outcome);
  throw finalFailure(failure, toEnd(execution.task.trial, outcome));
}

function toEnd(number: number, outcome: Outcome): TrialEnd {
  return {
    number,
    status: outcome.status,
    testAccuracy: outcome.testAccuracy,
    valAccuracy: outcome.valAccuracy,
    objective: outcome.objective,
    epochs: outcome.epochs,
    failureCode: outcome.failure?.code ?? null,
    failure: outcome.failure?.message ?? null,
  };
}
