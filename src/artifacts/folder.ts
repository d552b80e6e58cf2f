/**
 * A folder that all hosts see, such as one of an NFS server, as an artifact store. Nothing is locked: a file is written
 * beside its place, brought to the disk and renamed, and a rename is one step on the file server, too.
 */
import { chmod, mkdir, open, readdir, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { ElbowError, messageOf } from '../errors.js';
import { usersUmask } from '../umask.js';
import { damaged, draftOf, moveDurably, receive, writeStream } from './files.js';
import { digestIn, digestOf } from './keys.js';
import { createPatience } from './patience.js';
import type { Artifact, ArtifactStore, Draft } from './store.js';

/** What a draft's name has after that of its key. */
const DRAFT = /\.\d+$/;
/** Of the largest checkpoint over a slow network. */
const LIMIT_MS = 10 * 60_000;
/** Half of the threads that Node has for this. */
const CALLS_AT_ONCE = 2;

export interface FolderOptions {
  /** Of a single call; in milliseconds. */
  readonly limitMs?: number;
}

/**
 * @param root must be there when it is used: a mount that is missing must not become a folder of this machine
 * @param space folder within the root; made when it is needed
 */
export function openFolder(
  root: string,
  space: string,
  { limitMs = LIMIT_MS }: FolderOptions = {},
): ArtifactStore {
  const place = join(root, space);
  const pathOf = (key: string): string => join(place, ...key.split('/'));
  const patiently = createPatience({
    atOnce: CALLS_AT_ONCE,
    limitMs,
    hangs: (why) => unreachable(root, why),
  });
  /** Makes errors of elbow of what the file system says. */
  const ask = async <T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    try {
      return await patiently(work, signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw errorOf(root, error);
    }
  };
  const requireRoot = async (): Promise<void> => {
    if (!(await stat(root)).isDirectory()) throw refused(root, 'it is no folder');
  };

  return {
    place,

    put: async (key, file, signal) => {
      const expected = digestOf(key);
      // Errors of this machine's own file are no errors of the store.
      const handle = await open(file, 'r');
      const source = handle.createReadStream();
      try {
        await ask(async () => {
          await requireRoot();
          const target = pathOf(key);
          await makeFolders(dirname(target));
          const draft = draftOf(target);
          try {
            const written = await writeStream(source, draft, { mode: 0o600, signal });
            await chmod(draft, 0o666 & ~usersUmask());
            if (written.sha256 !== expected) throw damaged(file, { expected, ...written });
            await moveDurably(draft, target);
          } catch (error) {
            await rm(draft, { force: true });
            throw error;
          }
        }, signal);
      } finally {
        source.destroy();
        await handle.close().catch(() => undefined);
      }
    },

    get: (key, file, signal) =>
      ask(async () => {
        await requireRoot();
        const path = pathOf(key);
        const handle = await open(path, 'r').catch((error: unknown) => {
          throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? missing(path) : error;
        });
        const storeError = (error: unknown): ElbowError => errorOf(root, error);
        await receive(handle.createReadStream(), { key, file, from: path, storeError, signal });
      }, signal),

    list: (prefix, signal) =>
      ask(async () => {
        await requireRoot();
        const found: Artifact[] = [];
        for (const { path, name } of await filesBelow(pathOf(prefix), place)) {
          if (digestIn(name) === null) continue;
          const one = await sizeAndAge(path);
          if (one) found.push({ key: name, ...one });
        }
        return found.sort((a, b) => (a.key < b.key ? -1 : 1));
      }, signal),

    delete: (keys, signal) =>
      ask(async () => {
        await requireRoot();
        for (const key of keys) {
          signal?.throwIfAborted();
          digestOf(key);
          await remove(pathOf(key), place);
        }
      }, signal),

    drafts: () =>
      ask(async () => {
        await requireRoot();
        const found: Draft[] = [];
        for (const { path, name } of await filesBelow(place, place)) {
          if (!DRAFT.test(name) || digestIn(name.replace(DRAFT, '')) === null) continue;
          const one = await sizeAndAge(path);
          if (one) found.push({ name, ...one });
        }
        return found;
      }),

    dropDrafts: (drafts) =>
      ask(async () => {
        for (const { name } of drafts) await remove(pathOf(name), place);
      }),

    close: () => undefined,
  };
}

/** With the modes that the user's umask gives, not elbow's: other users' workers may share the store. */
async function makeFolders(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let at = folder; at.length >= first.length; at = dirname(at)) await chmod(at, 0o777 & ~usersUmask());
}

/** All files below a folder, with their paths as keys; none where there is no such folder. */
async function filesBelow(folder: string, place: string): Promise<{ path: string; name: string }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { path, name: relative(place, path) };
    });
}

/** Null for what was removed meanwhile. */
async function sizeAndAge(path: string): Promise<{ bytes: number; modifiedMs: number } | null> {
  const found = await stat(path).catch((error: unknown) => {
    if (['ENOENT', 'ESTALE'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  });
  return found && { bytes: found.size, modifiedMs: found.mtimeMs };
}

/** Removes a file, and the folders of its attempt where they are empty then. */
async function remove(path: string, place: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
  // `models` and `checkpoints` stay: somebody may be about to write into them.
  for (let folder = dirname(path); dirname(dirname(folder)).startsWith(place); folder = dirname(folder)) {
    const isGone = await rmdir(folder).then(
      () => true,
      // Not empty, or gone already.
      () => false,
    );
    if (!isGone) return;
  }
}

const missing = (path: string): ElbowError =>
  new ElbowError('artifact-missing', `there is no file ${path} in the artifact store`, {
    hint: 'It was removed, or never brought there.',
  });

const unreachable = (root: string, why: string, cause?: unknown): ElbowError =>
  new ElbowError('artifacts-unreachable', `the artifact store ${root} does not answer: ${why}`, {
    hint: 'ELBOW_ARTIFACTS names it: is it mounted on this machine, and is its server up?',
    cause,
  });

const refused = (root: string, why: string, cause?: unknown): ElbowError =>
  new ElbowError('artifacts-refused', `the artifact store ${root} refuses access: ${why}`, {
    hint: 'ELBOW_ARTIFACTS names a folder in which the user that runs elbow may make files.',
    cause,
  });

function errorOf(root: string, error: unknown): ElbowError {
  if (error instanceof ElbowError) return error;
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new ElbowError('disk-full', `no space left in the artifact store ${root}`, {
        hint: 'Make room there; `elbow gc` deletes what no sweep needs.',
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return refused(root, messageOf(error), error);
    default:
      return unreachable(root, messageOf(error), error);
  }
}
