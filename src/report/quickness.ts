/** How quick trainings were: up to nine tenths of a training's own best validation accuracy. Pure. */
import { meanOrNull } from '../curves/index.js';
import type { EpochMetrics, TrialResult } from '../storage/storage.js';
import type { Quickness } from './types.js';

/**
 * How quick a trial was. Epochs and steps are metrics of the trial; seconds are added up over those epochs, as the view
 * `trial_results` does.
 * @param epochs of the trial's latest attempt, in any order
 * @returns null where the trial has none of the figures; seconds are null where one of the epochs is missing
 */
export function quicknessOf(
  { metrics }: Pick<TrialResult, 'metrics'>,
  epochs: readonly EpochMetrics[],
): Quickness | null {
  const count = metrics['epochs_to_90_percent'];
  if (count === undefined) return null;
  const own = epochs.filter(({ epoch }) => epoch <= count);
  return {
    epochs: count,
    steps: metrics['steps_to_90_percent'] ?? null,
    seconds: own.length < count ? null : own.reduce((sum, { seconds }) => sum + seconds, 0),
  };
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
