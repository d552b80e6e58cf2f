/** What of an artifact store belongs to sweeps: finding what nothing needs, and removing it. */
import { CHECKPOINTS, checkpointOf, checkpointPrefix, modelKey, modelOf } from '../artifacts/index.js';
import type { ArtifactStore, Draft } from '../artifacts/index.js';
import type { SweepFiles } from '../storage/storage.js';
import { YOUNG_MS } from './leftovers.js';
import type { Leftover } from './leftovers.js';

/** Of the store; its path is the store's place and a key, or what begins the keys of an attempt. */
export interface StoredLeftover extends Leftover {
  readonly keys: readonly string[];
  readonly drafts: readonly Draft[];
}

/**
 * What no sweep needs: weights that no attempt refers to, checkpoints of attempts that need none, writes that were broken
 * off. Nothing that is younger than an hour, by the store's clock.
 * @param now in milliseconds since 1970
 */
export async function findStoredLeftovers(
  store: ArtifactStore,
  needed: SweepFiles,
  { now, signal }: { readonly now: number; readonly signal: AbortSignal },
): Promise<StoredLeftover[]> {
  const isOld = ({ modifiedMs }: { readonly modifiedMs: number }): boolean => now - modifiedMs > YOUNG_MS;
  const digests = new Set(needed.weights);
  const attempts = new Set(needed.attempts);
  const weights: StoredLeftover[] = [];
  const byAttempt = new Map<string, { keys: string[]; bytes: number }>();
  for (const one of (await store.list('', signal)).filter(isOld)) {
    const { key, bytes } = one;
    const digest = modelOf(key);
    const attempt = checkpointOf(key)?.attemptId;
    if (digest !== null && !digests.has(digest)) {
      weights.push({ path: `${store.place}/${key}`, kind: 'weights', bytes, keys: [key], drafts: [] });
    } else if (attempt !== undefined && !attempts.has(attempt)) {
      const group = byAttempt.get(attempt) ?? { keys: [], bytes: 0 };
      group.keys.push(key);
      group.bytes += bytes;
      byAttempt.set(attempt, group);
    }
  }
  const checkpoints = [...byAttempt].map(([attempt, { keys, bytes }]): StoredLeftover => ({
    path: `${store.place}/${checkpointPrefix(attempt)}`,
    kind: 'checkpoints',
    bytes,
    keys,
    drafts: [],
  }));
  const drafts = (await store.drafts()).filter(isOld).map((draft): StoredLeftover => ({
    path: `${store.place}/${draft.name}`,
    kind: 'drafts',
    bytes: draft.bytes,
    keys: [],
    drafts: [draft],
  }));
  return [...weights, ...checkpoints, ...drafts];
}

/**
 * Removes leftovers, but those that have come to be needed since they were found: somebody may have taken their time to
 * answer a question, and other hosts train meanwhile.
 */
export async function removeStored(
  store: ArtifactStore,
  leftovers: readonly StoredLeftover[],
  { needed, signal }: { readonly needed: () => Promise<SweepFiles>; readonly signal: AbortSignal },
): Promise<void> {
  if (leftovers.length === 0) return;
  const still = await findStoredLeftovers(store, await needed(), { now: Date.now(), signal });
  const isLeft = new Set(still.flatMap(({ keys }) => keys));
  await store.delete(
    leftovers.flatMap(({ keys }) => keys).filter((key) => isLeft.has(key)),
    signal,
  );
  await store.dropDrafts(leftovers.flatMap(({ drafts }) => drafts));
}

/** Removes what a sweep that was deleted has left in the store. */
export async function removeStoredSweep(
  store: ArtifactStore,
  { weights, attempts }: SweepFiles,
  signal: AbortSignal,
): Promise<void> {
  const own = new Set(attempts);
  const checkpoints = (await store.list(CHECKPOINTS, signal))
    .map(({ key }) => key)
    .filter((key) => own.has(checkpointOf(key)?.attemptId ?? ''));
  await store.delete([...weights.map(modelKey), ...checkpoints], signal);
}
