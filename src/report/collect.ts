/** Fetches what a report is made of. */
import { elbowVersion } from '../paths.js';
import type { Storage, SweepRow } from '../storage/storage.js';
import type { AttemptPlace, ReportInput } from './types.js';

/** Trials whose attempts are asked for at once. */
const AT_ONCE = 16;

/**
 * @param madeAt when the report is made
 * @throws ElbowError `database-unreachable`
 */
export async function collectReport(storage: Storage, sweep: SweepRow, madeAt: Date): Promise<ReportInput> {
  const [results, epochs] = await Promise.all([storage.trialResults(sweep.id), storage.epochs(sweep.id)]);
  const started = results.filter((result) => result.startedAt !== null).map((result) => result.trial);
  const attempts: AttemptPlace[] = [];
  for (let i = 0; i < started.length; i += AT_ONCE) {
    const batch = started.slice(i, i + AT_ONCE);
    attempts.push(...(await Promise.all(batch.map((trial) => latestAttempt(storage, sweep.id, trial)))));
  }
  return { sweep, results, epochs, attempts, madeAt, elbowVersion };
}

async function latestAttempt(storage: Storage, sweepId: string, trial: number): Promise<AttemptPlace> {
  const latest = (await storage.attempts(sweepId, trial)).at(-1);
  return { trial, host: latest?.host ?? null, environment: latest?.environment ?? null };
}
