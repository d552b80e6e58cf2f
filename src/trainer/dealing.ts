/** What each slot of a worker has of its machine: a GPU, and cores of its own. Pure. */
import type { GpuDevice } from '../stack/index.js';

export interface Slot {
  /** From 0. */
  readonly number: number;
  /** The GPU of its trials; null where they run on the CPU, or on whatever TensorFlow finds. */
  readonly device: GpuDevice | null;
  /** Cores that its trials are kept to; null where they may run on any. */
  readonly cores: readonly number[] | null;
}

/**
 * Deals devices out in turn, and cores in parts of equal size, of neighbours.
 * @param slots integer ≥ 1; with more slots than devices some share one
 * @param cores those that the worker may use, neighbours next to each other; null, or fewer than slots: none has its own
 */
export function dealSlots(
  slots: number,
  devices: readonly GpuDevice[] = [],
  cores: readonly number[] | null = null,
): readonly Slot[] {
  const share = (number: number): number => Math.floor((number * (cores?.length ?? 0)) / slots);
  return Array.from({ length: slots }, (_, number) => ({
    number,
    device: devices[number % devices.length] ?? null,
    cores: cores && cores.length >= slots ? cores.slice(share(number), share(number + 1)) : null,
  }));
}
