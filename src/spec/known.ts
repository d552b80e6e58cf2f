/** Names a sweep file may use, in one place; what is not listed is not built. */

import { datasetNames, findDataset, largestSizeOf, totalOf } from '../data/catalog.js';
import { initialiserNames, modelNames } from '../models/index.js';
import { digits } from './leaves.js';
import type { CommandTrainable, SweepSpec } from './types.js';

/** What planning and reports need to know of a data set. */
export interface DatasetFacts {
  /** Training images of the smallest class. */
  readonly largestSize: number;
  /** Images per class where all are taken: the largest size, or the mean of all classes where these are not balanced. */
  readonly allSize: number;
  readonly classes: number;
  /** Test images of all classes. */
  readonly testSize: number;
  /** Height, width, channels; of a table 1, 1, features. */
  readonly image: readonly [number, number, number];
  /** Whether it is a table of numbers, whose rows no convolution can look at. */
  readonly isTable: boolean;
}

/** Facts of the published data sets by name. */
export const DATASETS: Readonly<Record<string, DatasetFacts>> = Object.fromEntries(
  datasetNames.map((name) => {
    const entry = findDataset(name)!;
    return [
      name,
      {
        largestSize: largestSizeOf(entry),
        allSize: largestSizeOf(entry),
        classes: entry.classes.length,
        testSize: totalOf(entry.testPerClass),
        image: [entry.height, entry.width, entry.channels],
        isTable: false,
      },
    ];
  }),
);

/** The facts of a sweep's data set; undefined for a name that is none, which a trainable without images may have. */
export function datasetFacts(dataset: SweepSpec['dataset']): DatasetFacts | undefined {
  if (typeof dataset === 'string') return Object.hasOwn(DATASETS, dataset) ? DATASETS[dataset] : undefined;
  const { trainPerClass, testPerClass, classes, image, balance, kind } = dataset;
  const largestSize = largestSizeOf(dataset);
  return {
    largestSize,
    allSize: balance === 'none' ? Math.round(totalOf(trainPerClass) / classes.length) : largestSize,
    classes: classes.length,
    testSize: totalOf(testPerClass),
    image,
    isTable: kind === 'csv',
  };
}

/** What a data set is called. */
export const datasetName = (dataset: SweepSpec['dataset']): string =>
  typeof dataset === 'string' ? dataset : dataset.name;

/** What the trials of a sweep do, in a few words: `data set cifar10`, `command python3 train.py`, `noop`. */
export function trainableText({ trainable, dataset }: Pick<SweepSpec, 'trainable' | 'dataset'>): string {
  switch (trainable.kind) {
    case 'builtin':
      return `data set ${datasetName(dataset)}`;
    case 'command':
      return `command ${commandText(trainable)}`;
    case 'noop':
      return 'noop';
  }
}

/** Characters of a command in one line. */
const LONGEST_COMMAND = 120;

/** A command in one line, to be read and not to be run. */
export function commandText({ command }: CommandTrainable): string {
  const text = command.join(' ').replace(/\s+/g, ' ');
  return text.length > LONGEST_COMMAND ? `${text.slice(0, LONGEST_COMMAND - 1)}…` : text;
}

/**
 * What unequal classes mean for a sweep: a sentence; null where they are equal, or the data set is a published one, whose
 * description says it.
 */
export function balanceNote(dataset: SweepSpec['dataset']): string | null {
  if (typeof dataset === 'string') return null;
  const { trainPerClass, classes, balance } = dataset;
  const smallest = largestSizeOf(dataset);
  const largest = Math.max(...trainPerClass);
  if (smallest === largest) return null;
  const counts = `the classes have ${digits(smallest)} (${classes[trainPerClass.indexOf(smallest)]}) to ${digits(largest)} training examples`;
  return balance === 'none'
    ? `${counts}; samplesPerClass: null takes all of them, unbalanced`
    : `${counts}; balanced to the smallest, ${digits(smallest)} of each are the most that a trial takes (\`balance: none\` takes all)`;
}

/** The data set of a sweep file that names none. */
export const DEFAULT_DATASET = 'cifar10';

export const MODELS = modelNames;
export const INITIALISERS = initialiserNames;
export const OPTIMIZERS = [
  'adam',
  'sgd',
  'momentum',
  'nesterov',
  'adagrad',
  'adadelta',
  'rmsprop',
  'adamw',
  'adamax',
  'nadam',
] as const;
export const SCHEDULES = ['constant', 'step', 'exponential', 'cosine', 'one-cycle', 'plateau'] as const;

/** Before this many steps an epoch is not counted against patience: a handful of validation images decides nothing. */
export const FIRST_COUNTED_STEP = 100;

/** λ of `adamw` where the arm names none: its paper's and PyTorch's. */
export const ADAMW_DECAY = 0.01;

export const LOSSES = ['cross-entropy', 'mse', 'mae', 'hinge', 'focal'] as const;
/** Settings that change training images, and so have no meaning for data that are not images. */
export const AUGMENTATIONS = [
  'flip',
  'crop',
  'translate',
  'rotate',
  'zoom',
  'brightness',
  'contrast',
  'saturation',
  'cutout',
  'mixup',
  'cutmix',
] as const;
export const SEARCHES = ['grid'] as const;
/** What a search may look at: figures of the validation images only, so that test images stay unseen. */
export const OBJECTIVES = ['val_accuracy', 'val_loss'] as const;
/** The one metric of `noop`. */
export const NOOP_METRIC = 'score';

/** Of a sweep among others: the middle of 1 to 5, which is Temporal's default, too. */
export const DEFAULT_PRIORITY = 3;
/** TensorFlow threads of a trial. */
export const DEFAULT_THREADS = 1;
