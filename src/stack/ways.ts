/** Getting one thing in one of several ways: each is tried, and each that fails is named. */
import { ElbowError, asElbowError, messageOf } from '../errors.js';

export interface Way<T> {
  /** As it stands in messages: `Temporal CLI on PATH`. */
  readonly name: string;
  bring(): Promise<T>;
}

/** Whether an error, or what caused it, says that the disk is full (or the user's share of it). */
export function isDiskFull(thrown: unknown): boolean {
  for (let at = thrown; at instanceof Error; at = at.cause) {
    const code = (at as NodeJS.ErrnoException).code;
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'install-disk-full') return true;
  }
  return false;
}

/** Whether a program said on its output that the disk is full. */
export const saysDiskFull = (output: string): boolean =>
  /ENOSPC|No space left on device|Disk quota exceeded|nospc/i.test(output);

/** The error of a full disk. */
export function diskFull(what: string, folder: string, cause?: unknown): ElbowError {
  return new ElbowError('install-disk-full', `no space left while bringing ${what} into ${folder}`, {
    hint: 'Free some space (elbow needs about 3 GB), or set ELBOW_HOME to a folder on a larger disk, and run the same command again.',
    cause,
  });
}

/**
 * Tries the ways in order and returns what the first one that works brings.
 * @param byHand what to do when none works: one sentence
 * @throws ElbowError `install-digest` when what came was the wrong file, else `install-unavailable`; at once
 *   `install-disk-full`, `interrupted`: another way would not help
 */
export async function firstWay<T>(what: string, ways: readonly Way<T>[], byHand: string): Promise<T> {
  const failures: { name: string; error: ElbowError }[] = [];
  for (const way of ways) {
    try {
      return await way.bring();
    } catch (error) {
      const failure = asElbowError(error, 'install-unavailable');
      if (failure.code === 'interrupted' || failure.code === 'install-disk-full') throw failure;
      failures.push({ name: way.name, error: failure });
    }
  }
  const isWrongFile = failures.some(({ error }) => error.code === 'install-digest');
  const tried = failures.map(({ name, error }, i) => `  ${i + 1}. ${name}: ${messageOf(error)}`).join('\n');
  throw new ElbowError(
    isWrongFile ? 'install-digest' : 'install-unavailable',
    `${what} could not be brought. Tried in this order:\n${tried}`,
    { hint: byHand, cause: failures.at(-1)?.error, others: failures.map(({ error }) => error) },
  );
}
