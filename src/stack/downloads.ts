/** Downloads over HTTP: resumed after a break, checked by digest, in place at once or not at all. */
import {
  createWriteStream,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { ElbowError, messageOf } from '../errors.js';
import { checkDigest } from './digest.js';
import type { DigestKind } from './digest.js';
import type { StackOptions } from './options.js';
import { byteProgress } from './progress.js';
import { interrupted } from './run-program.js';
import { diskFull, firstWay, isDiskFull } from './ways.js';

export interface DownloadOptions extends StackOptions {
  /** Tried in order; each must give the same file. */
  readonly urls: readonly string[];
  /** Where the file is to be; its folder is made. */
  readonly path: string;
  /** Hex; one of the two. */
  readonly sha256?: string;
  readonly md5?: string;
  /** How often a connection is begun anew per URL, going on from where it broke; default 4. */
  readonly attempts?: number;
  /** Without a byte for so long, a connection counts as broken; default 30 s. */
  readonly stallMs?: number;
}

/**
 * Downloads a file unless it is there already. What a broken download (or a killed process) left in `PATH.partial` is
 * gone on from where the server can, and begun anew where it cannot.
 * @throws ElbowError `install-unavailable` naming every URL and why it failed, `install-digest`, `install-disk-full`,
 *   `interrupted`
 */
export async function downloadFile(options: DownloadOptions): Promise<void> {
  const expected = expectedDigest(options);
  if (statSync(options.path, { throwIfNoEntry: false })?.isFile()) {
    try {
      return await checkDigest(options.path, options.path, expected, options.signal);
    } catch (error) {
      options.note(messageOf(error));
    }
  }
  mkdirSync(dirname(options.path), { recursive: true });
  const ways = options.urls.map((url) => ({
    name: url,
    bring: async (): Promise<void> => {
      const partial = `${options.path}.partial`;
      await fetchAll(url, partial, options);
      await checkDigest(partial, url, expected, options.signal);
      renameSync(partial, options.path);
      rmSync(`${partial}.from`, { force: true });
    },
  }));
  await firstWay(basename(options.path), ways, `Put the file at ${options.path} by hand.`);
}

function expectedDigest(options: DownloadOptions): { kind: DigestKind; hex: string } {
  if (options.sha256 !== undefined) return { kind: 'sha256', hex: options.sha256 };
  if (options.md5 !== undefined) return { kind: 'md5', hex: options.md5 };
  throw new ElbowError('bug', `a download without a digest: ${options.path}`);
}

/** A broken connection, which a new one may mend. */
class Broken extends Error {}

async function fetchAll(url: string, partial: string, options: DownloadOptions): Promise<void> {
  const attempts = options.attempts ?? 4;
  let progress: ((bytes: number) => void) | null = null;
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetchOnce(url, partial, options, (bytes, total) => {
        progress ??= byteProgress(basename(options.path), total, (line) => options.note(line));
        progress(bytes);
      });
    } catch (error) {
      if (options.signal.aborted) throw interrupted();
      if (isDiskFull(error)) {
        rmSync(partial, { force: true });
        throw diskFull(basename(options.path), dirname(options.path), error);
      }
      if (!(error instanceof Broken) || attempt >= attempts) throw error;
      options.note(
        `${basename(options.path)}: ${error.message}; going on (attempt ${attempt + 1} of ${attempts})`,
      );
      await pause(100 * 2 ** attempt, undefined, { signal: options.signal }).catch(() => {
        throw interrupted();
      });
    }
  }
}

/** Identity of what a partial file is a part of: a part of another version must not be gone on with. */
interface From {
  readonly url: string;
  readonly tag: string;
}

function readFrom(partial: string, url: string): From | null {
  try {
    const from = JSON.parse(readFileSync(`${partial}.from`, 'utf8')) as From;
    return from.url === url && typeof from.tag === 'string' ? from : null;
  } catch {
    return null;
  }
}

async function fetchOnce(
  url: string,
  partial: string,
  options: DownloadOptions,
  onBytes: (bytes: number, total: number | null) => void,
): Promise<void> {
  const from = readFrom(partial, url);
  const have = from ? (statSync(partial, { throwIfNoEntry: false })?.size ?? 0) : 0;
  const stalled = new AbortController();
  const stallMs = options.stallMs ?? 30_000;
  const timer = setTimeout(() => stalled.abort(), stallMs);
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([options.signal, stalled.signal]),
      headers: {
        // Compressed on the way, lengths and ranges would count something else.
        'accept-encoding': 'identity',
        ...(have > 0 && from ? { range: `bytes=${have}-`, 'if-range': from.tag } : {}),
      },
    });
    // 416: nothing is left to ask for, so the part is whole or wrong; the digest decides.
    if (response.status === 416) return void (await response.body?.cancel());
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      const reason = `the server answered ${response.status} ${response.statusText}`;
      throw response.status >= 500 ? new Broken(reason) : new Error(reason);
    }
    const offset = response.status === 206 ? have : 0;
    const length = response.headers.get('content-length');
    const total = length === null ? null : offset + Number(length);
    const tag = response.headers.get('etag') ?? response.headers.get('last-modified');
    if (offset === 0) rmSync(partial, { force: true });
    // A weak tag cannot be asked for by If-Range.
    if (tag && !tag.startsWith('W/'))
      writeFileSync(`${partial}.from`, JSON.stringify({ url, tag } satisfies From));
    else rmSync(`${partial}.from`, { force: true });
    let bytes = offset;
    const body = Readable.fromWeb(response.body);
    body.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      timer.refresh();
      onBytes(bytes, total);
    });
    await pipeline(body, createWriteStream(partial, { flags: offset > 0 ? 'a' : 'w' }));
    if (total !== null && bytes < total)
      throw new Broken(`the connection ended after ${bytes} of ${total} bytes`);
  } catch (error) {
    if (error instanceof Broken || isDiskFull(error) || options.signal.aborted) throw error;
    if (stalled.signal.aborted) throw new Broken(`no byte came for ${stallMs / 1000} s`);
    if (error instanceof TypeError) throw networkError(error);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** fetch wraps what happened: an unknown host does not mend itself within seconds, a broken connection may. */
function networkError(error: TypeError): Error {
  const cause = error.cause;
  const reason =
    cause instanceof Error
      ? cause.message || (cause as NodeJS.ErrnoException).code || error.message
      : error.message;
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  if (code === 'ENOTFOUND' || code === 'ECONNREFUSED' || code === 'ERR_INVALID_URL') {
    return new Error(reason, { cause: error });
  }
  return new Broken(reason, { cause: error });
}
