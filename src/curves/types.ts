/** What is asked of a learning curve, and what there is to say of it. Types only. */
import type { FamilyName, ScoreRange } from './families.js';
import type { ElbowState, FittedElbow } from './fitted-elbow.js';
import type { Interval } from './intervals.js';
import type { Knee } from './kneedle.js';
import type { LogLinear } from './log-linear.js';
import type { Addition } from './next.js';
import type { TargetAnswer } from './target.js';
import type { CurveWarning } from './warnings.js';

export interface CurveOptions {
  /** What scores can be; null where nothing bounds them. Default 0 to 1. */
  readonly range?: ScoreRange;
  /** Whether higher scores are better, or lower ones, as losses are. Default `maximize`. */
  readonly direction?: 'maximize' | 'minimize';
  /** Of the elbow: what a doubling has to bring, > 0. Default 0.01. */
  readonly delta?: number;
  /** Of all intervals, in (0, 1). Default 0.95. */
  readonly confidence?: number;
  /** A score to be reached; null or left out for none. */
  readonly target?: number | null;
  /** Sizes to be told, > 0; left out for two and four times the largest. */
  readonly at?: readonly number[];
  /**
   * Test images that all scores come from, ≥ 1, where these are shares of right or wrong answers; null or left out where
   * nobody knows.
   */
  readonly testSize?: number | null;
  /**
   * How much of a score's variance p(1 − p)/testSize is due to which test images there are, in [0, 1], by size: replicates that
   * agree on which images are hard leave more to that. 1 where nothing is told; sizes that are not told take the next smaller one.
   */
  readonly agreement?: readonly { readonly n: number; readonly share: number }[];
  /** Labelled images per class that subsets are drawn from; null or left out where nobody knows. */
  readonly pool?: number | null;
  /** Scores that one could still have, to be told how much they would narrow the answer. */
  readonly additions?: readonly Addition[];
  /** Integer in [0, 2³²); equal ones give equal digits. Default 0. */
  readonly seed?: number;
}

/** A size of the data. */
export interface SizeFigures {
  readonly n: number;
  readonly replicates: number;
  readonly mean: number;
  /** Sample standard deviation; null for one score. */
  readonly std: number | null;
  /** Student t interval of the mean with the spread of all sizes; null where nothing is known of that. */
  readonly lo: number | null;
  readonly hi: number | null;
  /** The same on other test images; null where nobody knows how many there are. */
  readonly elsewhere: Interval | null;
}

/** The fitted curve at a size. */
export interface CurveAt {
  readonly n: number;
  readonly score: number;
  /** Of the expected score on this test set, for subsets from this pool. */
  readonly lo: number;
  readonly hi: number;
  /** The same on other test images; null where nobody knows how many there are. */
  readonly elsewhere: Interval | null;
  /** What it is better by than the fitted curve at the largest size, whatever the direction; below 0 for smaller sizes. */
  readonly gain: Interval & { readonly value: number };
  /** The smallest and the largest of what the families say that have a share of at least one in twenty. */
  readonly families: readonly [number, number];
}

export interface CurveElbow extends Omit<FittedElbow, 'reached' | 'share' | 'lastGain'> {
  readonly state: ElbowState;
  readonly reached: boolean | null;
  readonly share: number | null;
  readonly lastGain: FittedElbow['lastGain'] | null;
}

/** Samples for the target, where there is one; the elbow, where the data cannot tell; else the score at twice the largest size. */
export type AskedInterval = 'target' | 'elbow' | 'score';

export interface CurveFit {
  readonly sizes: readonly SizeFigures[];
  /** The likeliest family; null without a fit. */
  readonly family: FamilyName | null;
  /** Of its likeliest curve: offset + factor·basis, and those of the basis; empty without a fit. */
  readonly parameters: Readonly<Record<string, number>>;
  /** How likely each family is, the likeliest first; those below 0.0005 are left out. */
  readonly families: readonly {
    readonly family: FamilyName;
    readonly formula: string;
    readonly share: number;
  }[];
  /** Where the curve goes for n → ∞: at an end that no family gives the metric's bound, or null where it has none. */
  readonly asymptote: {
    readonly value: number;
    readonly lo: number | null;
    readonly hi: number | null;
  } | null;
  readonly elbow: CurveElbow;
  readonly kneedle: readonly Knee[];
  /** The straight line in log n through the means; null with one size, or where nothing is known of the spread. */
  readonly logLinear: LogLinear | null;
  readonly at: readonly CurveAt[];
  readonly target: TargetAnswer | null;
  /** What the additions would narrow, and to which share of its present width each would, in [0, 1]; empty without a fit. */
  readonly narrowing: { readonly asked: AskedInterval; readonly widths: readonly number[] };
  readonly warnings: readonly CurveWarning[];
}
