/** A data set of one's own for training, wherever the trial runs. */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ElbowError } from '../../errors.js';
import type { OwnDataset } from '../../spec/types.js';
import type { DatasetEntry } from '../catalog.js';
import { readChecked } from '../files.js';
import type { ImageSets } from '../images.js';
import { cacheName, entryOf, findCache, layoutOf, readOwnManifest } from './cache.js';
import type { OpenOptions } from '../dataset.js';

/**
 * Loads a data set of one's own, from what was decoded on this machine or, on another one than the sweep was started
 * from, from its folder at the same path.
 * @throws ElbowError `data-missing` when there is neither, or the folder holds something else; `data-damaged`
 */
export async function openOwnDataset(
  own: OwnDataset,
  options: OpenOptions,
): Promise<ImageSets & { readonly entry: DatasetEntry; readonly digest: string }> {
  const folder = findCache(options.dataDir, own.digest) ?? (await decodeHere(own, options));
  const manifest = readOwnManifest(folder);
  const entry: DatasetEntry = {
    ...entryOf(manifest, own.name),
    ...(own.balance === 'none' ? { balance: own.balance } : {}),
  };
  return { entry, ...readChecked(layoutOf(manifest, entry), folder, options.readFile) };
}

async function decodeHere(own: OwnDataset, options: OpenOptions): Promise<string> {
  const what = own.kind === 'csv' ? 'file' : 'folder';
  const cache = join(options.dataDir, cacheName(own.name, own.digest));
  const missing = (came: string, cause?: unknown): ElbowError =>
    new ElbowError('data-missing', `the data set ${own.name} is not on ${hostname()}: ${came}`, {
      hint: `Copy ${own.path} to the same path of ${hostname()}, or the folder ${cacheName(own.name, own.digest)} from ELBOW_HOME/data of the machine that started the sweep to ${cache}; then \`elbow rerun\`.`,
      cause,
    });
  if (!existsSync(own.path)) throw missing(`there is neither ${cache} nor the ${what} ${own.path}`);
  const { prepareDataset } = await import('./prepare.js');
  const prepared = await prepareDataset(own, options).catch((error: unknown) => {
    if (error instanceof ElbowError && error.code === 'data-unusable') {
      throw missing(`there is no ${cache}, and ${error.message}`, error);
    }
    throw error;
  });
  if (prepared.dataset.digest === own.digest) return prepared.folder;
  throw missing(`there is no ${cache}, and the ${what} ${own.path} has changed since the sweep was started`);
}
