/** What networks and forecasts need to know of a data set, a published one or one of one's own. Pure. */
import { findDataset, type DatasetEntry } from '../data/catalog.js';
import type { SweepSpec } from '../spec/types.js';

export interface DatasetShape extends Pick<
  DatasetEntry,
  'name' | 'classes' | 'height' | 'width' | 'channels' | 'trainPerClass' | 'testPerClass'
> {
  readonly isTable: boolean;
}

/** Undefined for a name that is none. */
export function datasetShape(dataset: SweepSpec['dataset']): DatasetShape | undefined {
  if (typeof dataset === 'string') {
    const entry = findDataset(dataset);
    return entry && { ...entry, isTable: entry.columns !== undefined };
  }
  const [height, width, channels] = dataset.image;
  return { ...dataset, height, width, channels, isTable: dataset.kind === 'csv' };
}
