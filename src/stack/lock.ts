/**
 * A lock between processes, held by listening on a socket in Linux' abstract namespace: the kernel frees it when its
 * holder ends in whatever way, so that no stale lock exists, and waiters wake at once.
 */
import { createHash } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { interrupted } from './run-program.js';

export interface LockOptions {
  readonly signal: AbortSignal;
  /** Called once if another process holds the lock. */
  onWait?(): void;
}

/**
 * Runs `work` while no other process runs work under the same name.
 * @param name what is protected, such as a folder's real path and a purpose; only equality matters
 * @throws ElbowError `interrupted` when the signal is aborted while waiting
 */
export async function withLock<T>(name: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const uid = process.getuid?.() ?? 0;
  const path = `\0elbow-${createHash('sha256').update(`${uid}\n${name}`).digest('hex').slice(0, 40)}`;
  let hasWaited = false;
  for (;;) {
    if (options.signal.aborted) throw interrupted();
    const release = await tryListen(path);
    if (release) {
      try {
        return await work();
      } finally {
        await release();
      }
    }
    if (!hasWaited) options.onWait?.();
    hasWaited = true;
    await holderEnds(path, options.signal);
  }
}

/** Takes the lock and returns how to release it; null when it is held. */
function tryListen(path: string): Promise<(() => Promise<void>) | null> {
  return new Promise((resolve, reject) => {
    const waiters = new Set<Socket>();
    const server: Server = createServer((socket) => {
      waiters.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => waiters.delete(socket));
      socket.unref();
    });
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen({ path }, () => {
      server.unref();
      resolve(
        () =>
          new Promise((released) => {
            server.close(() => released());
            for (const socket of waiters) socket.destroy();
          }),
      );
    });
  });
}

/** Resolves when the holder of the lock lets go of it, or is gone already. */
function holderEnds(path: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const done = (): void => {
      signal.removeEventListener('abort', done);
      socket.destroy();
      resolve();
    };
    if (signal.aborted) return done();
    signal.addEventListener('abort', done, { once: true });
    socket.on('error', done);
    socket.on('close', done);
    socket.resume();
  });
}
