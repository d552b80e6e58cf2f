/** Keeping with an artifact store: what is made here is brought there, and what is there is brought here to go on from. */
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  checkpointKey,
  checkpointOf,
  checkpointPrefix,
  createUploads,
  modelKey,
  progressOf,
} from '../src/artifacts/index.js';
import type { StoredCheckpoint, WatchedStore } from '../src/artifacts/index.js';
import { asElbowError, messageOf } from '../src/errors.js';
import { modelPath } from '../src/models/index.js';
import type { AttemptTask } from '../src/storage/index.js';
import { inheritCheckpoints, newestHere, takesOver } from './checkpoints-here.js';
import { localKeeping } from './keeping.js';
import type { Keeping, KeepingHooks } from './keeping.js';
import { checkpointsOf } from './trainables.js';
import type { Places } from './trainables.js';

/** A worker's store. */
export interface Artifacts {
  readonly store: WatchedStore;
  /** Weights that could not be brought there: the worker brings them when the store is back. */
  owe(digest: string): void;
}

/** As on a machine: one is whole whatever happens to the other. */
const KEPT = 2;
/** A store that is away for a moment is worth waiting for where all that was trained would be trained again. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 1_000;
/** Of tidying up, which `elbow gc` can do as well. */
const REMOVAL_LIMIT_MS = 10_000;

/** How far a checkpoint is, in words. */
const placeText = ({ epochs, steps }: Pick<StoredCheckpoint, 'epochs' | 'steps'>): string =>
  steps === 0 ? `epoch ${epochs}` : `step ${steps} of epoch ${epochs + 1}`;

/** Those to go on from, the best first: of the latest attempt, its latest execution, and of that the newest. */
function inOrder(found: readonly StoredCheckpoint[], attempts: readonly string[]): StoredCheckpoint[] {
  const age = ({ attemptId }: StoredCheckpoint): number => attempts.indexOf(attemptId);
  return [...found].sort(
    (a, b) => age(b) - age(a) || b.lease - a.lease || b.epochs - a.epochs || b.steps - a.steps,
  );
}

/** @param parts of the worker; without a store everything stays on its machine */
export function createKeeping(
  { places, artifacts }: { readonly places: Places; readonly artifacts: Artifacts | null },
  task: AttemptTask,
  hooks: KeepingHooks,
): Keeping {
  const local = localKeeping(task, places, hooks);
  return artifacts ? storedKeeping(task, { places, artifacts, local }, hooks) : local;
}

/** @param local the same on this machine alone */
function storedKeeping(
  task: AttemptTask,
  { places, artifacts, local }: { places: Places; artifacts: Artifacts; local: Keeping },
  hooks: KeepingHooks,
): Keeping {
  const { store } = artifacts;
  const { signal } = hooks;
  const log = (text: string): void => hooks.log(text);
  /** The first one first. */
  const attempts = [...task.earlierAttemptIds, task.attemptId];
  /** What may be in the store of this attempt and earlier ones, and is ours to remove: never a successor's. */
  const keys = new Set<string>();
  /** Whether `keys` has all of it. */
  let isComplete = false;
  /** Of this execution, the oldest first. */
  const stored: string[] = [];
  let isToldAway = false;

  const list = async (limit: AbortSignal): Promise<StoredCheckpoint[]> => {
    const found: StoredCheckpoint[] = [];
    for (const attemptId of attempts) {
      const all = await store.list(checkpointPrefix(attemptId), limit);
      found.push(...all.flatMap(({ key }) => checkpointOf(key) ?? []));
    }
    for (const { key, attemptId, lease } of found) {
      if (attemptId !== task.attemptId || lease <= task.lease) keys.add(key);
    }
    isComplete = true;
    return inOrder(found, attempts);
  };
  const drop = async (obsolete: readonly string[], limit: AbortSignal): Promise<void> => {
    if (obsolete.length === 0) return;
    await store.delete(obsolete, limit);
    for (const key of obsolete) keys.delete(key);
  };

  const uploads = createUploads({
    put: async (file, stop) => {
      const key = checkpointKey(task.attemptId, task.lease, basename(file));
      // One that is broken off may have come through all the same.
      keys.add(key);
      await store.put(key, file, stop);
    },
    onStored: async (file, stop) => {
      if (isToldAway) log(`the artifact store ${store.place} answers again`);
      isToldAway = false;
      const key = checkpointKey(task.attemptId, task.lease, basename(file));
      stored.push(key);
      hooks.setCheckpoint(`${store.place}/${key}`);
      if (stored.length < KEPT) return;
      const newest = new Set(stored.slice(-KEPT));
      // Those that cannot be removed now are at the end.
      await drop(
        [...keys].filter((one) => !newest.has(one)),
        stop,
      ).catch(() => undefined);
    },
    onFailed: (error) => {
      if (isToldAway) return;
      isToldAway = true;
      log(
        `${messageOf(error)}; the training goes on, and until that is mended its checkpoints are on ${hostname()} alone`,
      );
    },
  });

  /** Tries again where the store does not answer, until `deadline`. */
  const patiently = async <T>(deadline: number, work: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        const isAway = asElbowError(error).code === 'artifacts-unreachable';
        if (!isAway || performance.now() + PAUSE_MS > deadline) throw error;
        await pause(PAUSE_MS, undefined, { signal }).catch(() => undefined);
        signal.throwIfAborted();
      }
    }
  };

  /** @returns whether one is on this machine now; said in the log */
  const bring = async (here: string | null, deadline: number): Promise<boolean> => {
    const reached = here === null ? null : progressOf(here);
    const tried = new Set<string>();
    // A predecessor that was taken for dead may remove one for a newer one: then there is something new in the second list.
    for (let round = 0; round < 2; round++) {
      for (const one of await patiently(deadline, () => list(signal))) {
        const isFurther =
          !reached ||
          one.epochs > reached.epochs ||
          (one.epochs === reached.epochs && one.steps > reached.steps);
        if (!isFurther) return true;
        if (tried.has(one.key)) continue;
        tried.add(one.key);
        try {
          const file = join(checkpointsOf(task.attemptId, places), one.file);
          await patiently(deadline, () => store.get(one.key, file, signal));
          const attempt = attempts.indexOf(one.attemptId) + 1;
          if (attempt < attempts.length) log(takesOver(attempt));
          log(`brought the checkpoint after ${placeText(one)} from ${store.place}`);
          return true;
        } catch (error) {
          signal.throwIfAborted();
          log(`the checkpoint after ${placeText(one)} in ${store.place} is not used: ${messageOf(error)}`);
        }
      }
      if (tried.size === 0) break;
    }
    return here !== null;
  };

  return {
    prepare: async () => {
      // The first execution of a trial: nothing can be anywhere.
      if (attempts.length === 1 && task.lease === 1) {
        isComplete = true;
        return;
      }
      const inherited = inheritCheckpoints(task, places);
      if (inherited !== null) log(inherited);
      const here = await newestHere(task.attemptId, places);
      const mayBeThere = task.checkpoint !== null || attempts.length > 1;
      const mustWait = here === null && mayBeThere && !store.isAway;
      try {
        if (await bring(here, performance.now() + (mustWait ? PATIENCE_MS : 0))) return;
      } catch (error) {
        signal.throwIfAborted();
        isToldAway = true;
        log(`${messageOf(error)}; what this trial has there is not used`);
        if (here !== null) return;
      }
      if (task.checkpoint || keys.size > 0) log('no checkpoint of this trial can be had: it starts over');
    },
    checkpoint: (path) => uploads.offer(path),
    weights: async (digest) => {
      await uploads.settle(0);
      if (digest === null) return;
      try {
        const file = modelPath(places.models, digest);
        await patiently(performance.now() + (store.isAway ? 0 : PATIENCE_MS), () =>
          store.put(modelKey(digest), file, signal),
        );
      } catch (error) {
        artifacts.owe(digest);
        log(
          `${messageOf(error)}; the weights are on ${hostname()} alone, and its worker brings them there when it can`,
        );
      }
    },
    leave: (limitMs) => uploads.settle(limitMs),
    remove: async () => {
      await local.remove();
      await uploads.settle(0);
      if (store.isAway) return;
      const limit = AbortSignal.timeout(REMOVAL_LIMIT_MS);
      try {
        if (!isComplete) await list(limit);
        await drop([...keys], limit);
      } catch {
        // What stays behind changes nothing, and `elbow gc` deletes it.
      }
    },
  };
}
