/** Data sets by name: brought once by whoever starts a sweep, loaded by trainers. */
import { join } from 'node:path';
import { ElbowError } from '../errors.js';
import type { StackOptions } from '../stack/index.js';
import { datasetNames, findDataset, type DatasetEntry } from './catalog.js';
import { readCifar10, type Images } from './cifar-files.js';

export interface Dataset {
  readonly entry: DatasetEntry;
  readonly train: Images;
  readonly test: Images;
  /** SHA-256 of the content in hex. */
  readonly digest: string;
}

function entryOf(name: string): DatasetEntry {
  const entry = findDataset(name);
  if (entry) return entry;
  throw new ElbowError('usage', `there is no data set ${name}; there are ${datasetNames.join(', ')}`, {
    hint: '`elbow datasets` lists them.',
  });
}

/** Brings a data set unless it is there. @throws ElbowError of the exit code 5, or `data-damaged` */
export async function ensureDataset(
  name: string,
  options: StackOptions,
): Promise<{ digest: string; folder: string }> {
  entryOf(name);
  // Decoding needs libraries that nothing else does.
  const { ensureCifar10 } = await import('./cifar10.js');
  return ensureCifar10(options);
}

/**
 * Loads a data set into memory, checked against its digest.
 * @param dataDir `ELBOW_HOME/data`
 * @throws ElbowError `data-missing`, `data-damaged`
 */
export function loadDataset(name: string, dataDir: string): Dataset {
  const entry = entryOf(name);
  return { entry, ...readCifar10(join(dataDir, entry.name)) };
}
