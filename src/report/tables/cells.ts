/** Figures as cells. */
import type { Interval } from '../../curves/index.js';
import { decimal, signedBetween } from '../format.js';

/** A dash where there is no figure. */
export const cell = (value: number | null, digits = 3): string =>
  value === null ? '–' : decimal(value, digits);

export const plusMinus = (half: number | null): string => (half === null ? '–' : `± ${decimal(half)}`);

/** Of scores. */
export const ends = (interval: Interval | null): string =>
  interval === null ? '–' : `${decimal(interval.lo)} – ${decimal(interval.hi)}`;

/** Of differences. */
export const signedEnds = (interval: Interval | null): string =>
  interval === null ? '–' : signedBetween(interval);
