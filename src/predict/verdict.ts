/** What is made of a network's answer to a picture: the likeliest classes, and why not to trust them. Pure. */
import { shareBelow, unusualFrom } from './conformal.js';
import { logProbabilities } from './temperature.js';

/** Below it, the answer is more likely wrong than right. */
const LEAST_PROBABILITY = 0.5;

/** Share of a network's own pictures that are called unfamiliar. */
export const FALSE_ALARM_RATE = 0.05;

/** How strange a picture is to a network. */
export interface Unfamiliarity {
  /** Higher is stranger; see familiarity.ts. */
  readonly score: number;
  /** Share of the validation images with a lower score, in [0, 1]. */
  readonly moreUnusualThan: number;
  /** Whether it is called unfamiliar; null with fewer than 19 validation images, when nothing can be. */
  readonly isUnfamiliar: boolean | null;
}

/**
 * What a score means among those of the validation images.
 * @param sorted at least one, ascending
 */
export function placeScore(score: number, sorted: ArrayLike<number>): Unfamiliarity {
  const limit = unusualFrom(sorted, FALSE_ALARM_RATE);
  return {
    score,
    moreUnusualThan: shareBelow(sorted, score),
    isUnfamiliar: limit === null ? null : score > limit,
  };
}

export interface ClassProbability {
  readonly class: string;
  readonly probability: number;
}

/** A reason not to trust the answer. */
export interface Doubt {
  readonly code: 'diverged' | 'chance-level' | 'blank' | 'unfamiliar' | 'unsure';
  readonly message: string;
}

export interface Verdict {
  /** Likeliest first; the earlier class first on a tie. */
  readonly top: readonly ClassProbability[];
  readonly doubts: readonly Doubt[];
}

/** What is known about an answer besides its logits. */
export interface Circumstances {
  /** In the order of the logits. */
  readonly classes: readonly string[];
  readonly temperature: number;
  readonly unfamiliarity: Unfamiliarity | null;
  /** Of the trial; null for none. */
  readonly diagnosis: string | null;
  readonly testAccuracy: number | null;
  /** Whether the picture is of one colour. */
  readonly isBlank: boolean;
}

/** @param most classes to name, integer ≥ 1 */
export function judge(logits: readonly number[], most: number, facts: Circumstances): Verdict {
  const order = logits.map((_, label) => label).sort((a, b) => logits[b]! - logits[a]! || a - b);
  const logs = logProbabilities(logits, facts.temperature);
  const all = order.map((label) => ({ class: facts.classes[label]!, probability: Math.exp(logs[label]!) }));
  return { top: all.slice(0, most), doubts: doubtsOf(all[0]!, facts) };
}

function doubtsOf(best: ClassProbability, facts: Circumstances): Doubt[] {
  const { classes, diagnosis, testAccuracy, unfamiliarity, isBlank } = facts;
  const doubts: Doubt[] = [];
  const accuracy =
    testAccuracy === null ? '' : `: test accuracy ${testAccuracy.toFixed(3)} of ${classes.length} classes`;
  if (diagnosis === 'chance-level') {
    doubts.push({ code: diagnosis, message: `This network guesses${accuracy}. Do not trust the answer.` });
  } else if (diagnosis === 'diverged') {
    doubts.push({
      code: diagnosis,
      message: `The training of this network diverged${accuracy}. Do not trust the answer.`,
    });
  }
  if (isBlank) {
    doubts.push({
      code: 'blank',
      message: 'This picture is of one colour, there is nothing to recognise: do not trust the answer.',
    });
  }
  if (unfamiliarity?.isUnfamiliar) {
    const share = percentBelow(unfamiliarity.moreUnusualThan);
    doubts.push({
      code: 'unfamiliar',
      message: `This picture is unlike the images the network knows (more unusual than ${share} of them): do not trust the answer.`,
    });
  }
  if (best.probability < LEAST_PROBABILITY) {
    doubts.push({
      code: 'unsure',
      message: `The network is not sure: ${best.class} is more likely wrong than right.`,
    });
  }
  return doubts;
}

/** A share as whole percent, rounded down, so that 100 % is said of all alone. */
export const percentBelow = (share: number): string => `${Math.floor(100 * share)} %`;
