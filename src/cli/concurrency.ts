/** How many trials of a sweep may run at once, as it is typed. Pure. */
import { ElbowError } from '../errors.js';

/** @throws ElbowError `usage` */
export function readConcurrency(text: string): number {
  if (/^\d{1,9}$/.test(text) && Number(text) >= 1) return Number(text);
  throw new ElbowError(
    'usage',
    `expected the number of trials that may run at once, from 1 on, got ${JSON.stringify(text)}`,
    { hint: 'To run none: `elbow pause SWEEP`.' },
  );
}
