/** What goes wrong, and when: drawn from a seed before anything starts, so that the seed repeats it. Pure. */
import { createHash } from 'node:crypto';
import { uniforms } from '../src/random.js';

/** What can go wrong, and how often beside the others. */
const KINDS = {
  /** A trainer is killed by the system. */
  'trainer-killed': 3,
  /** A worker is killed; its trainers end with it. It is started again a moment later. */
  'worker-killed': 3,
  /** A worker stands still until its trials were given to another, and then wakes up. */
  'worker-frozen': 2,
  /** A worker is told to end, and hands over. */
  'worker-stopped': 1,
  /** A worker is started again with a clock that is hours off. */
  'clock-moved': 1,
  'postgres-killed': 2,
  'temporal-killed': 2,
  /** All connections to a server are cut, and new ones are refused for a while. */
  'postgres-cut': 2,
  'temporal-cut': 2,
  /** Everything to and from a server is late. */
  'postgres-late': 1,
  'temporal-late': 1,
  /** No room for checkpoints for a while. */
  'disk-full': 1,
  /** An attempt that runs is handed to a worker a second time. */
  'delivered-twice': 2,
  /** The CLI is killed while it follows a sweep, or starts one. */
  'run-killed': 2,
  /** The CLI is killed while it pauses a sweep with --now; it is resumed. */
  'pause-killed': 2,
  /** The CLI is killed while it cancels a sweep; what was cancelled is run again. */
  'cancel-killed': 1,
} as const;

export type FaultKind = keyof typeof KINDS;

export const FAULT_KINDS = Object.keys(KINDS) as readonly FaultKind[];

export interface Fault {
  /** From 1. */
  readonly number: number;
  readonly kind: FaultKind;
  /** Pause before it, in milliseconds. */
  readonly afterMs: number;
  /** Which of several, such as workers: in [0, 1). */
  readonly which: number;
  /** How long, or how late: in [0, 1) of what the kind allows. */
  readonly extent: number;
}

/** Long enough for sweeps to get on between two faults, short enough to meet them where it hurts. */
const LONGEST_PAUSE_MS = 3_000;

/**
 * @param seed integer ≥ 0
 * @param count of faults, integer ≥ 0
 * @param kinds that may be drawn
 */
export function planFaults(seed: number, count: number, kinds: readonly FaultKind[] = FAULT_KINDS): Fault[] {
  const bag = kinds.flatMap((kind) => Array<FaultKind>(KINDS[kind]).fill(kind));
  const digest = createHash('sha256').update(`chaos/${seed}`).digest();
  const numbers = uniforms(4 * count, digest.readUInt32BE(0) >>> 1);
  return Array.from({ length: count }, (_, i) => {
    const [kind, after, which, extent] = numbers.subarray(4 * i, 4 * i + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    return {
      number: i + 1,
      kind: bag[Math.floor(kind * bag.length)]!,
      afterMs: Math.round(after * LONGEST_PAUSE_MS),
      which,
      extent,
    };
  });
}
