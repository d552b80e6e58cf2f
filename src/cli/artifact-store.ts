/** The artifact store as commands use it. */
import { openStore, readArtifactsSetting } from '../artifacts/index.js';
import type { ArtifactStore } from '../artifacts/index.js';
import type { Storage } from '../storage/storage.js';

/**
 * Opens the store of ELBOW_ARTIFACTS, hands it to `use` and closes it; null where none is set.
 * @throws ElbowError `usage` for the setting, `artifacts-refused`; whatever `use` throws
 */
export async function withStore<T>(
  env: NodeJS.ProcessEnv,
  storage: Pick<Storage, 'databaseId'>,
  use: (store: ArtifactStore | null) => Promise<T>,
): Promise<T> {
  const setting = readArtifactsSetting(env);
  const store = setting && (await openStore(setting, await storage.databaseId()));
  try {
    return await use(store);
  } finally {
    store?.close();
  }
}
