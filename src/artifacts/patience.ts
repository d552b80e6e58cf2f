/**
 * Calls of a file system whose server may be gone. Such calls hang for as long as it is, cannot be taken back, and each
 * holds one of the four threads that Node has for files and for looking up names: so few are made at once, and whoever
 * asks does not wait for ever.
 */

export interface PatienceOptions {
  /** Calls at once, integer ≥ 1. */
  readonly atOnce: number;
  /** After this long a call counts as hanging, in milliseconds. */
  readonly limitMs: number;
  /** The error of a call that hangs, or is not made because others do. */
  readonly hangs: (why: string) => Error;
}

/** Runs work that may hang; rejects with the signal's reason once it is aborted. */
export type Patience = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** What was aborted has so long to leave nothing behind, before it counts as hanging. */
const GRACE_MS = 1_000;

export function createPatience({ atOnce, limitMs, hangs }: PatienceOptions): Patience {
  let busy = 0;
  let hanging = 0;
  let waiting: (() => void)[] = [];
  const wakeAll = (): void => {
    for (const wake of waiting.splice(0)) wake();
  };
  /** Waits until a call may be made. */
  const enter = async (signal: AbortSignal | undefined): Promise<void> => {
    signal?.addEventListener('abort', wakeAll, { once: true });
    try {
      for (;;) {
        signal?.throwIfAborted();
        if (busy < atOnce) break;
        if (hanging >= atOnce) throw hangs('earlier calls hang');
        await new Promise<void>((resolve) => (waiting = [...waiting, resolve]));
      }
      busy++;
    } finally {
      signal?.removeEventListener('abort', wakeAll);
    }
  };

  return async (work, signal) => {
    await enter(signal);
    let isLate = false;
    const timers: NodeJS.Timeout[] = [];
    const done = work().finally(() => {
      busy--;
      if (isLate) hanging--;
      wakeAll();
    });
    const late = new Promise<never>((_, reject) => {
      const giveUp = (error: Error): void => {
        if (isLate) return;
        isLate = true;
        hanging++;
        wakeAll();
        reject(error);
      };
      timers.push(setTimeout(() => giveUp(hangs(`it has not answered for ${limitMs / 1000} s`)), limitMs));
      const onAbort = (): void => {
        timers.push(setTimeout(() => giveUp(signal!.reason as Error), GRACE_MS));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      // It may have been aborted since the call was let in.
      if (signal?.aborted) onAbort();
      void done.catch(() => undefined).finally(() => signal?.removeEventListener('abort', onAbort));
    });
    try {
      return await Promise.race([done, late]);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      for (const timer of timers) clearTimeout(timer);
    }
  };
}
