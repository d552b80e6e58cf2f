/** Files of `ELBOW_HOME` that belong to sweeps: finding those that nothing needs, and removing them. */
import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { homeFolders } from '../paths.js';
import type { SweepFiles } from '../storage/storage.js';

/** A file or folder, and what it takes. */
export interface Leftover {
  readonly path: string;
  readonly kind: 'weights' | 'checkpoints' | 'drafts';
  readonly bytes: number;
}

/**
 * What is younger than that may be about to be needed: weights are written before their trial's end is stored, and a
 * draft before it is moved to its place.
 */
export const YOUNG_MS = 60 * 60_000;

/** `DIGEST.safetensors`, and what was worked out from it and lies beside it. */
const OF_WEIGHTS = /^([0-9a-f]{64})\./;
/** `NAME.PID`: a file that was being written. */
const DRAFT = /\.\d+$/;

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

/** What of a removed sweep is on this machine. */
export function filesOf(home: string, { weights, attempts }: SweepFiles): string[] {
  const models = homeFolders.models(home);
  const digests = new Set(weights);
  return [
    ...namesIn(models)
      .filter((file) => digests.has(OF_WEIGHTS.exec(file)?.[1] ?? ''))
      .map((file) => join(models, file)),
    ...attempts.map((id) => join(homeFolders.checkpoints(home), id)).filter((path) => existsSync(path)),
  ];
}

/**
 * What no sweep needs: weights that no attempt refers to, checkpoints that no attempt may go on from, drafts of
 * writers that died.
 * @param needed weights of all attempts, and the attempts that a later one may go on from
 * @param now in milliseconds since 1970
 */
export function findLeftovers(home: string, needed: SweepFiles, now: number): Leftover[] {
  const models = homeFolders.models(home);
  const checkpoints = homeFolders.checkpoints(home);
  const digests = new Set(needed.weights);
  const attempts = new Set(needed.attempts);
  const found = [
    ...namesIn(models).flatMap((name): Omit<Leftover, 'bytes'>[] => {
      const path = join(models, name);
      if (DRAFT.test(name)) return [{ path, kind: 'drafts' }];
      const digest = OF_WEIGHTS.exec(name)?.[1];
      return digest === undefined || digests.has(digest) ? [] : [{ path, kind: 'weights' }];
    }),
    ...namesIn(checkpoints)
      .filter((name) => !attempts.has(name))
      .map((name): Omit<Leftover, 'bytes'> => ({ path: join(checkpoints, name), kind: 'checkpoints' })),
  ];
  return found
    .filter(({ path }) => now - lstatSync(path).mtimeMs > YOUNG_MS)
    .map((one) => ({ ...one, bytes: bytesOf(one.path) }));
}

/** Links count by themselves: a program may put any into its folder. */
function bytesOf(path: string): number {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return stat.size;
  return namesIn(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0);
}

export function removeFiles(paths: readonly string[]): void {
  for (const path of paths) rmSync(path, { recursive: true, force: true });
}
