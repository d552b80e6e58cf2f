/**
 * The one error class of elbow, and the one table of its codes. Every message says what was expected, what came
 * and where; the hint says what to do next.
 */

/** Exit codes of the CLI; scripts rely on them. */
export const EXIT = {
  done: 0,
  bug: 1,
  usage: 2,
  sweepIncomplete: 3,
  unreachable: 4,
  install: 5,
  checkFailed: 6,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface CodeEntry {
  /** Exit code when the error reaches the CLI. */
  readonly exit: ExitCode;
  /** Whether running the same thing again, unchanged, can help. */
  readonly retryable: boolean;
  /** What the code means, for the docs and `elbow show`. */
  readonly meaning: string;
}

const usage = (meaning: string): CodeEntry => ({ exit: EXIT.usage, retryable: false, meaning });
const install = (meaning: string): CodeEntry => ({ exit: EXIT.install, retryable: true, meaning });
const trial = (meaning: string, retryable: boolean): CodeEntry => ({
  exit: EXIT.sweepIncomplete,
  retryable,
  meaning,
});

/** Stable codes: public, never renamed. Keep the table in docs/errors.md equal (a test compares them). */
export const ERROR_CODES = {
  bug: { exit: EXIT.bug, retryable: false, meaning: 'a defect in elbow' },
  usage: usage('a command, argument or option is wrong'),
  'spec-invalid': usage('the sweep file is wrong'),
  'spec-unreadable': usage('the sweep file cannot be read'),
  'sweep-unknown': usage('no sweep of that name'),
  'trial-unknown': usage('no trial of that number'),
  'sweep-exists': usage('a sweep of that name exists with another spec'),
  'state-forbids': usage('the sweep is in a state that does not allow this'),
  'query-failed': usage('the SQL was refused by Postgres'),
  interrupted: { exit: EXIT.interrupted, retryable: true, meaning: 'stopped by Ctrl-C' },
  'sweep-failed': {
    exit: EXIT.sweepIncomplete,
    retryable: true,
    meaning: 'the sweep itself could not go on',
  },
  'temporal-unreachable': {
    exit: EXIT.unreachable,
    retryable: true,
    meaning: 'the Temporal server does not answer',
  },
  'database-unreachable': { exit: EXIT.unreachable, retryable: true, meaning: 'Postgres does not answer' },
  'database-schema': {
    exit: EXIT.unreachable,
    retryable: false,
    meaning: 'the database has another schema version',
  },
  'no-worker': { exit: EXIT.unreachable, retryable: true, meaning: 'no worker answers' },
  'stack-down': { exit: EXIT.unreachable, retryable: true, meaning: 'the local stack is not up' },
  'stack-start': {
    exit: EXIT.unreachable,
    retryable: true,
    meaning: 'a part of the local stack did not start',
  },
  'install-unavailable': install('a part could not be brought from anywhere'),
  'install-digest': install('a part that was brought is not the expected one'),
  'install-disk-full': install('no space left while installing'),
  'install-build': install('a native addon could not be compiled'),
  'install-prerequisite': install('a program that elbow needs is missing'),
  'check-failed': { exit: EXIT.checkFailed, retryable: false, meaning: 'a check failed' },
  'model-missing': usage('the weights of a trial are not on this machine'),
  'model-damaged': usage('the weights of a trial are not what they should be'),
  'picture-unusable': usage('a file is no picture that can be used'),
  'data-unusable': usage('a folder of images or a CSV file cannot be used as a data set'),
  'data-missing': trial('a data file is missing', false),
  'data-damaged': trial('a data file is not what it should be', false),
  'data-too-small': {
    exit: EXIT.usage,
    retryable: false,
    meaning: 'more images were asked for than a class has',
  },
  'out-of-memory': trial('the trial needed more memory than it may use', false),
  'trainer-crashed': trial('the trainer process ended by itself', true),
  'trainer-killed': trial('the trainer process was killed by the system', true),
  'trainer-start': trial('the trainer process did not start', true),
  'trainer-hung': trial('the trainer process stopped reporting', true),
  'worker-lost': trial('the worker that ran the trial disappeared', true),
  'workflow-lost': trial('the workflow that ran the trial is gone', true),
  'lease-lost': trial('a newer execution of the same attempt took over', false),
  'disk-full': trial('no space left on the device', false),
  'trial-cancelled': trial('the trial was cancelled', false),
} as const satisfies Record<string, CodeEntry>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** A place in a file; lines and columns count from 1. */
export interface Where {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

export interface ErrorDetails {
  /** What to do next: one sentence, a command where there is one. */
  readonly hint?: string;
  readonly where?: Where;
  readonly cause?: unknown;
  /** Further errors of the same kind, when all are reported at once. */
  readonly others?: readonly ElbowError[];
}

/** Every error elbow raises on purpose. What is thrown as anything else is a bug. */
export class ElbowError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly where: Where | undefined;
  readonly others: readonly ElbowError[];

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'ElbowError';
    this.code = code;
    this.hint = details.hint;
    this.where = details.where;
    this.others = details.others ?? [];
  }

  get exitCode(): ExitCode {
    return ERROR_CODES[this.code].exit;
  }

  get isRetryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }

  /** The JSON shape of `--json` errors. */
  toJSON(): { code: ErrorCode; message: string; hint: string | null; where: Where | null } {
    return { code: this.code, message: this.message, hint: this.hint ?? null, where: this.where ?? null };
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value);
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** What was thrown, as an ElbowError; anything unknown becomes `fallback` and keeps its cause. */
export function asElbowError(thrown: unknown, fallback: ErrorCode = 'bug'): ElbowError {
  if (thrown instanceof ElbowError) return thrown;
  return new ElbowError(fallback, messageOf(thrown), { cause: thrown });
}
