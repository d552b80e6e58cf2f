/** Brings files to a store one after the other, behind the back of who makes them: only the newest is worth it. */
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

export interface Uploads {
  /** A newer file than all before: it takes the place of one that waits. */
  offer(file: string): void;
  /** Tries what waits once more at once, and waits for that at most so long; then nothing is brought any more. */
  settle(limitMs: number): Promise<void>;
}

export interface UploadHooks {
  put(file: string, signal: AbortSignal): Promise<void>;
  /** After each file that is in the store; the next one waits for it. */
  onStored(file: string, signal: AbortSignal): Promise<void>;
  /** After each try that failed; it is tried again later, or a newer one is. */
  onFailed(error: unknown): void;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** @param firstPauseMs after the first failure; twice as long after each further one, up to a minute */
export function createUploads(hooks: UploadHooks, firstPauseMs = FIRST_PAUSE_MS): Uploads {
  const stop = new AbortController();
  /** Cuts pauses short. */
  const hurry = new AbortController();
  let waiting: string | null = null;
  let running: Promise<void> | null = null;

  const work = async (): Promise<void> => {
    let pauseMs = firstPauseMs;
    while (waiting !== null && !stop.signal.aborted) {
      const file = waiting;
      waiting = null;
      try {
        await hooks.put(file, stop.signal);
        pauseMs = firstPauseMs;
        await hooks.onStored(file, stop.signal);
      } catch (error) {
        // One that has given way to newer ones on this machine while it waited is of no use.
        if (stop.signal.aborted || !existsSync(file)) continue;
        hooks.onFailed(error);
        waiting ??= file;
        if (hurry.signal.aborted) return;
        await pause(pauseMs, undefined, { signal: hurry.signal }).catch(() => undefined);
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      }
    }
  };
  const start = (): void => {
    running ??= work().finally(() => {
      running = null;
      // Offered between the last look and now.
      if (waiting !== null && !hurry.signal.aborted) start();
    });
  };

  return {
    offer: (file) => {
      if (hurry.signal.aborted) return;
      waiting = file;
      start();
    },
    settle: async (limitMs) => {
      hurry.abort();
      const limit = new AbortController();
      const late = pause(limitMs, undefined, { signal: limit.signal }).catch(() => undefined);
      if (limitMs > 0) await Promise.race([running, late]);
      limit.abort();
      stop.abort(new Error('the execution has ended'));
      await running;
    },
  };
}
