/** What a sweep file says is to be run, from the file and back. */
import { resolve } from 'node:path';
import { commandTrainable, writtenCommand } from './commands.js';
import type { ParsedSweep } from './schema.js';
import { isMapping, type Layered } from './settings.js';
import type { Trainable } from './types.js';

/** Which schema a sweep file has. */
export type TrainableKind = Trainable['kind'];

/** By what was written, right or wrong; what is nothing known is checked like the built-in one. */
export function kindOf(written: unknown): TrainableKind {
  const has = (key: string): boolean => isMapping(written) && Object.hasOwn(written, key);
  if (written === 'noop' || has('noop')) return 'noop';
  return has('command') ? 'command' : 'builtin';
}

/** Where relative paths of a sweep file start. */
export interface PathStarts {
  /** The folder of the sweep file. */
  readonly folder: string;
  /** For paths that were typed on the command line. */
  readonly cwd: string;
}

/** @param paths the process's own folder where they are left out */
export function trainableOf(
  written: ParsedSweep['trainable'],
  layers: Pick<Layered, 'isTyped'>,
  paths: PathStarts | undefined,
): Trainable {
  if (written === 'builtin') return { kind: 'builtin' };
  if (written === 'noop') return { kind: 'noop', seconds: 0 };
  if ('noop' in written) return { kind: 'noop', seconds: written.noop.seconds };
  const { folder = '.', cwd = '.' } = paths ?? {};
  const start = layers.isTyped(['trainable', 'cwd']) ? cwd : folder;
  return commandTrainable(written, (path) => resolve(start, path ?? '.'));
}

/** A trainable as a sweep file writes it. */
export function writtenTrainable(trainable: Trainable): unknown {
  switch (trainable.kind) {
    case 'builtin':
      return 'builtin';
    case 'noop':
      return { noop: { seconds: trainable.seconds } };
    case 'command':
      return writtenCommand(trainable);
  }
}
