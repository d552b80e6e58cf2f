/** How quick trainings were: up to nine tenths of a training's own best validation accuracy. Pure. */
import { meanOrNull } from '../curves/index.js';
import type { TrialResult } from '../storage/storage.js';
import type { Quickness } from './types.js';

/**
 * How quick a trial was. Epochs and steps are metrics of the trial; its epochs' seconds are added up in the database.
 * @returns null where the trial has none of the figures
 */
export function quicknessOf({
  metrics,
  secondsTo90Percent: seconds,
}: Pick<TrialResult, 'metrics' | 'secondsTo90Percent'>): Quickness | null {
  const epochs = metrics['epochs_to_90_percent'];
  if (epochs === undefined) return null;
  return { epochs, steps: metrics['steps_to_90_percent'] ?? null, seconds };
}

/**
 * Means over trials, each figure over those that have it.
 * @returns null where none has any
 */
export function meanQuickness(trials: readonly (Quickness | null)[]): Quickness | null {
  const known = trials.filter((one) => one !== null);
  if (known.length === 0) return null;
  const mean = (pick: (one: Quickness) => number | null): number | null =>
    meanOrNull(known.flatMap((one) => pick(one) ?? []));
  return {
    epochs: mean(({ epochs }) => epochs),
    steps: mean(({ steps }) => steps),
    seconds: mean(({ seconds }) => seconds),
  };
}
