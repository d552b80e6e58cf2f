/** Names a sweep file may use, in one place; what is not listed is not built. */

import { datasetNames, findDataset, largestSizeOf } from '../data/catalog.js';
import { initialiserNames, modelNames } from '../models/index.js';

/** What planning and reports need to know of a data set. */
export interface DatasetFacts {
  /** Training images of the smallest class. */
  readonly largestSize: number;
  readonly classes: number;
  /** Height, width, channels. */
  readonly image: readonly [number, number, number];
}

export const DATASETS: Readonly<Record<string, DatasetFacts>> = Object.fromEntries(
  datasetNames.map((name) => {
    const entry = findDataset(name)!;
    return [
      name,
      {
        largestSize: largestSizeOf(entry),
        classes: entry.classes.length,
        image: [entry.height, entry.width, entry.channels],
      },
    ];
  }),
);

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
