/** How far a sweep is, and how long it still takes. Pure. */
import { groupBy } from '../group-by.js';
import type { ProgressRow, TrialResult } from '../storage/storage.js';
import type { Look } from './looks.js';
import { isTrialEnded, trialText } from './sweep-facts.js';
import { countedText, durationText, figureText } from './text.js';

/** What following a sweep shows at one moment. */
export interface Progress {
  readonly ended: number;
  readonly total: number;
  readonly failed: number;
  /** Of very many the first. */
  readonly running: readonly TrialResult[];
  /** Trials ended per second since following began; null before the first. */
  readonly rate: number | null;
  /** Null where nothing can be said yet. */
  readonly secondsLeft: number | null;
}

/**
 * @param since when following began, and how many had ended by then
 * @param now both in milliseconds since 1970
 */
export function progressOf(
  look: Pick<Look, 'rows' | 'running'>,
  since: { readonly at: number; readonly ended: number },
  now: number,
): Progress {
  const { rows, running } = look;
  const ended = endedOf(rows);
  const seconds = (now - since.at) / 1000;
  const fresh = ended - since.ended;
  return {
    ended,
    total: trialsOf(rows),
    failed: trialsOf(rows.filter((row) => row.status === 'failed')),
    running,
    rate: fresh > 0 && seconds > 0 ? fresh / seconds : null,
    secondsLeft: secondsLeft(look, now),
  };
}

const trialsOf = (rows: readonly ProgressRow[]): number => rows.reduce((sum, { trials }) => sum + trials, 0);

/** How many trials have ended. */
export const endedOf = (rows: readonly ProgressRow[]): number =>
  trialsOf(rows.filter(({ status }) => isTrialEnded(status)));

/**
 * Trials of one size take alike, and larger ones longer, about in proportion: each open trial is given the mean of
 * its size, or that of the nearest size in proportion, less what it has run already; the sum is shared among those
 * that run at once.
 * @returns null before the first trial has succeeded
 */
export function secondsLeft({ rows, running }: Pick<Look, 'rows' | 'running'>, now: number): number | null {
  const means = meanSeconds(rows);
  if (means.size === 0) return null;
  const open = rows.filter(({ status }) => !isTrialEnded(status));
  let sum = open.reduce(
    (all, { samplesPerClass, trials }) => all + trials * expectedSeconds(means, samplesPerClass),
    0,
  );
  for (const { samplesPerClass, startedAt } of running) {
    const gone = startedAt ? Math.max(0, now - startedAt.getTime()) / 1000 : 0;
    sum -= Math.min(gone, expectedSeconds(means, samplesPerClass));
  }
  return Math.max(0, sum) / Math.max(1, trialsOf(open.filter(({ status }) => status === 'running')));
}

function meanSeconds(rows: readonly ProgressRow[]): Map<number | null, number> {
  const succeeded = rows.filter(({ status, trials }) => status === 'succeeded' && trials > 0);
  const bySize = groupBy(succeeded, ({ samplesPerClass }) => samplesPerClass);
  return new Map(
    [...bySize].map(([size, own]) => [
      size,
      own.reduce((sum, { seconds }) => sum + seconds, 0) / trialsOf(own),
    ]),
  );
}

function expectedSeconds(means: ReadonlyMap<number | null, number>, size: number | null): number {
  const known = means.get(size);
  if (known !== undefined) return known;
  const sized = [...means].filter((entry): entry is [number, number] => entry[0] !== null);
  if (size === null || sized.length === 0) return Math.max(...means.values());
  const [nearest, mean] = sized.reduce((best, one) =>
    Math.abs(Math.log(one[0] / size)) < Math.abs(Math.log(best[0] / size)) ? one : best,
  );
  return (mean * size) / nearest;
}

/** `3.2 trials/s`, or `12.5 trials/min` for slow ones. */
export function rateText(rate: number | null): string {
  if (rate === null) return '–';
  if (rate >= 1) return `${rate >= 10 ? Math.round(rate) : rate.toFixed(1)} trials/s`;
  const perMinute = rate * 60;
  return `${perMinute >= 10 ? Math.round(perMinute) : perMinute.toFixed(1)} trials/min`;
}

/** `about 1 m 20 s left`; a guess, so to two figures: 87 s is `1 m 30 s`. */
export function leftText(seconds: number | null): string {
  if (seconds === null) return 'time left not known yet';
  const step = seconds < 20 ? 1 : seconds < 600 ? 10 : 60;
  const rounded = Math.max(step, Math.round(seconds / step) * step);
  return rounded < 10
    ? `about ${rounded} s left`
    : `about ${durationText(rounded).replace(/ 0 [ms]$/, '')} left`;
}

/** A trial that has ended, in one line: `[ 3/21] trial 2 succeeded: …`. */
export function endedLine(result: TrialResult, ended: number, total: number): string {
  const place = `[${`${ended}`.padStart(`${total}`.length)}/${total}]`;
  return `${place} trial ${result.trial} ${result.status}: ${[trialText(result), ...figures(result)].join(' · ')}`;
}

/** What nearly every trial of few images is told, and what belongs to the whole curve: `elbow trial` and the report say it. */
const ADVICE: ReadonlySet<string> = new Set(['overfitting', 'underfitting', 'stopped-too-early']);

function figures(result: TrialResult): string[] {
  if (result.status === 'failed') {
    return [[result.failureCode, result.failureMessage].filter(Boolean).join(': ')];
  }
  const score =
    result.testAccuracy !== null
      ? [`test accuracy ${figureText(result.testAccuracy)}`]
      : result.objective !== null
        ? [`score ${figureText(result.objective)}`]
        : [];
  return [
    ...score,
    ...(result.epochs > 0 ? [countedText(result.epochs, 'epoch')] : []),
    ...(result.seconds === null ? [] : [durationText(result.seconds)]),
    ...(result.diagnosis === null || ADVICE.has(result.diagnosis) ? [] : [result.diagnosis]),
  ];
}

/** The most epochs of a trial, where its settings say so. */
export function epochLimit(result: TrialResult): number | null {
  const limit = result.params['epochs'];
  return typeof limit === 'number' && limit > 0 ? limit : null;
}
