/** A program under its guard (guard.ts), as the worker sees it. */
import { fork } from 'node:child_process';
import type { Readable } from 'node:stream';
import { compiled } from '../../paths.js';
import { pinnedTo } from '../pinning.js';
import type { FromGuard, ProgramStart, ToGuard } from './guard-protocol.js';
import { makePipes } from './pipes.js';

/** How a program ended. */
export type ProgramEnd =
  | Extract<FromGuard, { type: 'refused' | 'ended' }>
  /** Its guard ended first, which nobody but the system does; the program was killed then. */
  | { readonly type: 'lost'; readonly by: string };

export interface GuardedProgram {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Once its whole process group is gone. Never rejects. */
  readonly ended: Promise<ProgramEnd>;
  /** Ends the group: SIGTERM, and SIGKILL after the grace; the first time counts. */
  stop(graceMs: number): void;
}

/**
 * @param env of the guard itself, which only needs to be found again by it
 * @param cores that guard and program are kept to; null for any
 */
export async function startGuarded(
  start: ProgramStart,
  { env, cores }: { readonly env: NodeJS.ProcessEnv; readonly cores: readonly number[] | null },
): Promise<GuardedProgram> {
  const pipes = await makePipes();
  const guard = fork(compiled('src/trainer/command/guard.js'), [], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    ...pinnedTo(cores),
    env,
    // What kills the worker's process group must not take the guard with it.
    detached: true,
  });
  const say = (message: ToGuard): void => {
    // A broken channel ends in `exit`, which tells more.
    if (guard.connected) guard.send(message, () => undefined);
  };
  let pid: number | undefined;
  let end: ProgramEnd | undefined;
  const ended = new Promise<ProgramEnd>((resolve) => {
    guard.on('message', (message: FromGuard) => {
      pipes.unlink();
      if (message.type === 'started') pid = message.pid;
      else end = message;
    });
    guard.once('error', (error) => {
      pipes.unlink();
      resolve({ type: 'refused', code: 'GUARD', message: error.message });
    });
    guard.once('exit', (code, signal) => {
      const settle = (): void => {
        pipes.unlink();
        if (end === undefined && pid !== undefined) killGroup(pid);
        resolve(end ?? { type: 'lost', by: signal ?? `exit code ${code}` });
      };
      // Its last message may still be on the way.
      if (guard.connected) guard.once('disconnect', () => setImmediate(settle));
      else setImmediate(settle);
    });
  });
  say({ type: 'start', start, pipes: pipes.paths });
  return {
    stdout: pipes.stdout,
    stderr: pipes.stderr,
    ended,
    stop: (graceMs) => say({ type: 'stop', graceMs }),
  };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
