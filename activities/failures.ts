/** What a failure does to retries: the table of errors.ts is told to Temporal. */
import { randomInt } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/activity';
import { asElbowError, isErrorCode, MOST_MACHINES, OWN_TRIES, retryOf } from '../src/errors.js';
import type { ElbowError, ErrorCode, Retry } from '../src/errors.js';
import type { ExecutionFailure, NewFailure } from '../src/storage/index.js';
import type { TrialEnd } from '../workflows/messages.js';

/** While other machines may take the trial, one that has failed it leaves it to them: long enough for a slot to be free. */
const AVOID_SECONDS = 300;
const machineOf = (code: ErrorCode): Retry['machine'] => retryOf(code)?.machine ?? 'any';

/** A failure as storage takes it. */
export const newFailure = (error: ElbowError): NewFailure => ({
  code: error.code,
  message: sentence(error),
  avoidSeconds: { any: null, 'another first': AVOID_SECONDS, 'another only': Infinity }[
    machineOf(error.code)
  ],
});

/**
 * Failures since the trial last got on: from the last one on that had more epochs than all before it.
 * @param failures the oldest first
 */
export function failuresInARow(failures: readonly ExecutionFailure[]): readonly ExecutionFailure[] {
  let start = 0;
  let most = -1;
  for (const [index, { epochs }] of failures.entries()) {
    if (epochs <= most) continue;
    most = epochs;
    start = index;
  }
  return failures.slice(start);
}

/**
 * Whether a trial has failed for good.
 * @param failures of its executions, the oldest first; at least one
 * @param otherMachines that could take it and have not failed it, ≥ 0
 */
export function isFinal(failures: readonly ExecutionFailure[], otherMachines: number): boolean {
  const row = failuresInARow(failures);
  const { code } = row.at(-1)!;
  const retry = isErrorCode(code) ? retryOf(code) : null;
  if (retry === null) return true;
  if (retry.machine === 'another only' && otherMachines === 0) return true;
  if (new Set(row.map(({ host }) => host)).size >= MOST_MACHINES) return true;
  const count = (matches: (code: string) => boolean): number => row.filter((one) => matches(one.code)).length;
  if (retry.tries === 'own') return count(isOwn) >= OWN_TRIES;
  return retry.tries !== null && count((one) => one === code) >= retry.tries;
}

/**
 * What is stored of a trial that has failed for good: its last failure, and how often and where it was tried.
 * @param failures as above
 */
export function lastWord(failures: readonly ExecutionFailure[]): { code: string; message: string } {
  const row = failuresInARow(failures);
  const { code, message } = row.at(-1)!;
  const hosts = [...new Set(row.map(({ host }) => host))];
  if (row.length === 1) return { code, message };
  const where = hosts.length === 1 ? `on ${hosts[0]!}` : `on ${hosts.length} machines (${hosts.join(', ')})`;
  return {
    code,
    message: `${message.replace(/[.]?$/, '.')} It failed ${row.length} times in a row ${where}.`,
  };
}

const isOwn = (code: string): boolean => isErrorCode(code) && retryOf(code)?.tries === 'own';

/**
 * The pause before the next try, in milliseconds: doubles with each failure of the kind, and varies by a quarter, so that
 * what failed together does not come back together.
 * @param nth failure in a row, from 1
 * @param chance in [0, 1)
 */
export function pauseMs(
  { pause: [first, longest] }: Pick<Retry, 'pause'>,
  nth: number,
  chance: number,
): number {
  const seconds = Math.min(first * 2 ** (nth - 1), longest);
  return Math.round(1000 * seconds * (0.75 + chance / 2));
}

/** Of what need not be repeatable, in [0, 1). */
const chance = (): number => randomInt(2 ** 32) / 2 ** 32;

/** A message with its hint, as it is stored and shown: the last lines of a crash may hold NUL, which Postgres' text cannot. */
export const sentence = (error: ElbowError): string => {
  const text =
    error.hint === undefined ? error.message : `${error.message.replace(/\.?$/, '.')} ${error.hint}`;
  return text.replaceAll('\0', '�');
};

/**
 * The failure that Temporal keeps when the trial has failed for good: its type is elbow's code.
 * @param end what is stored already, so that the workflow need not ask
 */
export const finalFailure = (
  { code, message }: { readonly code: string; readonly message: string },
  end?: TrialEnd,
): ApplicationFailure =>
  ApplicationFailure.create({
    type: code,
    message,
    nonRetryable: true,
    ...(end ? { details: [end] } : {}),
  });

/** The end that a final failure carries, if it has one. */
export const endIn = (error: unknown): TrialEnd | null =>
  error instanceof ApplicationFailure ? ((error.details?.[0] as TrialEnd | undefined) ?? null) : null;

/**
 * The failure after which Temporal starts another execution.
 * @param nth failure in a row, from 1
 */
export const nextTry = (error: ElbowError, nth: number): ApplicationFailure =>
  ApplicationFailure.create({
    type: error.code,
    message: sentence(error),
    cause: error,
    nextRetryDelay: pauseMs(retryOf(error.code) ?? SOON, nth, chance()),
  });

/** For what the table says nothing of: a worker that leaves a trial to others. */
const SOON: Pick<Retry, 'pause'> = { pause: [1, 10] };

/** What a worker says that leaves a trial to others. */
export const leftToOthers = (
  nth: number,
  why = 'this machine has failed the trial, is put aside, or trains by another version than the sweep',
): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'elsewhere',
    message: `${why}: it is left to another one of the pool`,
    nextRetryDelay: pauseMs(SOON, nth, chance()),
  });

/** Defects are tried this often: what the database refuses once in a deadlock is told by no code of ours. */
const MOST_DEFECTS = 3;

/**
 * What a failure of Postgres, or a defect, does to an activity that may be repeated.
 * @param most executions with a defect
 */
export function storageFailure(
  thrown: unknown,
  execution: number,
  most: number = MOST_DEFECTS,
): ApplicationFailure {
  const error = asElbowError(thrown);
  const isLast = error.code === 'bug' ? execution >= most : !error.isRetryable;
  return isLast ? finalFailure({ code: error.code, message: sentence(error) }) : nextTry(error, execution);
}

/** Wraps an activity that only touches Postgres, so that whatever it throws carries a code. */
export function guarded<Args extends unknown[], Result>(
  execution: () => number,
  work: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  return async (...args) => {
    try {
      return await work(...args);
    } catch (thrown) {
      throw storageFailure(thrown, execution());
    }
  };
}
