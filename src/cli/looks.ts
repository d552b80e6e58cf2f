/** Looking at a sweep again and again, so that a look costs little however many trials there are. */
import type { EndedTrial, ProgressRow, Storage, TrialResult } from '../storage/storage.js';
import { isTrialEnded } from './sweep-facts.js';

/** A sweep at one moment. */
export interface Look {
  /** All trials, by size and status. */
  readonly rows: readonly ProgressRow[];
  /** Trials that run; of very many the first. */
  readonly running: readonly TrialResult[];
  /** Those that have ended since the last look, in the order in which they did; none at the first. */
  readonly ended: readonly TrialResult[];
}

/** Trials that run which are looked at one by one. */
const MOST_RUNNING = 200;
/** Of attempts that have ended, read at once; and of their results. */
const MOST_ENDS = 1_000;
/**
 * An end is stored with the time at which its transaction began, and is seen when that commits: so far back is looked each
 * time. One that takes longer is counted, but not told.
 */
const OVERLAP_MS = 10_000;

const keyOf = ({ trial, attempt }: EndedTrial): string => `${trial}/${attempt}`;

/** Looks at a sweep from now on. */
export function createLooks(storage: Storage, sweepId: string): () => Promise<Look> {
  let from: Date | null = null;
  /** Ends at or after `from` that were told. */
  let told = new Map<string, EndedTrial>();

  const endsSince = async (since: Date): Promise<EndedTrial[]> => {
    const ends: EndedTrial[] = [];
    for (let after = { finishedAt: since, trial: -1 }; ;) {
      const page = await storage.endedTrials(sweepId, after, MOST_ENDS);
      ends.push(...page);
      if (page.length < MOST_ENDS) return ends;
      after = page.at(-1)!;
    }
  };
  const resultsOf = async (ends: readonly EndedTrial[]): Promise<TrialResult[]> => {
    const results: TrialResult[] = [];
    for (let start = 0; start < ends.length; start += MOST_ENDS) {
      const numbers = ends.slice(start, start + MOST_ENDS).map(({ trial }) => trial);
      results.push(...(await storage.trialsNamed(sweepId, numbers)));
    }
    // One that was run again meanwhile has not ended any more.
    const byTrial = new Map(
      results.filter(({ status }) => isTrialEnded(status)).map((one) => [one.trial, one]),
    );
    return [...new Set(ends.map(({ trial }) => trial))].flatMap((trial) => byTrial.get(trial) ?? []);
  };

  return async () => {
    const isFirst = from === null;
    from ??= new Date((await storage.now()).getTime() - OVERLAP_MS);
    // Ends first: what is counted has been told then, and not the other way round.
    const all = await endsSince(from);
    const fresh = all.filter((end) => !told.has(keyOf(end)));
    const [rows, running, ended] = await Promise.all([
      storage.progress(sweepId),
      storage.runningTrials(sweepId, MOST_RUNNING),
      isFirst ? [] : resultsOf(fresh),
    ]);
    const last = all.at(-1)?.finishedAt.getTime() ?? 0;
    const next = new Date(Math.max(from.getTime(), last - OVERLAP_MS));
    from = next;
    told = new Map(all.filter(({ finishedAt }) => finishedAt >= next).map((end) => [keyOf(end), end]));
    return { rows, running, ended };
  };
}
