/**
 * Which images a trial sees. Pure. Each class is permuted once per replicate; a trial of size n takes the first n of
 * every class; position i is for validation when i mod 5 = 4 and n ≥ 5. So train(10) ⊂ train(20), val(10) ⊂ val(20), and
 * all four are disjoint from each other's counterparts.
 */
import { ElbowError } from '../errors.js';
import { deriveSeed, permutation } from '../random.js';
import type { DatasetEntry } from './catalog.js';
import type { Images, Labels } from './images.js';
import { FOLDS, recalibrationOf } from './split-sizes.js';

export interface Split {
  /** Positions in the data set's training images, in the order of the permutation, classes taking turns. */
  readonly train: Uint32Array;
  /** Empty for sizes below 5. */
  readonly validation: Uint32Array;
  /** How many of the training images, from the first on, batch-norm statistics are taken from. */
  readonly recalibration: number;
}

export interface SplitRequest {
  /** Class of each training image, integers in [0, classes). */
  readonly labels: Labels;
  readonly classes: number;
  /** Images per class, integer ≥ 1; null takes as many as the smallest class has, or all: `balance`. */
  readonly samplesPerClass: number | null;
  /** `none`: null takes all images of every class, however many these are. */
  readonly balance?: 'none' | undefined;
  readonly sweepSeed: number;
  readonly replicate: number;
}

/** Positions of each class, ascending. */
function positionsByClass(labels: Labels, classes: number): number[][] {
  const positions = Array.from({ length: classes }, (): number[] => []);
  labels.forEach((label, position) => positions[label]?.push(position));
  return positions;
}

/**
 * Draws the images of a trial.
 * @throws ElbowError `data-too-small` when a class has fewer images than asked for
 */
export function splitFor(request: SplitRequest): Split {
  const { classes, sweepSeed, replicate } = request;
  const byClass = positionsByClass(request.labels, classes);
  const largest = Math.min(...byClass.map((positions) => positions.length));
  const n = request.samplesPerClass ?? largest;
  if (n > largest) {
    throw new ElbowError(
      'data-too-small',
      `expected at most ${largest.toLocaleString('en')} samples per class, got ${n.toLocaleString('en')}: the smallest class has no more`,
      { hint: `The largest possible size is ${largest.toLocaleString('en')}.` },
    );
  }
  const takesAll = request.samplesPerClass === null && request.balance === 'none';
  const permuted = byClass.map((positions, label) => {
    const order = permutation(positions.length, deriveSeed(sweepSeed, replicate, 'subset', label));
    return Uint32Array.from(order.subarray(0, takesAll ? positions.length : n), (i) => positions[i]!);
  });
  const train: number[] = [];
  const validation: number[] = [];
  const most = Math.max(...permuted.map((images) => images.length));
  for (let i = 0; i < most; i++) {
    for (const images of permuted) {
      if (i >= images.length) continue;
      const isValidation = images.length >= FOLDS && i % FOLDS === FOLDS - 1;
      (isValidation ? validation : train).push(images[i]!);
    }
  }
  return {
    train: Uint32Array.from(train),
    validation: Uint32Array.from(validation),
    recalibration: recalibrationOf(train.length, classes),
  };
}

/** What decides which images of a data set a trial is given, besides the data set. */
export type Share = Pick<SplitRequest, 'samplesPerClass' | 'sweepSeed' | 'replicate'>;

/**
 * The images of a trial: for training, and for whatever has to see the same ones.
 * @throws ElbowError `data-too-small`
 */
export function splitOf(
  { entry, train }: { readonly entry: DatasetEntry; readonly train: Pick<Images, 'labels'> },
  { samplesPerClass, sweepSeed, replicate }: Share,
): Split {
  const { classes, balance } = entry;
  return splitFor({
    labels: train.labels,
    classes: classes.length,
    samplesPerClass,
    balance,
    sweepSeed,
    replicate,
  });
}
