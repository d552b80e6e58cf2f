/** Writes exports to the places that people name: whole or not at all, and over nothing that they did not mean. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { writeDurably } from '../durable-file.js';
import { ElbowError, messageOf } from '../errors.js';
import { underUsersUmask } from '../umask.js';

/** One file, or the files of a folder by name. */
export type Content = Uint8Array | ReadonlyMap<string, Uint8Array | string>;

/** Names in a folder that an export writes; a folder with any other name in it is somebody's own. */
const OWN_NAMES = /^(model\.json|group1-shard\d+of\d+\.bin|labels\.json|README\.txt)$/;

/**
 * Whether an export may be written to a place, told before the work is done.
 * @param isForced whether an earlier export may be replaced; anything else never is
 * @throws ElbowError `usage` when something is there
 */
export function checkTarget(path: string, what: 'file' | 'folder', isForced: boolean): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  const came = found.isDirectory() ? 'folder' : 'file';
  if (came !== what) {
    throw new ElbowError('usage', `expected the name of a new ${what}, ${path} is a ${came}`, {
      hint: `Name another ${what} with --out PATH.`,
    });
  }
  const names = found.isDirectory() ? readdirSync(path) : [];
  if (found.isDirectory() && names.length === 0) return;
  const foreign = names.find((name) => !OWN_NAMES.test(name));
  if (foreign !== undefined) {
    throw new ElbowError('usage', `the folder ${path} holds ${foreign}, which is no part of an export`, {
      hint: 'Name a new folder with --out DIR.',
    });
  }
  if (!isForced) {
    throw new ElbowError('usage', `there is a ${what} ${path}`, {
      hint: '--force replaces it; --out PATH names another place.',
    });
  }
}

/**
 * Writes an export, with the modes of the user's other files, and waits until it is on the disk. Folders above it are made.
 * @param path absolute
 * @throws ElbowError `disk-full`; `usage` when the place cannot be written to; what was there is kept then
 */
export function writeExport(path: string, content: Content): void {
  try {
    underUsersUmask(() => {
      mkdirSync(dirname(path), { recursive: true });
      if (content instanceof Uint8Array) writeDurably(path, content, 0o666);
      else writeFolder(path, content);
    });
  } catch (error) {
    throw writeFailure(error, path);
  }
}

function writeFolder(path: string, files: ReadonlyMap<string, Uint8Array | string>): void {
  const draft = `${path}.${process.pid}.new`;
  const old = `${path}.${process.pid}.old`;
  try {
    mkdirSync(draft);
    for (const [name, content] of files) writeDurably(join(draft, name), content, 0o666);
    if (existsSync(path)) renameSync(path, old);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (existsSync(old) && !existsSync(path)) renameSync(old, path);
    throw error;
  }
  rmSync(old, { recursive: true, force: true });
  const parent = openSync(dirname(path), 'r');
  try {
    fsyncSync(parent);
  } finally {
    closeSync(parent);
  }
}

function writeFailure(error: unknown, path: string): ElbowError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ElbowError('disk-full', `no space left to write the export to ${path}`, {
      hint: 'Free some space, or name a place on another disk with --out PATH.',
      cause: error,
    });
  }
  return new ElbowError('usage', `the export cannot be written to ${path}: ${messageOf(error)}`, {
    hint: 'Name a place that you may write to with --out PATH.',
    cause: error,
  });
}
