/** Fetches what a report is made of. */
import { elbowVersion } from '../paths.js';
import type { Storage, SweepRow } from '../storage/storage.js';
import type { AttemptPlace, ReportInput } from './types.js';

/**
 * @param madeAt when the report is made
 * @throws ElbowError `database-unreachable`
 */
export async function collectReport(storage: Storage, sweep: SweepRow, madeAt: Date): Promise<ReportInput> {
  const [results, epochs, attempts] = await Promise.all([
    storage.trialResults(sweep.id),
    storage.epochs(sweep.id),
    storage.attempts(sweep.id),
  ]);
  // In the order of attempts: the last one stays.
  const latest = new Map<number, AttemptPlace>();
  for (const { trial, startedAt, host, environment } of attempts) {
    if (startedAt !== null) latest.set(trial, { trial, host, environment });
  }
  return { sweep, results, epochs, attempts: [...latest.values()], madeAt, elbowVersion };
}
