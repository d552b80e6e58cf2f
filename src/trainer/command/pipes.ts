/**
 * Pipes for a program to write to. Node's own are sockets, which `> /dev/stderr` and `tee /dev/stdout` of shell scripts
 * cannot open; named pipes can be.
 */
import { execFile } from 'node:child_process';
import { constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { ElbowError, messageOf } from '../../errors.js';
import type { ProgramPipes } from './guard-protocol.js';

export interface Pipes {
  readonly paths: ProgramPipes;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Takes the names away: who has opened a pipe keeps it. */
  unlink(): void;
}

/**
 * Makes both, opened for reading; they end when the last writer has gone.
 * @throws ElbowError `program-start`
 */
export async function makePipes(): Promise<Pipes> {
  // Not beside the trial's files, whose file system may know no pipes. Made with mode 0700.
  const folder = mkdtempSync(join(tmpdir(), 'elbow-pipes-'));
  const unlink = (): void => rmSync(folder, { recursive: true, force: true });
  const paths = { stdout: join(folder, 'stdout'), stderr: join(folder, 'stderr') };
  try {
    await promisify(execFile)('mkfifo', [paths.stdout, paths.stderr]);
    return { paths, stdout: readerOf(paths.stdout), stderr: readerOf(paths.stderr), unlink };
  } catch (error) {
    unlink();
    throw new ElbowError('program-start', `the pipes of a program cannot be made: ${messageOf(error)}`, {
      hint: 'They need `mkfifo` in the PATH of the worker and room in its folder for temporary files.',
      cause: error,
    });
  }
}

/** Opened without waiting for a writer, which comes with the program. */
const readerOf = (path: string): Readable =>
  new Socket({
    fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK),
    readable: true,
    writable: false,
  });
