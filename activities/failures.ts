/** What a failure does to retries: ElbowError's table is told to Temporal. */
import { ApplicationFailure } from '@temporalio/activity';
import { asElbowError } from '../src/errors.js';
import type { ElbowError, ErrorCode } from '../src/errors.js';
import type { TrialEnd } from '../workflows/messages.js';

/**
 * Failures that are the trial's own doing, or a defect: tried three times, because a machine may have a bad moment,
 * and no further, because each try is a training. Executions that a lost worker used up count, too.
 */
const OWN_FAILURES: readonly ErrorCode[] = [
  'trainer-crashed',
  'trainer-killed',
  'trainer-hung',
  'trainer-start',
];
const MOST_OWN_FAILURES = 3;

/** @param execution from 1: Temporal's attempt of the activity */
export function isFinal(error: ElbowError, execution: number): boolean {
  // Either Temporal has given the attempt to another worker, and nobody reads this; or one that was believed dead woke
  // up and took the lease, and another try takes it back.
  if (error.code === 'lease-lost') return false;
  if (!error.isRetryable) return true;
  return OWN_FAILURES.includes(error.code) && execution >= MOST_OWN_FAILURES;
}

/** A message with its hint, as it is stored and shown. */
export const sentence = (error: ElbowError): string =>
  error.hint === undefined ? error.message : `${error.message.replace(/\.?$/, '.')} ${error.hint}`;

/**
 * The failure that Temporal keeps: its type is elbow's code.
 * @param end what is stored already, so that the workflow need not ask
 */
export function toFailure(
  error: ElbowError,
  options: { isFinal: boolean; end?: TrialEnd },
): ApplicationFailure {
  return ApplicationFailure.create({
    type: error.code,
    message: sentence(error),
    nonRetryable: options.isFinal,
    cause: error,
    ...(options.end ? { details: [options.end] } : {}),
  });
}

/** Defects are tried this often: what the database refuses once in a deadlock is told by no code of ours. */
const MOST_DEFECTS = 3;

/** Wraps an activity that only touches Postgres, so that whatever it throws carries a code. */
export function guarded<Args extends unknown[], Result>(
  execution: () => number,
  work: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  return async (...args) => {
    try {
      return await work(...args);
    } catch (thrown) {
      const error = asElbowError(thrown);
      const final = error.code === 'bug' ? execution() >= MOST_DEFECTS : !error.isRetryable;
      throw toFailure(error, { isFinal: final });
    }
  };
}
