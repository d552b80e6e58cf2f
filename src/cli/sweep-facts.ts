/** What is said of sweeps and trials in many commands. Pure. */
import { adviceOf, EXIT, isErrorCode } from '../errors.js';
import type { ExitCode } from '../errors.js';
import type {
  Counts,
  FailedTrials,
  SweepRow,
  SweepStatus,
  TrialResult,
  TrialStatus,
} from '../storage/storage.js';
import { cutText } from './text.js';

const ENDED: readonly SweepStatus[] = ['finished', 'cancelled', 'failed'];

/** Whether a sweep in this state does nothing any more by itself. */
export const isEnded = (status: SweepStatus): boolean => ENDED.includes(status);

export const isTrialEnded = (status: TrialStatus): boolean => status !== 'queued' && status !== 'running';

/** What to do next with a sweep: to follow it, to let it go on, or to look at what it has. */
export function nextText({ name, status }: Pick<SweepRow, 'name' | 'status'>): string {
  if (status === 'pausing' || status === 'paused') return `Go on: \`elbow resume ${name}\`.`;
  return isEnded(status) ? `Look at it: \`elbow show ${name}\`.` : `Follow it: \`elbow watch ${name}\`.`;
}

/** All trials of a sweep. */
export const totalOf = (counts: Counts): number => Object.values(counts).reduce((sum, n) => sum + n, 0);

/** Wall time from the first start to the end, or to now while it runs; null before it starts. */
export function sweepSeconds(sweep: SweepRow, now: Date): number | null {
  if (sweep.startedAt === null) return null;
  return Math.max(0, ((sweep.finishedAt ?? now).getTime() - sweep.startedAt.getTime()) / 1000);
}

/** The shape scripts rely on; more keys may stand beside these. */
export interface SweepDocument {
  readonly sweep: string;
  readonly status: SweepStatus;
  readonly counts: Counts;
  readonly trials: number;
  readonly seconds: number | null;
}

export function sweepDocument(sweep: SweepRow, counts: Counts, now: Date): SweepDocument {
  const { queued, running, succeeded, pruned, failed, cancelled } = counts;
  return {
    sweep: sweep.name,
    status: sweep.status,
    counts: { queued, running, succeeded, pruned, failed, cancelled },
    trials: totalOf(counts),
    seconds: sweepSeconds(sweep, now),
  };
}

/** 0 when a sweep finished and no trial failed or was cancelled, else 3. */
export function sweepExitCode(status: SweepStatus, counts: Counts): ExitCode {
  const isWhole = status === 'finished' && counts.failed === 0 && counts.cancelled === 0;
  return isWhole ? EXIT.done : EXIT.sweepIncomplete;
}

/** `20 succeeded, 1 failed`; statuses without a trial are left out. */
export function countsText(counts: Counts): string {
  const parts = (['succeeded', 'pruned', 'failed', 'cancelled', 'running', 'queued'] as const)
    .filter((status) => counts[status] > 0)
    .map((status) => `${counts[status].toLocaleString('en-US')} ${status}`);
  return parts.length === 0 ? 'no trials yet' : parts.join(', ');
}

/** `lenet · 100 per class · replicate 1`: what a trial is. */
export function trialText(result: TrialResult): string {
  const size =
    result.samplesPerClass === null ? [] : [`${result.samplesPerClass.toLocaleString('en-US')} per class`];
  return [result.armLabel, ...size, `replicate ${result.replicate}`].join(' · ');
}

/** Failures with one code, and one of them as an example. */
export interface FailureGroup {
  readonly code: string;
  readonly trials: readonly number[];
  readonly example: string;
  /** What to do; null where the example says it. */
  readonly advice: string | null;
}

/** With what to do about its code. */
export const failureGroup = (failed: FailedTrials): FailureGroup => ({
  ...failed,
  advice: isErrorCode(failed.code) ? adviceOf(failed.code) : null,
});

/** Numbers as `0–3, 7, 9 … (12 in all)`: runs joined, at most `most` of them named. */
export function numbersText(numbers: readonly number[], most = 6): string {
  const runs: [number, number][] = [];
  for (const n of numbers) {
    const last = runs.at(-1);
    if (last && n === last[1] + 1) last[1] = n;
    else runs.push([n, n]);
  }
  const shown = runs.slice(0, most).map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`));
  return runs.length > most ? `${shown.join(', ')} … (${numbers.length} in all)` : shown.join(', ');
}

/** The place of a sweep's workflows in the Temporal UI; null where its address is not known. */
export function temporalLink(
  temporal: { readonly uiUrl: string | null; readonly namespace: string } | null,
  sweep: string,
): string | null {
  if (!temporal?.uiUrl) return null;
  const query = encodeURIComponent(`ElbowSweep="${sweep}"`);
  return `${temporal.uiUrl.replace(/\/$/, '')}/namespaces/${encodeURIComponent(temporal.namespace)}/workflows?query=${query}`;
}

/**
 * What arms are called in a column of a table. Labels that are too wide lose the names of their settings, which the title has
 * then, because a cut would leave arms that look alike.
 */
export function armColumn(
  labels: readonly string[],
  widest: number,
): { readonly title: string; readonly texts: readonly string[] } {
  const parts = labels.map((label) => label.split(' ').map((part) => part.split('=')));
  const keysOf = (label: readonly (readonly string[])[]): string => label.map(([key]) => key).join(' ');
  const isWide = labels.some((label) => label.length > widest);
  const areAlike = parts.every(
    (label) => keysOf(label) === keysOf(parts[0]!) && label.every(({ length }) => length === 2),
  );
  if (!isWide || !areAlike) return { title: 'arm', texts: labels.map((label) => cutText(label, widest)) };
  return {
    title: cutText(keysOf(parts[0]!), widest),
    texts: parts.map((label) => cutText(label.map(([, value]) => value).join(' '), widest)),
  };
}
