/** The learning rate of each step. Pure. */

import { named } from '../named.js';

export interface ScheduleSettings {
  /** A name below. */
  readonly name: string;
  /** The rate that the schedule shapes, > 0. */
  readonly learningRate: number;
  /** Epochs over which the rate rises linearly from near 0 before all else, ≥ 0. */
  readonly warmupEpochs: number;
  /** What `step`, `exponential` and `plateau` multiply the rate by, in (0, 1). */
  readonly factor: number;
  /** Epochs of one such multiplication, integer ≥ 1; for `plateau` the epochs without a better one that lead to it. */
  readonly every: number;
  /** At most so many; what `cosine` and `one-cycle` stretch over. */
  readonly epochs: number;
  readonly stepsPerEpoch: number;
}

/** What a schedule remembers between epochs. */
export interface ScheduleState {
  /** Reductions of `plateau` so far. */
  readonly reductions: number;
  /** Epochs since the last better one or the last reduction. */
  readonly without: number;
}

export interface Schedule {
  readonly state: ScheduleState;
  /** @param step of the whole training, from 0 */
  rateAt(step: number): number;
  /** Tells how an epoch went; `plateau` listens. */
  see(epoch: { readonly isBetter: boolean }): void;
}

/** One-cycle: where the peak is, and how far below it start and end are. */
const PEAK_AT = 0.3;
const START_DIVISOR = 25;
const END_DIVISOR = 1e4;

/** From `from` to `to` along half a cosine, for x in [0, 1]. */
const ease = (from: number, to: number, x: number): number =>
  to + ((from - to) * (1 + Math.cos(Math.PI * Math.min(1, x)))) / 2;

interface Moment {
  /** Since the warm-up. */
  readonly epochs: number;
  /** Since the warm-up, from 0. */
  readonly step: number;
  /** The last step there may be, on the same scale. */
  readonly last: number;
}

/** x / whole; 0 where there is nothing to be a share of: the only step has the whole rate. */
const share = (x: number, whole: number): number => (whole > 0 ? x / whole : 0);

/** Factor of the rate at a moment. */
const shapes: Readonly<Record<string, (settings: ScheduleSettings, moment: Moment) => number>> = {
  constant: () => 1,
  step: ({ factor, every }, { epochs }) => factor ** Math.floor(epochs / every),
  exponential: ({ factor, every }, { epochs }) => factor ** (epochs / every),
  // Loshchilov and Hutter, arXiv:1608.03983, eq. 5, one period without restart.
  cosine: (_, { step, last }) => ease(1, 0, share(step, last)),
  // Smith and Topin, arXiv:1708.07120, with half cosines for its lines and its peak where PyTorch has it.
  'one-cycle': (_, { step, last }) => {
    const peak = Math.max(0, PEAK_AT * (last + 1) - 1);
    return step < peak
      ? ease(1 / START_DIVISOR, 1, step / peak)
      : ease(1, 1 / START_DIVISOR / END_DIVISOR, share(step - peak, last - peak));
  },
  // Its steps come from `see`.
  plateau: () => 1,
};

/**
 * Rises over the warm-up, then follows its shape, which begins after it.
 * @param from the state to go on from; left out at the start
 * @throws ElbowError `usage` for a name that is none
 */
export function createSchedule(
  settings: ScheduleSettings,
  from: ScheduleState = { reductions: 0, without: 0 },
): Schedule {
  const { name, learningRate, warmupEpochs, factor, every, stepsPerEpoch } = settings;
  const shape = named(shapes, 'schedule', name);
  let { reductions, without } = from;
  return {
    get state() {
      return { reductions, without };
    },
    rateAt: (step) => {
      const warmup = warmupEpochs * stepsPerEpoch;
      if (step < warmup) return (learningRate * (step + 1)) / (warmup + 1);
      const moment = {
        epochs: (step - warmup) / stepsPerEpoch,
        step: step - warmup,
        last: settings.epochs * stepsPerEpoch - warmup - 1,
      };
      return learningRate * factor ** reductions * shape(settings, moment);
    },
    see: ({ isBetter }) => {
      without = isBetter ? 0 : without + 1;
      if (name !== 'plateau' || without < every) return;
      reductions++;
      without = 0;
    },
  };
}
