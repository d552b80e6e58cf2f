/**
 * Trainings that either work or stay at chance: then a mean of all and its t interval tell of neither, and what is to be told is
 * how many worked, and how well. Pure.
 */
import { meanOf } from './intervals.js';

/** A network has learnt when it came this share of the way from guessing to every image right. */
const LEARNT = 0.1;
/** How far luck of the test set takes a guess from chance, in standard errors; beyond it, one in 16,000. */
const LUCK = 4;

/**
 * The accuracy above which a network counts as trained, chance + 0.1 (1 − chance): 0.19 on ten classes, 0.55 on two.
 * @param chance accuracy of guessing, in (0, 1)
 */
export const trainedAbove = (chance: number): number => chance + LEARNT * (1 - chance);

export interface Clusters {
  /** Scores above `trainedAbove`, and above what luck allows. */
  readonly trained: number;
  readonly of: number;
  /** Mean of those that trained. */
  readonly mean: number;
}

/**
 * Scores are two clusters when some are at chance, as far as luck of the test set can tell (4 √(chance (1 − chance)/testSize)
 * on either side), and all others have trained.
 * @param scores accuracies of one arm at one size; in any order
 * @param testSize test images, integer ≥ 1
 * @returns null where that is not so: all trained, none did, or some are in between
 */
export function clustersOf(scores: readonly number[], chance: number, testSize: number): Clusters | null {
  const luck = LUCK * Math.sqrt((chance * (1 - chance)) / testSize);
  const least = Math.max(trainedAbove(chance), chance + luck);
  const trained = scores.filter((score) => score > least).sort((a, b) => a - b);
  const stuck = scores.filter((score) => Math.abs(score - chance) <= luck).length;
  if (trained.length === 0 || stuck === 0 || trained.length + stuck < scores.length) return null;
  return { trained: trained.length, of: scores.length, mean: meanOf(trained) };
}
