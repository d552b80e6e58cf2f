/** What a look at a folder or a table gives, before anything is decoded. */
import { ElbowError } from '../../errors.js';
import type { Example } from './examples.js';

/** A file that is no image. */
export interface Unreadable {
  /** Within the folder. */
  readonly file: string;
  readonly reason: string;
}

/** Thrown by `read`. */
export class UnreadableFile extends Error {}

export interface OwnSource {
  /** What an example is: `image` or `row`. */
  readonly noun: string;
  /** How the content is read: part of the digest. */
  readonly how: unknown;
  readonly examples: readonly Example[];
  /** Whether the folders say what is for training and what for tests. */
  readonly isFixed: boolean;
  /** Height, width, channels; of a table 1, 1, features. */
  readonly image: readonly [number, number, number];
  /** Of a table: names of its features. */
  readonly columns?: readonly string[];
  /** Files that cannot even be opened. */
  readonly unreadable: readonly Unreadable[];
  /** What is left out, a sentence each. */
  readonly notes: readonly string[];
  /**
   * The content of an example: bytes of shape [channels, height, width], or of a table's row as 32-bit floats.
   * @param index of the example
   * @throws UnreadableFile with the reason as its message
   */
  read(index: number): Promise<Uint8Array>;
}

/** What a look may be stopped by, and where it tells how far it is. */
export interface LookOptions {
  readonly signal: AbortSignal;
  note(line: string): void;
}

export function expectNotAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new ElbowError('interrupted', 'stopped; nothing is left half-made');
}

export const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** Why a path cannot be used, as an error. */
export function unusablePath(path: string, what: string, error: unknown): ElbowError {
  const code = errnoOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new ElbowError('data-unusable', `there is no ${what} ${path}`, {
      hint: 'Relative paths start at the folder of the sweep file, with `--set` at the current one.',
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new ElbowError('data-unusable', `the ${what} ${path} must not be read by this user`, {
      hint: `Check its mode: ls -ld ${path}`,
      cause: error,
    });
  }
  return new ElbowError('data-unusable', `the ${what} ${path} cannot be read: ${String(error)}`, {
    cause: error,
  });
}
