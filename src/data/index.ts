/** The data sets: what they are, where they come from, and which images a trial sees. */
export { datasetNames, findDataset } from './catalog.js';
export type { DatasetEntry } from './catalog.js';
export { isPresent, readManifest } from './cifar-files.js';
export type { Images } from './cifar-files.js';
export { ensureDataset, loadDataset } from './dataset.js';
export type { Dataset } from './dataset.js';
export { splitFor } from './split.js';
export type { Split, SplitRequest } from './split.js';
