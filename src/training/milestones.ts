/** How long a training took to come near its best. Pure. */
import type { EpochMetrics } from '../storage/storage.js';

/** Near: this share of the best validation accuracy. */
const SHARE = 0.9;

/**
 * Epochs and steps up to the end of the first epoch whose validation accuracy is at least 0.9 of the best one. Seconds
 * are no bits of a training: the view `trial_results` adds up those of the epochs.
 * @param epochs all, from the first
 * @param stepsPerEpoch integer ≥ 1
 * @returns nothing without validation images, or with none of them right
 */
export function milestones(
  epochs: readonly EpochMetrics[],
  stepsPerEpoch: number,
): Readonly<Record<string, number>> {
  const best = Math.max(...epochs.map(({ valAccuracy }) => valAccuracy ?? 0));
  if (best <= 0) return {};
  const first = epochs.findIndex(({ valAccuracy }) => (valAccuracy ?? 0) >= SHARE * best);
  return { epochs_to_90_percent: first + 1, steps_to_90_percent: (first + 1) * stepsPerEpoch };
}
