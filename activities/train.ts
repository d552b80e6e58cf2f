/** The activity that runs one execution of an attempt, under a lease, and stores what comes of it. */
import { existsSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { ElbowError, asElbowError } from '../src/errors.js';
import { elbowVersion } from '../src/paths.js';
import { NO_FIGURES } from '../src/storage/index.js';
import type { AttemptTask, Outcome, Storage } from '../src/storage/index.js';
import type { TrialEnd, TrialRef } from '../workflows/messages.js';
import { createAttemptWriter } from './attempt-writer.js';
import { isFinal, sentence, toFailure } from './failures.js';
import { endOf } from './record.js';
import { checkpointsOf, runTrainable } from './trainables.js';
import type { Places, Progress, Trainers } from './trainables.js';

/** Often enough for every sensible timeout; the SDK sends fewer of them. */
const HEARTBEAT_EVERY_MS = 500;

/** Which worker runs attempts. */
export interface WorkerIdentity {
  /** `host:pid` */
  readonly id: string;
  readonly host: string;
  readonly gitCommit: string | null;
}

export interface TrainParts {
  readonly storage: Storage;
  readonly trainers: Trainers;
  readonly worker: WorkerIdentity;
  readonly places: Places;
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
  beat();
  // From the first moment to the last: Postgres may be away for minutes when the lease is taken, or the end is stored.
  const timer = setInterval(beat, HEARTBEAT_EVERY_MS);
  try {
    const task = await storage.takeLease(ref.attemptId, { id: worker.id, host: worker.host });
    // An earlier execution has stored the end, and its answer was lost on the way.
    if (task === 'ended') return await endOf(storage, sweepId, ref);
    if (task === 'held') return null;
    return await execute(parts, task, context, (now) => (progress = now));
  } catch (thrown) {
    if (thrown instanceof CancelledFailure || thrown instanceof ApplicationFailure) throw thrown;
    const error = asElbowError(thrown);
    throw toFailure(error, { isFinal: isFinal(error, context.info.attempt) });
  } finally {
    clearInterval(timer);
  }
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
  const inherited = inheritCheckpoints(task, parts.places);
  if (inherited !== null) writer.addLog('elbow', inherited, new Date());
  // The folder, not the file: the one that was told last may have given way to newer ones.
  if (task.checkpoint && !existsSync(checkpointsOf(task.attemptId, parts.places))) {
    const { path, host } = task.checkpoint;
    const text = `the checkpoint ${path}, written on ${host}, is not on this machine: the trial starts over`;
    writer.addLog('elbow', text, new Date());
  }
  try {
    const outcome = await runTrainable(
      task,
      {
        signal,
        onBegin: (epoch) => writer.resumeAfter(epoch),
        onCheckpoint: (path) => writer.setCheckpoint(path),
        onEpoch: (metrics) => writer.addEpoch(metrics),
        onStep,
        onLog: (stream, text) => writer.addLog(stream, text, new Date()),
        onEnvironment: (environment) =>
          writer.setEnvironment({ elbowVersion, gitCommit: worker.gitCommit, ...environment }),
      },
      parts,
    );
    await writer.flush();
    await finish(parts, task, outcome);
    return toEnd(task.trial, outcome);
  } catch (thrown) {
    // What was said until then is worth keeping; that it cannot be written is not the failure.
    await writer.flush().catch(() => undefined);
    const seconds = (performance.now() - started) / 1000;
    return await handle(parts, task, context, {
      // A refused write aborts the trainer: the refusal is the reason, not the abortion.
      thrown: stop.signal.aborted ? (stop.signal.reason as unknown) : thrown,
      epochs: writer.epochCount(),
      seconds,
    });
  }
}

/**
 * An attempt that was cancelled or lost left its checkpoints behind: a further one is the same training, to the bit, and
 * goes on from there.
 * @returns what is to be said of that; null where there is nothing to inherit
 */
function inheritCheckpoints({ attemptId, earlierAttemptIds }: AttemptTask, places: Places): string | null {
  const own = checkpointsOf(attemptId, places);
  if (existsSync(own)) return null;
  const from = earlierAttemptIds.findLastIndex((id) => existsSync(checkpointsOf(id, places)));
  if (from < 0) return null;
  try {
    renameSync(checkpointsOf(earlierAttemptIds[from]!, places), own);
    return `takes over the checkpoints of attempt ${from + 1}, which did not come to its end`;
  } catch {
    // Somebody else was quicker; the training starts over.
    return null;
  }
}

/** Stores the end of an attempt, whose checkpoints are then of no use. */
async function finish({ storage, places }: TrainParts, task: AttemptTask, outcome: Outcome): Promise<void> {
  await storage.finishAttempt(task.attemptId, task.lease, outcome);
  // The end is stored: a folder that stays behind changes nothing of it.
  await rm(checkpointsOf(task.attemptId, places), { recursive: true, force: true }).catch(() => undefined);
}

/** Decides what a failed execution means, stores it when it is the end, and throws. */
async function handle(
  parts: TrainParts,
  task: AttemptTask,
  context: Context,
  {
    thrown,
    epochs,
    seconds,
  }: { readonly thrown: unknown; readonly epochs: number; readonly seconds: number },
): Promise<never> {
  if (context.cancellationSignal.aborted) {
    const details = context.cancellationDetails;
    if (details?.cancelRequested) {
      // Whether it is to go on later or was cancelled for good its workflow knows, and stores: both look the same from here.
      await parts.storage.releaseLease(task.attemptId, task.lease).catch((error: unknown) => {
        if (asElbowError(error).code !== 'lease-lost') throw error;
      });
      throw new CancelledFailure('the trial was told to stop');
    }
    const why = details?.workerShutdown
      ? 'the worker was stopped'
      : 'the execution was taken from this worker';
    // The attempt stays as it is: another worker takes it over.
    throw toFailure(new ElbowError('worker-lost', `${why}; another takes the trial over`), {
      isFinal: false,
    });
  }
  const error = asElbowError(thrown);
  if (!isFinal(error, context.info.attempt)) throw error;
  const outcome = failedOutcome(error, { epochs, seconds });
  await finish(parts, task, outcome);
  throw toFailure(error, { isFinal: true, end: toEnd(task.trial, outcome) });
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

function failedOutcome(
  error: ElbowError,
  { epochs, seconds }: { readonly epochs: number; readonly seconds: number },
): Outcome {
  return {
    ...NO_FIGURES,
    status: 'failed',
    epochs,
    seconds,
    failure: { code: error.code, message: sentence(error) },
  };
}
