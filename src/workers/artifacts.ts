/** A worker's artifact store, and what it still owes to it. */
import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Artifacts } from '../../activities/index.js';
import { MODELS, modelKey, modelOf, openStore, watchStore } from '../artifacts/index.js';
import type { ArtifactsSetting } from '../artifacts/index.js';
import { messageOf } from '../errors.js';
import { modelPath } from '../models/index.js';
import type { Storage } from '../storage/index.js';

const AGAIN_AFTER_MS = 60_000;

export interface ArtifactsParts {
  readonly storage: Storage;
  /** `ELBOW_HOME/models`. */
  readonly models: string;
  /** Ends the bringing. */
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
}

/**
 * Opens the store, and brings to it in the background what it lacks: the weights of trials that ended while it did not
 * answer, or before it was set.
 * @param againAfterMs when something could not be brought
 * @throws ElbowError `artifacts-refused` where no region is named; `database-unreachable`
 */
export async function openArtifacts(
  setting: ArtifactsSetting,
  { storage, models, signal, note }: ArtifactsParts,
  againAfterMs = AGAIN_AFTER_MS,
): Promise<Artifacts> {
  const store = watchStore(await openStore(setting, await storage.databaseId()), note);
  note(`checkpoints and trained networks go to ${store.place}`);
  /** Of trials whose end may not be stored yet. */
  const owed = new Set<string>();
  let isComplete = false;

  const bring = async (): Promise<void> => {
    const wanted = [...owed];
    const needed = new Set([...wanted, ...(await storage.neededFiles()).weights]);
    const here = digestsIn(models).filter((digest) => needed.has(digest));
    if (here.length > 0) {
      const there = new Set((await store.list(MODELS, signal)).map(({ key }) => modelOf(key)));
      const missing = here.filter((digest) => !there.has(digest));
      for (const digest of missing) await store.put(modelKey(digest), modelPath(models, digest), signal);
      if (missing.length > 0)
        note(
          `brought weights that ${store.place} lacked: ${missing.length} ${missing.length === 1 ? 'file' : 'files'}`,
        );
    }
    for (const digest of wanted) owed.delete(digest);
  };
  const work = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        if (!isComplete || owed.size > 0) await bring();
        isComplete = true;
      } catch (error) {
        // That the store is away it says itself.
        if (!signal.aborted && !store.isAway)
          note(`weights could not be brought to ${store.place}: ${messageOf(error)}`);
      }
      await pause(againAfterMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  };
  void work();
  return { store, owe: (digest) => void owed.add(digest) };
}

function digestsIn(models: string): string[] {
  try {
    return readdirSync(models).flatMap((file) => /^([0-9a-f]{64})\.safetensors$/.exec(file)?.[1] ?? []);
  } catch {
    // Nothing was trained here yet.
    return [];
  }
}
