/** What a failed activity or child means for its trial. */
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type { ErrorCode } from '../src/errors.js';
import type { TrainTimeouts, TrialEnd } from './messages.js';

/** A code of errors.ts and a sentence, as they are stored with the attempt. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

export const CANCELLED: Failure = { code: 'trial-cancelled', message: 'the trial was cancelled' };

/** Why `train` has failed for good. */
export function trainFailure(error: unknown, timeouts: TrainTimeouts): Failure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) {
    if (cause.timeoutType === 'START_TO_CLOSE') {
      const hours = timeouts.startToCloseMs / 3_600_000;
      return {
        code: 'trainer-hung',
        message: `the trial ran longer than ${hours} hours, which is the limit`,
      };
    }
    const seconds = timeouts.heartbeatMs / 1000;
    return {
      code: 'worker-lost',
      message: `the worker that ran the trial was silent for ${seconds} s, and so were those it was given to afterwards`,
    };
  }
  if (cause instanceof ApplicationFailure) {
    // The activities put elbow's codes into the type; anything else is a defect.
    return { code: (cause.type ?? 'bug') as ErrorCode, message: cause.message };
  }
  return { code: 'bug', message: reasonOf(error) };
}

/** The innermost reason of a failure: of a terminated child, that it was terminated. */
export function reasonOf(error: unknown): string {
  let at = error;
  while (at instanceof Error && at.cause instanceof Error) at = at.cause;
  return at instanceof Error ? at.message : String(at);
}

/** The end that `train` has stored before it failed, if it has. */
export function storedEnd(error: unknown): TrialEnd | null {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (!(cause instanceof ApplicationFailure)) return null;
  // Written by activities/failures.ts and nobody else.
  return (cause.details?.[0] as TrialEnd | undefined) ?? null;
}
