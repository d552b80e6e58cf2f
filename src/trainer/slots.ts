/** Which slots × threads a machine may be used with, and which of them were fastest. Pure. */

export interface Layout {
  /** Trials at the same time, integer ≥ 1. */
  readonly slots: number;
  /** TensorFlow's, of each trial, integer ≥ 1. */
  readonly threads: number;
}

export interface MeasuredLayout extends Layout {
  readonly trialsPerSecond: number;
}

/** Trials that share a GPU compete for it: more than a few never help. */
const GPU_SLOTS = [1, 2, 4];
/** What a trainer of the LeNet takes, library and data included. */
const TRAINER_MB = 800;

/**
 * From one slot with all cores to as many slots as cores with one thread each; threads double in between, and no layout
 * has more threads than cores. On a GPU, few slots with a thread each.
 * @param cores integer ≥ 1
 * @param memoryMb of the machine: what has not the memory for its trainers is left out, but for a single slot
 */
export function layoutsFor(options: {
  readonly cores: number;
  readonly memoryMb: number;
  readonly device: 'cpu' | 'gpu';
}): readonly Layout[] {
  const { cores, memoryMb, device } = options;
  const hasRoom = ({ slots }: Layout): boolean => slots === 1 || slots * TRAINER_MB <= memoryMb;
  if (device === 'gpu') return GPU_SLOTS.map((slots) => ({ slots, threads: 1 })).filter(hasRoom);
  const layouts: Layout[] = [{ slots: 1, threads: cores }];
  for (let threads = 2 ** Math.floor(Math.log2(cores)); threads >= 1; threads /= 2) {
    const slots = Math.floor(cores / threads);
    // With fewer threads in as many slots, cores would be idle.
    if (slots > layouts.at(-1)!.slots) layouts.push({ slots, threads });
  }
  return layouts.filter(hasRoom);
}

/**
 * The layout with the most trials a second; of equals the one with fewer slots, which needs less memory.
 * @param measured at least one
 */
export const fastestOf = (measured: readonly MeasuredLayout[]): MeasuredLayout =>
  measured.reduce((best, other) =>
    other.trialsPerSecond > best.trialsPerSecond ||
    (other.trialsPerSecond === best.trialsPerSecond && other.slots < best.slots)
      ? other
      : best,
  );
