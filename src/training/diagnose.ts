/** What is to be said of a training that ended. Pure. */
import type { Finding } from '../storage/storage.js';
import type { Evidence } from './evidence.js';
import { atChance, diverged } from './rules/failing.js';
import { epochLimit, overfitting, stoppedTooEarly, underfitting } from './rules/fit.js';
import { deadUnits, exploding, vanishing } from './rules/layers.js';

/**
 * Every finding, most telling first: that the training came to nothing, then what in the network is the cause, then
 * what could still be gained. How a network fits its images is not asked where it has learned nothing.
 */
export function diagnose(evidence: Evidence): Finding[] {
  const failed = [...diverged(evidence), ...atChance(evidence)];
  const causes = [...deadUnits(evidence), ...exploding(evidence), ...vanishing(evidence)];
  const fit = [...stoppedTooEarly(evidence), ...underfitting(evidence), ...overfitting(evidence)];
  return [...failed, ...causes, ...epochLimit(evidence), ...(failed.length > 0 ? [] : fit)];
}
