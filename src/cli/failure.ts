/** How errors are told. Pure. */
import { EXIT, asElbowError } from '../errors.js';
import type { ExitCode, Where, ElbowError } from '../errors.js';
import { elbowVersion } from '../paths.js';
import type { Colors } from './output.js';

/** A thrown thing as it is shown: what goes to stderr, and the document of `--json`. */
export interface Failure {
  readonly exitCode: ExitCode;
  readonly text: string;
  readonly document: { readonly error: object };
}

/**
 * Everything that is known about what went wrong: where first, the message, the other errors of the same kind, and
 * what to do. What elbow did not throw itself is a defect and comes with its stack.
 */
export function describeFailure(thrown: unknown, colors: Colors): Failure {
  const error = asElbowError(thrown);
  const { exitCode } = error;
  const others = error.others.map((other) => other.toJSON());
  const document = { error: { ...error.toJSON(), ...(others.length > 0 ? { others } : {}) } };
  if (error.code === 'bug' || exitCode === EXIT.bug) {
    return { exitCode, document, text: bugText(thrown, colors) };
  }
  if (error.code === 'interrupted') {
    return { exitCode, document, text: [error.message, error.hint].filter(Boolean).join('\n') };
  }
  const text = [error, ...error.others].flatMap((one) => linesOf(one, colors)).join('\n');
  return { exitCode, document, text };
}

function linesOf(error: ElbowError, colors: Colors): string[] {
  const place = placeText(error.where);
  const head = `${place === '' ? colors.red('error') : colors.bold(place)}: ${error.message}`;
  return error.hint === undefined ? [head] : [head, `  ${error.hint}`];
}

/** `sweep.yaml:3:5`, as editors and terminals understand it. */
export function placeText(where: Where | undefined): string {
  if (where === undefined) return '';
  const numbers =
    where.line === undefined ? [] : [where.line, ...(where.column === undefined ? [] : [where.column])];
  const place = numbers.join(':');
  if (where.file !== undefined) return place === '' ? where.file : `${where.file}:${place}`;
  return place === '' ? '' : `line ${place}`;
}

function bugText(thrown: unknown, colors: Colors): string {
  const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  const cause =
    thrown instanceof Error && thrown.cause instanceof Error ? `\ncaused by ${thrown.cause.stack}` : '';
  return [
    `${colors.red('This is a bug in elbow')} ${elbowVersion} (Node ${process.version}). Nothing that is stored is lost.`,
    `${stack}${cause}`,
    'Please report it with the lines above and the command you typed.',
  ].join('\n');
}
