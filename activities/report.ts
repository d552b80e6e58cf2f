import {
  MOST_DETAILED,
  buildReport,
  buildSummary,
  collectReport,
  collectSummary,
  summaryMarkdown,
  totalOf,
} from '../src/report/index.js';
import type { Storage } from '../src/storage/index.js';

/**
 * The sweep's results as Markdown, for the details of its workflow. Written just before the sweep is marked finished,
 * because a sweep that is may be run again at once, under the same workflow id.
 */
export async function report(storage: Storage, sweepId: string, now: Date): Promise<string> {
  const sweep = { ...(await storage.getSweep(sweepId)), status: 'finished' as const, finishedAt: now };
  // Of very many trials nothing is said of single ones.
  const counts = await storage.countTrials(sweepId);
  if (totalOf(counts) > MOST_DETAILED)
    return summaryMarkdown(buildSummary(await collectSummary(storage, sweep, counts, now)));
  return summaryMarkdown(buildReport(await collectReport(storage, sweep, now)));
}
