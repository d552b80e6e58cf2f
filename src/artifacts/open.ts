/** Opens the store that the settings name, and looks whether it works. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ElbowError } from '../errors.js';
import { openFolder } from './folder.js';
import { readArtifactsSetting } from './setting.js';
import type { ArtifactsSetting } from './setting.js';
import type { ArtifactStore } from './store.js';

/**
 * @param space first part of all keys: the database's id, so that sweeps of two databases share a store in peace
 * @throws ElbowError `artifacts-refused`
 */
export async function openStore(setting: ArtifactsSetting, space: string): Promise<ArtifactStore> {
  if (setting.kind === 'folder') return openFolder(setting.path, space);
  // The SDK takes a tenth of a second to load.
  const { openS3 } = await import('./s3.js');
  return openS3(setting, space);
}

/**
 * Writes a small file to the store, reads it back and deletes it, and lists what is there.
 * @returns what to call the store; null where none is set
 * @throws ElbowError `usage` for the setting; else what the store throws
 */
export async function checkStore(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string | null> {
  const setting = readArtifactsSetting(env);
  if (!setting) return null;
  const store = await openStore(setting, 'doctor');
  const folder = await mkdtemp(join(tmpdir(), 'elbow-artifacts-'));
  try {
    const text = `elbow doctor on ${hostname()}, ${new Date().toISOString()}\n`;
    const key = createHash('sha256').update(text).digest('hex');
    const [sent, received] = [join(folder, 'sent'), join(folder, 'received')];
    await writeFile(sent, text);
    await store.put(key, sent, signal);
    try {
      await store.get(key, received, signal);
      const isListed = (await store.list('', signal)).some((one) => one.key === key);
      if ((await readFile(received, 'utf8')) !== text || !isListed) {
        throw new ElbowError('artifact-damaged', `${store.place} does not give back what was written to it`);
      }
    } finally {
      await store.delete([key], signal);
    }
    return setting.kind === 'folder' ? setting.path : placeOf(setting);
  } finally {
    store.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function placeOf({ bucket, prefix, endpoint }: Extract<ArtifactsSetting, { kind: 's3' }>): string {
  const at = endpoint === null ? '' : ` at ${endpoint}`;
  return `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}${at}`;
}
