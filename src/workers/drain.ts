/**
 * What a worker that is told to stop does with the time that it is given: no further trials at once; then its trainers and
 * programs end, their checkpoints go to the store, their trials are handed over, and it signs off.
 */

/** When a part of that is over, as shares of the grace period. The rest is for the process to end. */
const OVER_AT = {
  /** Trainers and programs write checkpoints and end by themselves; then they are killed. */
  trainers: 0.5,
  /** What is on its way to the artifact store. */
  uploads: 0.7,
  /** Postgres and Temporal hear that the trials are free. */
  handover: 0.85,
  all: 0.95,
} as const;

export type DrainPart = keyof typeof OVER_AT;

export interface Drain {
  /** Aborted when it begins. */
  readonly signal: AbortSignal;
  /** Of the grace period, from its beginning on. */
  limitMs(part: DrainPart): number;
  /** How much of that is left, ≥ 0; null where it has not begun. */
  leftMs(part: DrainPart): number | null;
  /** Calls back when a part is over. */
  after(part: DrainPart, work: () => void): void;
  /** The worker has ended: nobody is called any more. */
  end(): void;
}

/** @param signal tells the worker to stop */
export function createDrain(signal: AbortSignal, graceSeconds: number): Drain {
  const timers: NodeJS.Timeout[] = [];
  const waiting: (() => void)[] = [];
  let begun: number | null = null;
  const limitMs = (part: DrainPart): number => 1000 * graceSeconds * OVER_AT[part];
  const leftMs = (part: DrainPart): number | null =>
    begun === null ? null : Math.max(0, begun + limitMs(part) - performance.now());
  const begin = (): void => {
    begun = performance.now();
    for (const start of waiting) start();
  };
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return {
    signal,
    limitMs,
    leftMs,
    after: (part, work) => {
      const start = (): void => void timers.push(setTimeout(work, leftMs(part) ?? 0));
      if (begun === null) waiting.push(start);
      else start();
    },
    end: () => {
      signal.removeEventListener('abort', begin);
      waiting.length = 0;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
