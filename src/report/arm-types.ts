/** An arm in a report, as plain JSON: its curve, its classes, and what to run next. Types only. */
import type { AskedInterval, CurveAt, CurveFit, CurvePoint, Interval, Summary } from '../curves/index.js';
import type { ArmParams } from '../spec/types.js';

/** How long a training took to nine tenths of its best validation accuracy, or the means of several. */
export interface Quickness {
  readonly epochs: number | null;
  readonly steps: number | null;
  readonly seconds: number | null;
}

/** Means over replicates at one size; null where no trial has the figure. */
export interface SplitMeans {
  readonly n: number;
  readonly train: number | null;
  readonly validation: number | null;
  readonly test: number | null;
  /** On changed test images, over all ways and severities. */
  readonly unfamiliar: number | null;
  /** Of training. */
  readonly seconds: number | null;
  readonly quickness: Quickness | null;
}

/** A size of an arm, with its interval on other test images; null where nobody knows how many there are, or nothing is fitted. */
export interface ArmPoint extends CurvePoint {
  readonly elsewhere: Interval | null;
}

/** What the curve through an arm's scores says; the figures of its sizes are in the arm's points. */
export interface ArmFit extends Omit<CurveFit, 'sizes'> {
  /** At twice and four times the arm's largest size, then at sizes that were asked for; empty without a fit. */
  readonly at: readonly CurveAt[];
  /** To be drawn, by size, from the smallest to the last of `at`; empty where it is not. */
  readonly curve: readonly CurveAt[];
}

/** A class of the best arm. */
export interface ClassReport {
  readonly name: string;
  /** Share of its test images that are recognised with the largest size, the mean over replicates, with its t interval. */
  readonly accuracy: number;
  readonly interval: Interval | null;
  /** Of the fitted curve; null where there is none, and of the next doubling where the scores turn. */
  readonly lastGain: (Interval & { readonly value: number }) | null;
  readonly nextGain: (Interval & { readonly value: number }) | null;
  /** Means by size. */
  readonly points: readonly { readonly n: number; readonly mean: number }[];
}

/** Those that profit most from labels first. */
export interface ClassReports {
  /** The arm that is best by the objective. */
  readonly arm: string;
  /** Its largest size. */
  readonly n: number;
  /** How many classes there are. */
  readonly of: number;
  readonly classes: readonly ClassReport[];
}

/** Further trials, and what they are expected to do for the best arm's answer. */
export interface NextStep {
  /** What they are, for `elbow extend`. */
  readonly options: string;
  /** In words. */
  readonly text: string;
  /** Trials of all arms. */
  readonly trials: number;
  /** Of training, one after the other; null where nothing is known. */
  readonly seconds: number | null;
  /** The expected width of the interval, as a share of the present one. */
  readonly width: number;
}

/** What to run next, the most narrowing an hour first. */
export interface NextSteps {
  readonly asked: AskedInterval;
  /** Of the arm that is best by the objective. */
  readonly arm: string;
  readonly steps: readonly NextStep[];
}

/** An arm that was chosen as the best, and what it has on replicates that had no say in that: means of scores at a size. */
export interface ConfirmedReport {
  readonly arm: string;
  /** Null where trials have no size. */
  readonly n: number | null;
  readonly chosen: { readonly replicates: number; readonly mean: number };
  /** Null for one replicate. */
  readonly fresh: { readonly replicates: number; readonly mean: number; readonly interval: Interval | null };
}

/** How far replicates agree on which test images are hard: see CurveOptions. */
export interface ImageAgreement {
  readonly n: number;
  readonly share: number;
}

/** An arm with its curve. */
export interface ArmReport {
  readonly hash: string;
  readonly label: string;
  readonly params: ArmParams;
  /** 1 is the arm that is best by the objective at the largest size that has results; null without results. */
  readonly rank: number | null;
  /** Mean of the objective there. */
  readonly objective: number | null;
  /** Whether plots give it a colour: all arms, or the best of many. */
  readonly isHighlighted: boolean;
  /** Empty where trials have no size or none succeeded. */
  readonly points: readonly ArmPoint[];
  /** Null where the sweep has no two sizes, the arm no results, or so many arms are better that nobody asks. */
  readonly fit: ArmFit | null;
  readonly splits: readonly SplitMeans[];
  /** Whether trials of it were pruned: what is left are the better ones. */
  readonly isSurvivorsOnly: boolean;
  /** Smallest measured size whose mean reaches the target; null if none does, or there is no target. */
  readonly targetAt: number | null;
  /** Scores of trials without a size; null where trials have sizes. */
  readonly sizeless: (Summary & { readonly scores: readonly number[] }) | null;
}

/** An arm as a summary has it. */
export type ArmSummary = Omit<ArmReport, 'splits' | 'isSurvivorsOnly'>;

/** An arm whose curve is fitted. */
export type FittedArm = ArmSummary & { readonly fit: ArmFit };
