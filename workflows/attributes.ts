/** What the Temporal UI shows of a workflow and can be searched by. */
import { defineSearchAttributeKey } from '@temporalio/common';
import type { SearchAttributePair } from '@temporalio/common';
import type { EndCounts, TrialEnd, TrialRef } from './messages.js';

const keys = {
  sweep: defineSearchAttributeKey('ElbowSweep', 'KEYWORD'),
  arm: defineSearchAttributeKey('ElbowArm', 'KEYWORD'),
  status: defineSearchAttributeKey('ElbowStatus', 'KEYWORD'),
  trial: defineSearchAttributeKey('ElbowTrial', 'INT'),
  trials: defineSearchAttributeKey('ElbowTrials', 'KEYWORD'),
  replicate: defineSearchAttributeKey('ElbowReplicate', 'INT'),
  samplesPerClass: defineSearchAttributeKey('ElbowSamplesPerClass', 'INT'),
};

type Attributes = SearchAttributePair[];

/** Servers refuse keywords that are longer. */
const LONGEST_KEYWORD = 255;

export const statusAttribute = (status: string): Attributes => [{ key: keys.status, value: status }];

export const sweepAttribute = (sweep: string): Attributes => [{ key: keys.sweep, value: sweep }];

/**
 * Attributes of a trial workflow from its start. `running` means that the workflow is: whether the trial has a slot
 * yet is told by its pending activity.
 */
export function trialAttributes(sweep: string, trials: readonly TrialRef[]): Attributes {
  const first = trials[0]!;
  const common: Attributes = [...sweepAttribute(sweep), ...statusAttribute('running')];
  if (trials.length > 1)
    return [...common, { key: keys.trials, value: `${first.number}-${trials.at(-1)!.number}` }];
  return [
    ...common,
    { key: keys.trial, value: first.number },
    { key: keys.arm, value: first.arm.slice(0, LONGEST_KEYWORD) },
    { key: keys.replicate, value: first.replicate },
    ...(first.samplesPerClass === null ? [] : [{ key: keys.samplesPerClass, value: first.samplesPerClass }]),
  ];
}

/** Summaries are one line, and servers refuse those over 400 bytes. */
const LONGEST_SUMMARY = 200;

/** One line on a trial: `optimizer=adam · 100 per class · replicate 1`. */
export function trialSummary(trial: TrialRef): string {
  const size = trial.samplesPerClass === null ? [] : [`${trial.samplesPerClass} per class`];
  const again = trial.attempt > 1 ? [`attempt ${trial.attempt}`] : [];
  const rest = [...size, `replicate ${trial.replicate}`, ...again].join(' · ');
  const room = LONGEST_SUMMARY - rest.length - 3;
  const arm = trial.arm.length > room ? `${trial.arm.slice(0, room - 1)}…` : trial.arm;
  return `${arm} · ${rest}`;
}

export function trialsSummary(trials: readonly TrialRef[]): string {
  if (trials.length === 1) return trialSummary(trials[0]!);
  return `trials ${trials[0]!.number} to ${trials.at(-1)!.number}, one after the other`;
}

/** How a trial ended, for the details: a line of Markdown. */
export function endText(end: TrialEnd): string {
  const figures = [
    ...(end.testAccuracy === null ? [] : [`test accuracy ${end.testAccuracy.toFixed(4)}`]),
    ...(end.valAccuracy === null ? [] : [`validation accuracy ${end.valAccuracy.toFixed(4)}`]),
    ...(end.testAccuracy !== null || end.objective === null ? [] : [`objective ${end.objective.toFixed(4)}`]),
    ...(end.epochs === 0 ? [] : [`${end.epochs} epochs`]),
  ];
  const why = end.failureCode === null ? '' : ` (${end.failureCode}): ${end.failure ?? ''}`;
  return `**Trial ${end.number} ${end.status}**${why}${figures.length > 0 ? ` · ${figures.join(' · ')}` : ''}`;
}

export const noEnds = (): EndCounts => ({ succeeded: 0, pruned: 0, failed: 0, cancelled: 0 });

export const addEnd = (counts: EndCounts, status: TrialEnd['status']): EndCounts => ({
  ...counts,
  [status]: counts[status] + 1,
});

/** `18 succeeded, 1 failed`; `none yet`. */
export function countsText(counts: EndCounts): string {
  const parts = Object.entries(counts).filter(([, n]) => n > 0);
  return parts.length === 0 ? 'none yet' : parts.map(([status, n]) => `${n} ${status}`).join(', ');
}
