/** What a report finds of arms beside each other, as plain JSON. Types only; arms stand as their hashes. */
import type { BestOf, Clusters, Comparisons, Crossing, Effects } from '../curves/index.js';

export interface ArmFindings {
  /** What each setting does; null with a single arm, or without scores. */
  readonly effects: EffectsReport | null;
  /** Null with fewer than two arms that have scores. */
  readonly comparisons: ComparisonReport | null;
  /** Of the pairs that are compared. */
  readonly crossings: readonly CrossingReport[];
  /** Of the arms that are compared and those left out for their number; null where no two replicates are whole. */
  readonly bestOf: BestOf | null;
  /** Arms and sizes whose trials either trained or stayed at chance, by arm and size. */
  readonly clusters: readonly ClusterReport[];
}

export interface EffectsReport {
  /** The largest size at which some replicate has all combinations; null where trials have no size, or there is none. */
  readonly n: number | null;
  readonly found: Effects | null;
  /** Settings that stand together as one, `optimizer/learningRate`, because they do not cross. */
  readonly tied: readonly string[];
  /**
   * Why there are none: arms are not all combinations of their settings' values, nor of groups of them; the scores of some are those of survivors of
   * pruning; or no replicate has all combinations at any size. Null where there are.
   */
  readonly reason: 'not-a-grid' | 'survivors-only' | 'no-whole-replicate' | null;
}

export interface ComparisonReport extends Omit<Comparisons, 'at'> {
  /**
   * The largest size that all arms have which are compared, or what was asked for; null where trials have no size, or these none in
   * common.
   */
  readonly n: number | 'mean' | null;
  /** The arm that all others are compared with; null where every two are. */
  readonly against: string | null;
  /** Those that are compared, best by the objective first. */
  readonly arms: readonly string[];
  /** How many more have scores, with lower ranks. */
  readonly leftOut: number;
  /** Arms of which trials were pruned: their scores are those of survivors, and are compared with none. */
  readonly survivorsOnly: readonly string[];
}

export interface CrossingReport extends Crossing {
  /** How many sizes the band holds at together. */
  readonly sizes: number;
}

export interface ClusterReport extends Clusters {
  readonly arm: string;
  readonly n: number;
}

/** What a paper says of how the figures came about. */
export interface Methods {
  /** One paragraph. */
  readonly text: string;
  /** Of the methods that were used, by their first authors. */
  readonly sources: readonly string[];
}
