/** Where text goes: stdout carries the result, stderr everything else. */
import type { Writable } from 'node:stream';
import pc from 'picocolors';

/** Colours of picocolors, all of them identity functions where colour is off. */
export type Colors = ReturnType<typeof pc.createColors>;

export interface Output {
  /** Whether `--json` was given: stdout then carries one JSON document and nothing else. */
  readonly json: boolean;
  /** Whether stderr is a terminal: progress bars there, plain lines elsewhere. */
  readonly isTerminal: boolean;
  /** Columns of the terminal; 100 where there is none. */
  readonly width: number;
  readonly colors: Colors;
  /** The stream of progress bars. */
  readonly stderr: Writable;
  /** A line of the result, to stdout. Not to be used with `--json`. */
  result(line?: string): void;
  /** The one JSON document of `--json`, to stdout. */
  document(value: unknown): void;
  /** A line of progress or advice, to stderr. */
  note(line?: string): void;
}

export interface Streams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** Colour is off when stdout is not a terminal, or with `NO_COLOR`, or with `TERM=dumb`. */
export function createOutput(streams: Streams, env: NodeJS.ProcessEnv, options: { json: boolean }): Output {
  const useColor = streams.stdout.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return {
    json: options.json,
    isTerminal: streams.stderr.isTTY === true && env['TERM'] !== 'dumb',
    width: streams.stdout.columns ?? 100,
    colors: pc.createColors(useColor),
    stderr: streams.stderr,
    result: (line = '') => void streams.stdout.write(`${line}\n`),
    document: (value) => void streams.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    note: (line = '') => void streams.stderr.write(`${line}\n`),
  };
}
