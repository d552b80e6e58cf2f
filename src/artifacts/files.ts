/** Files of this machine on their way from and to a store: copied in one pass, with their digest. */
import { createHash, randomInt } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ElbowError } from '../errors.js';
import { digestOf } from './keys.js';

export interface Written {
  /** In hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/** A name beside a file's for what is being written; `elbow gc` knows it by its ending, a number. */
export const draftOf = (file: string): string => `${file}.${randomInt(2 ** 47)}`;

/** Writes a stream into a file that must not exist, and brings it to the disk. */
export async function writeStream(
  source: Readable,
  file: string,
  options: { readonly mode: number; readonly signal?: AbortSignal | undefined },
): Promise<Written> {
  const hash = createHash('sha256');
  let bytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  const target = createWriteStream(file, { flags: 'wx', mode: options.mode, flush: true });
  await pipeline(source, count, target, options.signal ? { signal: options.signal } : {});
  return { sha256: hash.digest('hex'), bytes };
}

/** Moves a file that is on the disk, and brings its new name there. */
export async function moveDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  const folder = await open(dirname(to), 'r');
  try {
    await folder.sync();
  } catch (error) {
    // Some network file systems know no such thing for folders: their server has the name by now.
    if (!['EINVAL', 'ENOTSUP', 'EBADF'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await folder.close();
  }
}

/** SHA-256 of a file in hex; null where it cannot be read. */
export async function fileDigest(file: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
    return hash.digest('hex');
  } catch {
    return null;
  }
}

/**
 * Brings what comes from a store to this machine: checked against its key, on the disk, and only then under its name.
 * @param from what the artifact is called in messages
 * @param storeError makes an error of what the stream throws
 * @throws ElbowError `artifact-damaged`; `disk-full` for this machine's disk; what `storeError` makes
 */
export async function receive(
  source: Readable,
  {
    key,
    file,
    from,
    storeError,
    signal,
  }: {
    readonly key: string;
    readonly file: string;
    readonly from: string;
    readonly storeError: (error: unknown) => ElbowError;
    readonly signal: AbortSignal | undefined;
  },
): Promise<void> {
  let broken: unknown;
  source.once('error', (error) => (broken = error));
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = draftOf(file);
  try {
    const { sha256, bytes } = await writeStream(source, draft, { mode: 0o600, signal });
    if (sha256 !== digestOf(key)) throw damaged(from, { expected: digestOf(key), sha256, bytes });
    await moveDurably(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    signal?.throwIfAborted();
    if (error instanceof ElbowError) throw error;
    if (error === broken) throw storeError(error);
    throw localError(error, file);
  }
}

/** The error of content that is not what its key says. */
export function damaged(what: string, found: Written & { readonly expected: string }): ElbowError {
  return new ElbowError(
    'artifact-damaged',
    `${what} is not what was written: expected SHA-256 ${found.expected}, got ${found.sha256} of ${found.bytes} bytes`,
    {
      hint: 'It is not used. A worker that writes the same again replaces it; `elbow gc` or your own tools remove it.',
    },
  );
}

/** What this machine's own disk throws. */
function localError(error: unknown, file: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new ElbowError('disk-full', `no space left for ${file}`, {
    hint: 'Free some space on the disk of ELBOW_HOME.',
    cause: error,
  });
}
