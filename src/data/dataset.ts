/** Data sets by name: brought once by whoever starts a sweep, loaded by trainers. */
import { join } from 'node:path';
import { ElbowError } from '../errors.js';
import type { AskedDataset, OwnDataset } from '../spec/types.js';
import type { StackOptions } from '../stack/index.js';
import { datasetNames, type DatasetEntry } from './catalog.js';
import { cifar10 } from './cifar10.js';
import { isComplete, readChecked, type DatasetSource, type ReadFile } from './files.js';
import type { ImageSets } from './images.js';
import { mnist } from './mnist.js';
import { openOwnDataset } from './own/open.js';
import type { Prepared, PrepareOptions } from './own/prepare.js';

export interface Dataset extends ImageSets {
  readonly entry: DatasetEntry;
  /** SHA-256 of the content in hex. */
  readonly digest: string;
}

export interface OpenOptions extends PrepareOptions {
  /** How files get into memory; left out for a copy in that of the process. */
  readonly readFile?: ReadFile;
}

const sources: readonly DatasetSource[] = [cifar10, mnist];

function sourceOf(name: string): DatasetSource {
  const source = sources.find(({ entry }) => entry.name === name);
  if (source) return source;
  throw new ElbowError('usage', `there is no data set ${name}; there are ${datasetNames.join(', ')}`, {
    hint: '`elbow datasets` lists them.',
  });
}

/**
 * Brings a data set unless it is there.
 * @throws ElbowError of the exit code 5, or `data-damaged`; `usage` for a name that is none
 */
export async function ensureDataset(
  name: string,
  options: StackOptions,
): Promise<{ digest: string; folder: string }> {
  const source = sourceOf(name);
  // Bringing needs libraries that nothing else does.
  const { bringDataset } = await import('./bring.js');
  return bringDataset(source, options);
}

/**
 * Whether a whole data set seems to be there.
 * @param dataDir `ELBOW_HOME/data`
 * @throws ElbowError `usage` for a name that is none
 */
export function isPresent(name: string, dataDir: string): boolean {
  return isComplete(sourceOf(name), join(dataDir, name));
}

/**
 * Loads a data set, checked against its digest.
 * @param dataDir `ELBOW_HOME/data`
 * @param read how files get into memory; left out for a copy in that of the process
 * @throws ElbowError `data-missing`, `data-damaged`; `usage` for a name that is none
 */
export function loadDataset(name: string, dataDir: string, read?: ReadFile): Dataset {
  const source = sourceOf(name);
  return { entry: source.entry, ...readChecked(source, join(dataDir, name), read) };
}

/**
 * Loads the data set of a sweep: a published one, or one of somebody's own, which is decoded here where it only lies here.
 * @throws ElbowError `data-missing`, `data-damaged`; `usage` for a name that is none
 */
export async function openDataset(dataset: string | OwnDataset, options: OpenOptions): Promise<Dataset> {
  return typeof dataset === 'string'
    ? loadDataset(dataset, options.dataDir, options.readFile)
    : openOwnDataset(dataset, options);
}

/**
 * Looks at a folder or table of somebody's own, and decodes it unless that was done.
 * @throws ElbowError `data-unusable`, `install-disk-full`, `interrupted`
 */
export async function prepareDataset(asked: AskedDataset, options: PrepareOptions): Promise<Prepared> {
  // Decoding needs libraries that nothing else does.
  const { prepareDataset: prepare } = await import('./own/prepare.js');
  return prepare(asked, options);
}
