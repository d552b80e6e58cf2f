/** Checkpoints on this machine, of an attempt and of those before it. */
import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileDigest, progressOf } from '../src/artifacts/index.js';
import type { AttemptTask } from '../src/storage/index.js';
import { checkpointsOf } from './trainables.js';
import type { Places } from './trainables.js';

/** What is said when an attempt goes on from the checkpoints of an earlier one. */
export const takesOver = (attempt: number): string =>
  `takes over the checkpoints of attempt ${attempt}, which did not come to its end`;

/**
 * An attempt that was cancelled or lost left its checkpoints behind: a further one is the same training, to the bit, and
 * goes on from there.
 * @returns what is to be said of that; null where there is nothing to inherit
 */
export function inheritCheckpoints(
  { attemptId, earlierAttemptIds }: Pick<AttemptTask, 'attemptId' | 'earlierAttemptIds'>,
  places: Places,
): string | null {
  const own = checkpointsOf(attemptId, places);
  if (existsSync(own)) return null;
  const from = earlierAttemptIds.findLastIndex((id) => existsSync(checkpointsOf(id, places)));
  if (from < 0) return null;
  try {
    renameSync(checkpointsOf(earlierAttemptIds[from]!, places), own);
    return takesOver(from + 1);
  } catch {
    // Somebody else was quicker; the training starts over.
    return null;
  }
}

/** The file of the newest checkpoint of an attempt here whose content is what was written; null where there is none. */
export async function newestHere(attemptId: string, places: Places): Promise<string | null> {
  const folder = checkpointsOf(attemptId, places);
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => progressOf(file) !== null) : [];
  for (const file of files.sort().reverse()) {
    const digest = await fileDigest(join(folder, file));
    if (digest !== null && file.includes(digest)) return file;
  }
  return null;
}
