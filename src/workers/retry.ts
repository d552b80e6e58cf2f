/** Servers that are away for a moment: a worker waits for them. */
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../errors.js';

export interface RetryOptions {
  /** Named in the notes. */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
  /** What another try does not help with. */
  readonly isFinal?: (error: unknown) => boolean;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Tries until it works: a worker that was started before its servers, or whose servers restart, is of use once they
 * are there. It ends when the signal says so.
 * @throws the last error once the signal is aborted, or one that is final
 */
export async function retryUntilDone<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  let waitMs = FIRST_PAUSE_MS;
  let said = '';
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (options.signal.aborted || options.isFinal?.(error)) throw error;
      const text = messageOf(error);
      if (text !== said) options.note(`${options.what}: ${text}; trying again`);
      said = text;
      await pause(waitMs, undefined, { signal: options.signal }).catch(() => undefined);
      if (options.signal.aborted) throw error;
      waitMs = Math.min(2 * waitMs, LONGEST_PAUSE_MS);
    }
  }
}
