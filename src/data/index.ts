/** The data sets: what they are, where they come from, and which images a trial sees. */
export { datasetNames, findDataset } from './catalog.js';
export type { DatasetEntry } from './catalog.js';
export { datasetShape } from './dataset-shape.js';
export type { DatasetShape } from './dataset-shape.js';
export { ensureDataset, isPresent, loadDataset, openDataset, prepareDataset } from './dataset.js';
export type { Dataset, OpenOptions } from './dataset.js';
export { readManifest } from './files.js';
export { packedImages } from './images.js';
export type { Images, Labels } from './images.js';
export { entryOf, listCaches } from './own/cache.js';
export type { CachedDataset, OwnManifest } from './own/cache.js';
export type { Prepared, PrepareOptions } from './own/prepare.js';
export { decodePicture, openPicture, PICTURE_FORMATS, planesOf, UndecodablePicture } from './picture.js';
export { splitFor, splitOf } from './split.js';
export type { Share, Split, SplitRequest } from './split.js';
export { recalibrationOf, trainingOf, validationOf } from './split-sizes.js';
export { byteTables, standardise } from './standardise.js';
export type { Standard } from './standardise.js';
