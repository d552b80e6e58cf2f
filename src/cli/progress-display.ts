/** Progress on stderr: bars on a terminal, a line for each ended trial elsewhere. */
import type { TrialResult } from '../storage/storage.js';
import type { Look } from './looks.js';
import type { Output } from './output.js';
import { endedLine, epochLimit, leftText, progressOf, rateText } from './progress.js';
import type { Progress } from './progress.js';
import { trialText } from './sweep-facts.js';
import { cutText } from './text.js';

export interface ProgressDisplay {
  /** Shows the sweep as it is now. */
  update(look: Look, now: number): void;
  /** A line that stays. */
  note(line: string): void;
  /** Takes the bars away. */
  stop(): void;
}

/**
 * @param known how many trials had ended before
 * @param startedAt in milliseconds since 1970
 */
export async function createProgressDisplay(
  out: Output,
  known: number,
  startedAt: number,
): Promise<ProgressDisplay> {
  const progress = (look: Look, now: number): Progress =>
    progressOf(look, { at: startedAt, ended: known }, now);
  if (out.isTerminal) return createBars(out, progress);
  return {
    update: (look, now) => {
      const { ended, total } = progress(look, now);
      let count = ended - look.ended.length;
      for (const result of look.ended) out.note(endedLine(result, ++count, total));
    },
    note: (line) => out.note(line),
    stop: () => undefined,
  };
}

/** Bars of single trials; more would fill a small terminal. */
const MOST_BARS = 8;

async function createBars(
  out: Output,
  progress: (look: Look, now: number) => Progress,
): Promise<ProgressDisplay> {
  const { default: cliProgress } = await import('cli-progress');
  const size = Math.max(10, Math.min(30, Math.floor(out.width / 4)));
  const bars = new cliProgress.MultiBar(
    {
      stream: out.stderr,
      format: ' {bar} {text}',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: size,
      hideCursor: true,
      clearOnComplete: true,
      // Ctrl-C is main's to handle; the cursor comes back in stop().
      gracefulExit: false,
      emptyOnZero: true,
      linewrap: null,
    },
    cliProgress.Presets.shades_classic,
  );
  const room = Math.max(20, out.width - size - 4);
  const total = bars.create(1, 0, { text: 'planning' });
  const running = new Map<number, ReturnType<typeof bars.create>>();
  return {
    update: (look, now) => {
      const moment = progress(look, now);
      for (const result of look.ended) {
        if (result.status === 'failed') bars.log(`${endedLine(result, moment.ended, moment.total)}\n`);
      }
      total.setTotal(Math.max(1, moment.total));
      total.update(moment.ended, { text: cutText(totalText(moment), room) });
      // Trials without epochs have nothing that could fill a bar.
      const shown = moment.running.filter((one) => epochLimit(one) !== null).slice(0, MOST_BARS);
      for (const [trial, bar] of running) {
        if (shown.some((one) => one.trial === trial)) continue;
        bars.remove(bar);
        running.delete(trial);
      }
      for (const result of shown) {
        const text = { text: cutText(runningText(result), room) };
        const bar = running.get(result.trial) ?? bars.create(epochLimit(result) ?? 1, 0, text);
        running.set(result.trial, bar);
        bar.update(result.epochs, text);
      }
    },
    note: (line) => bars.log(`${line}\n`),
    stop: () => bars.stop(),
  };
}

/** `3/21 trials · 1 failed · 12.5 trials/min · about 1 m 20 s left` */
export function totalText(progress: Progress): string {
  if (progress.total === 0) return 'planning';
  return [
    `${progress.ended}/${progress.total} trials`,
    ...(progress.failed > 0 ? [`${progress.failed} failed`] : []),
    ...(progress.rate === null ? [] : [rateText(progress.rate)]),
    ...(progress.ended < progress.total ? [leftText(progress.secondsLeft)] : []),
  ].join(' · ');
}

/** `trial 4: lenet · 50 per class · replicate 0 · epoch 7 of 50` */
export function runningText(result: TrialResult): string {
  const limit = epochLimit(result);
  const epoch =
    result.epochs === 0 ? 'starting' : `epoch ${result.epochs}${limit === null ? '' : ` of ${limit}`}`;
  return `trial ${result.trial}: ${trialText(result)} · ${epoch}`;
}
