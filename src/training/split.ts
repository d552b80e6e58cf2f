/** Which images of a data set a trial was given. */
import { splitFor, type Dataset, type Split } from '../data/index.js';

/** What decides it, besides the data set. */
export interface Share {
  readonly samplesPerClass: number | null;
  readonly sweepSeed: number;
  readonly replicate: number;
}

/** @throws ElbowError `data-too-small` */
export function splitOf({ entry, train }: Dataset, share: Share): Split {
  const { samplesPerClass, sweepSeed, replicate } = share;
  return splitFor({
    labels: train.labels,
    classes: entry.classes.length,
    samplesPerClass,
    balance: entry.balance,
    sweepSeed,
    replicate,
  });
}
