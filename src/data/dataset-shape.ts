/** What networks and forecasts need to know of a data set, a published one or one of one's own. Pure. */
import { findDataset, type DatasetEntry } from './catalog.js';
import type { SweepSpec } from '../spec/types.js';

export interface DatasetShape extends Pick<
  DatasetEntry,
  'name' | 'classes' | 'height' | 'width' | 'channels' | 'trainPerClass' | 'testPerClass' | 'balance'
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
  const { balance, ...facts } = dataset;
  const isTable = dataset.kind === 'csv';
  return { ...facts, height, width, channels, isTable, ...(balance === 'none' ? { balance } : {}) };
}
