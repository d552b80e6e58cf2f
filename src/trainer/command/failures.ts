/** What it means that a program did not start, ended badly or took too long. */
import { ElbowError } from '../../errors.js';
import type { ProgramStart } from './guard-protocol.js';
import type { ProgramEnd } from './guarded.js';

const said = (lines: readonly string[]): string =>
  lines.length > 0 ? `; its last lines:\n${lines.join('\n')}` : '; it wrote no line';

const LOGS = '`elbow logs` shows everything it wrote.';

/** @param code Node's, such as ENOENT */
export function startError(
  code: string,
  message: string,
  { program, cwd }: Pick<ProgramStart, 'program' | 'cwd'>,
): ElbowError {
  const where = program.includes('/') ? `beside ${cwd}, where it is run` : 'in the PATH of this worker';
  const why =
    code === 'ENOENT'
      ? `it is not ${where}, or the interpreter in its first line is missing`
      : code === 'EACCES'
        ? 'it is no file that this worker may execute'
        : `${message}`;
  return new ElbowError('program-start', `the program ${program} cannot be started: ${why}`, {
    hint: 'Every worker of the pool needs it; then `elbow rerun` runs the trial again.',
  });
}

/** A folder that is not on this machine. */
export function folderError(cwd: string, host: string): ElbowError {
  return new ElbowError('program-start', `expected the folder ${cwd} on ${host}, and there is none`, {
    hint: 'It is that of the sweep file unless `cwd` of the trainable names another; every worker of the pool needs it under this path.',
  });
}

/** @returns null where the program ended well */
export function endError(
  end: ProgramEnd,
  start: Pick<ProgramStart, 'program' | 'cwd'>,
  lines: readonly string[],
): ElbowError | null {
  if (end.type === 'refused') return startError(end.code, end.message, start);
  if (end.type === 'lost') {
    return new ElbowError(
      'program-failed',
      `the process that watches the program ended with ${end.by}, and the program was killed${said(lines)}`,
      { hint: LOGS },
    );
  }
  if (end.code === 0) return null;
  const killed =
    end.signal === 'SIGKILL' ? ', which most often means that the machine ran out of memory' : '';
  return new ElbowError(
    'program-failed',
    `the program ended with ${end.signal ?? `exit code ${end.code}`}${killed}${said(lines)}`,
    { hint: LOGS },
  );
}

export function limitError(seconds: number, lines: readonly string[]): ElbowError {
  return new ElbowError(
    'program-timeout',
    `the program ran longer than its time limit of ${seconds} s and was ended${said(lines)}`,
    { hint: '`timeLimit` of the trainable is this limit; without it there is none.' },
  );
}
