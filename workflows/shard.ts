import {
  CancellationScope,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  setCurrentDetails,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { SignalDefinition } from '@temporalio/workflow';
import { addEnd, countsText, noEnds, trialAttributes, trialsSummary } from './attributes.js';
import { control } from './calls.js';
import { startCancellable } from './children.js';
import { CANCELLED, reasonOf } from './failures.js';
import { SIGNALS, workflowIds } from './messages.js';
import type { EndCounts, OpenMessage, ShardInput, TrialInput, TrialRef } from './messages.js';
import { goSignal, heldSignal, stopSignal as stopTrialSignal, trial } from './trial.js';
import { canRelease, canStart, isDone, isQuiet, mustReport, openWindow, reduceWindow } from './window.js';

/** What it may have open, and the how-manieth such message it is: signals that follow closely may overtake each other. */
export const concurrencySignal = defineSignal<[allowed: number, order?: number]>(SIGNALS.concurrency);
export const openSignal = defineSignal<[OpenMessage]>(SIGNALS.open);
export const quietSignal = defineSignal(SIGNALS.quiet);
export const stopSignal = defineSignal(SIGNALS.stop);
export const followedSignal = defineSignal(SIGNALS.followed);

/**
 * Runs the queued trials of a range, each in a workflow of its own, not more at once than it is allowed.
 * @throws CancelledFailure when it was cancelled, after all its trials have ended and that is stored
 */
export async function shard(input: ShardInput): Promise<EndCounts> {
  const { sweepId, first, last, key = first } = input;
  let counts = noEnds();
  // Handlers come first: a signal may be waiting already. The total is known once the trials are.
  let limit = input.concurrency;
  let window = openWindow(0, limit);
  /** Whether the sweep knows that nothing runs since it may not. */
  let isQuietKnown = false;
  let heard = 0;
  setHandler(concurrencySignal, (allowed, order = heard) => {
    if (order < heard) return;
    heard = order;
    limit = allowed;
    if (allowed > 0) isQuietKnown = false;
    window = reduceWindow(window, { type: 'limit', limit: allowed });
  });
  let { isLast } = input;
  setHandler(followedSignal, () => {
    isLast = false;
  });
  /** Workflows that are open, by the number of their first trial; and those of them that are held, in order. */
  const open = new Map<number, string>();
  const held: number[] = [];
  const tellTrial = (number: number, signal: SignalDefinition): Promise<void> =>
    // One that has ended meanwhile need not hear it.
    getExternalWorkflowHandle(open.get(number)!)
      .signal(signal)
      .catch(() => undefined);
  setHandler(heldSignal, (number) => {
    if (!open.has(number)) return;
    held.push(number);
    window = reduceWindow(window, { type: 'held' });
  });
  setHandler(stopSignal, () => {
    for (const number of open.keys()) if (!held.includes(number)) void tellTrial(number, stopTrialSignal);
  });

  const runTrials = async (trials: readonly TrialRef[]): Promise<void> => {
    const { number, attempt } = trials[0]!;
    const workflowId =
      input.key === undefined
        ? workflowIds.trial(input.name, number)
        : workflowIds.laterTrial(input.name, number, attempt);
    open.set(number, workflowId);
    try {
      const options = {
        workflowId,
        args: [{ sweepId, name: input.name, pool: input.pool, trials, timeouts: input.timeouts }] as [
          TrialInput,
        ],
        typedSearchAttributes: trialAttributes(input.name, trials),
        staticSummary: trialsSummary(trials),
        staticDetails: `Sweep \`${input.name}\`, ${trials.length === 1 ? `trial ${trials[0]!.number}, attempt ${trials[0]!.attempt}` : `${trials.length} trials`}.`,
      };
      const handle = await startCancellable(() => startChild(trial, options));
      const ends = await handle.result();
      for (const end of ends) counts = addEnd(counts, end.status);
    } catch (error) {
      // A cancelled trial has stored that itself; of one that was never begun, this shard's own cancellation takes care.
      if (isCancellation(error)) {
        counts = { ...counts, cancelled: counts.cancelled + trials.length };
      } else {
        const message = `the workflow that ran the trial ended without its result: ${reasonOf(error)}`;
        const ends = await CancellationScope.nonCancellable(() =>
          control.record({ sweepId, trials, status: 'failed', failure: { code: 'workflow-lost', message } }),
        );
        for (const end of ends) counts = addEnd(counts, end.status);
      }
    } finally {
      open.delete(number);
      const place = held.indexOf(number);
      if (place >= 0) held.splice(place, 1);
      window = reduceWindow(window, { type: 'ended', wasHeld: place >= 0 });
      show();
    }
  };
  // Storing an end may fail for good (the sweep was removed): then the shard cannot go on.
  let problem: { readonly error: unknown } | null = null;
  const show = (): void =>
    setCurrentDetails(
      `Trials ${first} to ${last}: ${countsText(counts)}; ${window.open} workflows open${window.held === 0 ? '' : `, ${window.held} of them held`}.`,
    );

  try {
    const batches = inBatches(await trialsToRun(input), input.trialsPerWorkflow);
    window = openWindow(batches.length, limit);
    while (!isDone(window)) {
      while (canRelease(window)) {
        window = reduceWindow(window, { type: 'released' });
        void tellTrial(held.shift()!, goSignal);
      }
      while (canStart(window)) {
        const batch = batches[window.started]!;
        window = reduceWindow(window, { type: 'started' });
        void runTrials(batch).catch((error: unknown) => (problem = { error }));
      }
      show();
      if (!isLast && mustReport(window)) {
        window = reduceWindow(window, { type: 'reported' });
        await tellSweep(openSignal, { first: key, open: window.open });
      }
      if (isQuiet(window) && !isQuietKnown) {
        isQuietKnown = true;
        await tellSweep(quietSignal);
      }
      await condition(
        () =>
          problem !== null ||
          canRelease(window) ||
          canStart(window) ||
          isDone(window) ||
          (isQuiet(window) && !isQuietKnown) ||
          (!isLast && mustReport(window)),
      );
      if (problem !== null) throw (problem as { readonly error: unknown }).error;
    }
    return counts;
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(async () => {
      await condition(() => window.open === 0);
      await control.closeTrials({
        sweepId,
        first,
        last,
        status: 'cancelled',
        failure: CANCELLED,
        ...(input.claim ? { claim: input.claim } : {}),
      });
    });
    throw error;
  }
}

const trialsToRun = ({ sweepId, first, last, claim }: ShardInput): Promise<readonly TrialRef[]> =>
  claim ? control.trialsOf(sweepId, { first, last }, claim) : control.trialsOf(sweepId, { first, last });

async function tellSweep<Args extends unknown[]>(
  signal: SignalDefinition<Args>,
  ...args: Args
): Promise<void> {
  const { parent } = workflowInfo();
  // Only tests start a shard without a sweep.
  if (parent) await getExternalWorkflowHandle(parent.workflowId).signal(signal, ...args);
}

function inBatches(trials: readonly TrialRef[], size: number): (readonly TrialRef[])[] {
  const batches: (readonly TrialRef[])[] = [];
  for (let start = 0; start < trials.length; start += size) batches.push(trials.slice(start, start + size));
  return batches;
}
