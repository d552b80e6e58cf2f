/** Settings at their best learning rates in a report, as plain JSON. Types only. */
import type { Interval } from '../curves/index.js';
import type { Quickness } from './arm-types.js';

/** Arms that are equal in everything but the learning rate, judged at the rate that is best in validation. */
export interface RateGroup {
  /** Of the arm at the chosen rate. */
  readonly hash: string;
  /** The size at which rates are judged: the largest that the group has results for. */
  readonly n: number;
  /** The chosen rate. */
  readonly rate: number;
  /** Whether the chosen rate is the lowest or the highest tried: the best of all may lie outside. */
  readonly edge: 'lowest' | 'highest' | null;
  /** Means at the chosen rate, with the interval that curves show of the test accuracy, and over how many trials. */
  readonly validation: number;
  readonly test: number;
  readonly interval: Interval | null;
  readonly trials: number;
  /** The largest rate whose mean test accuracy is above `trainsAbove`; null where none is, or that is null. */
  readonly largestTraining: number | null;
  /** At the chosen rate; null where no trial has the figures. */
  readonly quickness: Quickness | null;
  /** Every rate that could be judged, ascending; at least two. */
  readonly rates: readonly {
    readonly rate: number;
    readonly hash: string;
    readonly validation: number;
    readonly test: number;
  }[];
}

/** Settings, each at its best learning rate. */
export interface RateReport {
  /** The test accuracy above which a network counts as trained; null where chance is not known. */
  readonly trainsAbove: number | null;
  /** By test accuracy, best first; at least one. */
  readonly groups: readonly RateGroup[];
  /** How many groups have fewer than two rates that could be judged. */
  readonly leftOut: number;
}
