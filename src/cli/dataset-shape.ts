/** What networks and forecasts need to know of a data set, a published one or one of one's own. Pure. */
import { findDataset, type DatasetEntry } from '../data/catalog.js';
import type { SweepSpec } from '../spec/types.js';

export type DatasetShape = Pick<
  DatasetEntry,
  'name' | 'classes' | 'height' | 'width' | 'channels' | 'trainPerClass' | 'testPerClass'
>;

/** Undefined for a name that is none. */
export function datasetShape(dataset: SweepSpec['dataset']): DatasetShape | undefined {
  if (typeof dataset === 'string') return findDataset(dataset);
  const [height, width, channels] = dataset.image;
  return { ...dataset, height, width, channels };
}
