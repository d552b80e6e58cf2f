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

/** What a failed execution of a trial means for the next one. */
export interface Retry {
  /**
   * Executions that may fail before the trial has failed, integer ≥ 1; `own`: each uses up one of the trial's own tries,
   * OWN_TRIES in all; null: no limit. Counted since the trial last got on by an epoch.
   */
  readonly tries: number | 'own' | null;
  /** Seconds before the second try and at most before a later one; they double, and vary by a quarter. */
  readonly pause: readonly [first: number, longest: number];
  /**
   * Which machine may have the next try: any, another one first if the pool has one that has not failed the trial, or
   * only such a one.
   */
  readonly machine: 'any' | 'another first' | 'another only';
}

interface CodeEntry {
  /** Exit code when the error reaches the CLI. */
  readonly exit: ExitCode;
  /** Whether running the same thing again, unchanged, can help. */
  readonly retryable: boolean;
  /** What the code means, for the docs and `elbow show`. */
  readonly meaning: string;
  /** Of a trial's failure: what is tried by itself; left out for none. */
  readonly retry?: Retry;
  /** Of a trial's failure: what the user should do; starts with a verb. */
  readonly advice?: string;
}

const usage = (meaning: string): CodeEntry => ({ exit: EXIT.usage, retryable: false, meaning });
const install = (meaning: string): CodeEntry => ({ exit: EXIT.install, retryable: true, meaning });
const trial = (meaning: string, advice: string, retry?: Retry): CodeEntry => ({
  exit: EXIT.sweepIncomplete,
  retryable: retry !== undefined,
  meaning,
  advice,
  ...(retry ? { retry } : {}),
});

/** Tries of a trial that failures of its own use up, whichever they are: a machine may have a bad moment. */
export const OWN_TRIES = 3;
/** A trial that has failed on so many machines, one after the other, has failed. */
export const MOST_MACHINES = 3;

/** A server that is away: trials wait for it. */
const UNTIL_BACK: Retry = { tries: null, pause: [0.5, 8], machine: 'any' };
/** What another machine may have: more memory, a data set that is whole. */
const ELSEWHERE: Retry = { tries: MOST_MACHINES, pause: [1, 10], machine: 'another only' };

/** Stable codes: public, never renamed. Keep the table in docs/errors.md equal (a test compares them). */
export const ERROR_CODES = {
  bug: {
    exit: EXIT.bug,
    retryable: false,
    meaning: 'a defect in elbow',
    // Of a trial: what no code is known for may be the machine's doing, such as a disk that can only be read.
    retry: { tries: 'own', pause: [1, 30], machine: 'another first' },
    advice: 'Read `elbow logs`, and report it with the lines there.',
  },
  usage: usage('a command, argument or option is wrong'),
  'spec-invalid': usage('the sweep file is wrong'),
  'spec-unreadable': usage('the sweep file cannot be read'),
  'sweep-unknown': usage('no sweep of that name'),
  'sweeps-differ': usage('the sweeps have not the same data, metric or direction, and cannot be compared'),
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
    retry: UNTIL_BACK,
    advice: 'Nothing, unless it stays away: `elbow doctor` says which leg is broken.',
  },
  'database-unreachable': {
    exit: EXIT.unreachable,
    retryable: true,
    meaning: 'Postgres does not answer',
    retry: UNTIL_BACK,
    advice: 'Nothing, unless it stays away: `elbow doctor` says which leg is broken.',
  },
  'temporal-refused': {
    exit: EXIT.unreachable,
    retryable: false,
    meaning: 'the Temporal server refused what was asked',
  },
  'database-refused': {
    exit: EXIT.unreachable,
    retryable: true,
    meaning: 'Postgres refuses the login: user, password or name of the database',
    // A password that is being changed; a worker with the old one must not fail trials.
    retry: UNTIL_BACK,
    advice: 'Set DATABASE_URL anew and start that worker again.',
  },
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
  'artifacts-unreachable': {
    exit: EXIT.unreachable,
    retryable: true,
    meaning: 'the artifact store does not answer',
  },
  'artifacts-refused': {
    exit: EXIT.unreachable,
    retryable: false,
    meaning: 'the artifact store refuses access: credentials, rights, region or the name of the bucket',
  },
  'artifact-missing': usage('a file is not in the artifact store'),
  'artifact-damaged': usage('a file of the artifact store is not what was written'),
  'model-missing': usage('the weights of a trial are neither on this machine nor in the artifact store'),
  'model-damaged': usage('the weights of a trial are not what they should be'),
  'picture-unusable': usage('a file is no picture that can be used'),
  'data-unusable': usage('a folder of images or a CSV file cannot be used as a data set'),
  'scores-unusable': usage('a file of scores cannot be used for a learning curve'),
  'data-missing': trial(
    'a data file is missing',
    'Bring the data set to the machine that is named (`elbow datasets` says where it belongs), then rerun.',
    ELSEWHERE,
  ),
  'data-damaged': trial(
    'a data file is not what it should be',
    'Remove the file that is named, so that it is brought anew, then rerun.',
    ELSEWHERE,
  ),
  'data-too-small': {
    exit: EXIT.usage,
    retryable: false,
    meaning: 'more images were asked for than a class has',
    advice: 'Ask for fewer samples per class.',
  },
  'out-of-memory': trial(
    'the trial needed more memory than it may use',
    'Use a smaller batch or network, fewer slots, or a machine with more memory, then rerun.',
    { ...ELSEWHERE, tries: 'own' },
  ),
  'device-out-of-memory': trial(
    'the trial needed more memory than the GPU had free',
    'Use a smaller batch or network, fewer slots on the GPU, or a larger one, then rerun.',
    { tries: 'own', pause: [15, 60], machine: 'another first' },
  ),
  'trainer-crashed': trial(
    'the trainer process ended by itself',
    'Read `elbow logs`; when it happens to all trials, `elbow doctor` checks TensorFlow.',
    { tries: 'own', pause: [1, 30], machine: 'another first' },
  ),
  'trainer-killed': trial(
    'the trainer process was killed by the system',
    'See whether the machine ran out of memory (its system log says so); fewer slots leave more for each.',
    { tries: 'own', pause: [5, 60], machine: 'another first' },
  ),
  'trainer-start': trial(
    'the trainer process did not start',
    'Run `elbow doctor` on the machine that is named: it starts TensorFlow and says what is missing.',
    { tries: 3, pause: [2, 60], machine: 'another first' },
  ),
  'trainer-hung': trial(
    'the trainer process stopped reporting',
    'Read `elbow logs`; look at the machine: one that swaps, or whose disk or GPU hangs, looks like this.',
    { tries: 'own', pause: [1, 30], machine: 'another first' },
  ),
  'program-start': trial(
    'the program of a trial cannot be started',
    'Install it under the same name on every worker of the pool, then rerun.',
    ELSEWHERE,
  ),
  'program-failed': trial(
    'the program of a trial ended with an error',
    'Read `elbow logs`, mend the program, then rerun.',
    { tries: 'own', pause: [1, 30], machine: 'another first' },
  ),
  'program-timeout': trial(
    'the program of a trial ran longer than its time limit',
    'Read `elbow logs`; a larger `timeLimit` makes it another sweep.',
  ),
  'objective-missing': trial(
    'the program of a trial did not print its objective',
    'Let the program print a line such as {"score": 0.5} with the metric that `objective` names, then rerun.',
  ),
  'worker-lost': trial(
    'the worker that ran the trial disappeared',
    'See what ended the workers (memory, power, network), then rerun: the trial goes on from its checkpoint.',
    { tries: 10, pause: [1, 30], machine: 'any' },
  ),
  'workflow-lost': trial(
    'the workflow that ran the trial is gone',
    'Rerun: the trial goes on from its checkpoint.',
  ),
  'lease-lost': trial(
    'a newer execution of the same attempt took over',
    'Nothing: the newer one stores the result.',
    { tries: null, pause: [1, 10], machine: 'any' },
  ),
  'disk-full': trial(
    'no space left on the device',
    'Free space in ELBOW_HOME of the machine that is named (`elbow gc` removes what nothing refers to), then rerun.',
    { tries: 5, pause: [30, 300], machine: 'another first' },
  ),
  'trial-cancelled': trial('the trial was cancelled', 'Rerun, if it was not meant.'),
} as const satisfies Record<string, CodeEntry>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** What is tried again by itself when a trial fails so; null for nothing. */
export const retryOf = (code: ErrorCode): Retry | null => (ERROR_CODES[code] as CodeEntry).retry ?? null;

/** What the user should do about a trial that failed so; null where the message says it. */
export const adviceOf = (code: ErrorCode): string | null => (ERROR_CODES[code] as CodeEntry).advice ?? null;

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
