/** A store that says once when it does not answer, and once when it does again. */
import { ElbowError, messageOf } from '../errors.js';
import type { ArtifactStore } from './store.js';

export interface WatchedStore extends ArtifactStore {
  /** Whether the last thing that was asked of it failed because of the store. */
  readonly isAway: boolean;
}

const isStores = (error: unknown): boolean =>
  error instanceof ElbowError &&
  (error.code === 'artifacts-unreachable' ||
    error.code === 'artifacts-refused' ||
    error.code === 'disk-full');

/** @param note of the worker's log */
export function watchStore(store: ArtifactStore, note: (line: string) => void): WatchedStore {
  let isAway = false;
  const watch = async <T>(work: Promise<T>): Promise<T> => {
    try {
      const result = await work;
      if (isAway) note(`the artifact store ${store.place} answers again`);
      isAway = false;
      return result;
    } catch (error) {
      if (isStores(error) && !isAway) {
        isAway = true;
        note(
          `${messageOf(error)}; trainings go on, and what they keep stays on this machine until it is back`,
        );
      }
      throw error;
    }
  };
  return {
    get isAway() {
      return isAway;
    },
    place: store.place,
    put: (key, file, signal) => watch(store.put(key, file, signal)),
    get: (key, file, signal) => watch(store.get(key, file, signal)),
    list: (prefix, signal) => watch(store.list(prefix, signal)),
    delete: (keys, signal) => watch(store.delete(keys, signal)),
    drafts: () => watch(store.drafts()),
    dropDrafts: (drafts) => watch(store.dropDrafts(drafts)),
    close: () => store.close(),
  };
}
