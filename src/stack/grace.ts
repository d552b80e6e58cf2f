/** How long a worker that is told to stop may take. */
import { ElbowError } from '../errors.js';

/**
 * A trainer of ours ends between two steps, within a second or two, and Docker's compose here kills after 30 s. Machines that
 * are taken away with a warning give 25 s and more.
 */
const GRACE_SECONDS = 20;

/**
 * @param option of the command line, before ELBOW_GRACE_SECONDS
 * @returns integer ≥ 1
 * @throws ElbowError `usage`
 */
export function readGraceSeconds(option: string | undefined, env: NodeJS.ProcessEnv): number {
  const text = option ?? (env['ELBOW_GRACE_SECONDS'] || undefined);
  if (text === undefined) return GRACE_SECONDS;
  const seconds = Number(text);
  if (/^\d+$/.test(text) && seconds >= 1 && Number.isSafeInteger(seconds * 1000)) return seconds;
  throw new ElbowError(
    'usage',
    `--grace (ELBOW_GRACE_SECONDS) takes a whole number of seconds from 1 on, not ${JSON.stringify(text)}`,
  );
}
