/** What was decided of a sweep with `until`, as it is stored. Types only. */

/**
 * `met`: every condition holds for every arm; `extended`: replicates were added; else none were, because the looks or the
 * budget are used up, or arms have too few scores to be looked at.
 */
export type DecisionKind = 'met' | 'extended' | 'looks-used' | 'budget-used' | 'too-few-scores';

/** What a condition had of an arm. */
export interface DecisionFigure {
  /** Its label. */
  readonly arm: string;
  /** As the spec has it. */
  readonly condition: string;
  /** Null where the interval has no end, or cannot be said. */
  readonly value: number | null;
  readonly isMet: boolean;
}

export interface NewDecision {
  /** Of the sweep, from 1. */
  readonly look: number;
  /** Of every arm and size at the look. */
  readonly replicates: number;
  readonly until: readonly string[];
  readonly decision: DecisionKind;
  /** Replicates, > 0 where it is `extended`, else 0. */
  readonly added: number;
  /** A sentence. */
  readonly reason: string;
  readonly figures: readonly DecisionFigure[];
}

export interface DecisionRow extends NewDecision {
  readonly at: Date;
}
