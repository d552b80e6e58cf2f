/** The report as plain JSON: everything that is drawn or printed is collected here first. Types only. */
import type { AskedInterval, CurveAt, CurveFit, CurvePoint, Interval, Summary } from '../curves/index.js';
import type { ArmFindings } from './finding-types.js';
import type { ArmParams, SweepSpec } from '../spec/types.js';
import type { Confusion } from './classes.js';
import type {
  ArmFacts,
  AttemptPlace,
  Counts,
  EpochMetrics,
  Environment,
  LayerFigures,
  SweepRow,
  SweepStatus,
  TrialFigures,
  TrialResult,
  TrialStatus,
} from '../storage/storage.js';

/** What a summary is made of. */
export interface SummaryInput {
  readonly sweep: SweepRow;
  /** In the order of their first trials. */
  readonly arms: readonly ArmFacts[];
  /** One a trial: its latest attempt. */
  readonly figures: readonly TrialFigures[];
  /** Of the arms that are fitted: which test images were right, one bit each. */
  readonly correct?: readonly { readonly trial: number; readonly correct: Uint8Array }[];
  /** Where arms and figures are of the leading arms alone, what there is in all; else left out. */
  readonly whole?: WholeSweep;
  readonly madeAt: Date;
}

/** A sweep of which the leading arms alone are looked at. */
export interface WholeSweep {
  readonly counts: Counts;
  readonly arms: number;
  /** Trials that succeeded without a score. */
  readonly scoreless: number;
}

/** What a report is made of. */
export interface ReportInput {
  readonly sweep: SweepRow;
  /** One a trial: its latest attempt. */
  readonly results: readonly TrialResult[];
  /** Of the latest attempts; of very many trials those that are drawn. */
  readonly epochs: readonly (EpochMetrics & { readonly trial: number })[];
  /** Of the arms that are fitted: which test images were right, one bit each. */
  readonly correct?: SummaryInput['correct'];
  /** Of the trials of the arm that is best by the objective. */
  readonly confusions?: readonly Confusion[];
  /** Where they ran, for "how it was made". */
  readonly attempts?: readonly AttemptPlace[];
  /** When it is made. */
  readonly madeAt: Date;
  readonly elbowVersion: string;
}

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
  /** At twice and four times the arm's largest size; empty without a fit. */
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
  /** Smallest measured size whose mean reaches the target; null if none does, or there is no target. */
  readonly targetAt: number | null;
  /** Scores of trials without a size; null where trials have sizes. */
  readonly sizeless: (Summary & { readonly scores: readonly number[] }) | null;
}

/** An arm as a summary has it. */
export type ArmSummary = Omit<ArmReport, 'splits'>;

/** Arms that are equal in everything but the learning rate, judged at the rate that is best in validation. */
export interface RateGroup {
  /** Of the arm at the chosen rate. */
  readonly hash: string;
  /** The size at which rates are judged: the largest that the group has results for. */
  readonly n: number;
  /** The chosen rate. */
  readonly rate: number;
  /** Whether the chosen rate is the lowest or the highest tried: the best of all may lie outside. */
  readonly edge: 'lowest' | 'highest' | null;
  /** Means at the chosen rate, with the interval that curves show of the test accuracy, and over how many trials. */
  readonly validation: number;
  readonly test: number;
  readonly interval: Interval | null;
  readonly trials: number;
  /** The largest rate whose mean test accuracy is above `trainsAbove`; null where none is, or that is null. */
  readonly largestTraining: number | null;
  /** At the chosen rate; null where no trial has the figures. */
  readonly quickness: Quickness | null;
  /** Every rate that could be judged, ascending; at least two. */
  readonly rates: readonly {
    readonly rate: number;
    readonly hash: string;
    readonly validation: number;
    readonly test: number;
  }[];
}

/** Settings, each at its best learning rate. */
export interface RateReport {
  /** The test accuracy above which a network counts as trained; null where chance is not known. */
  readonly trainsAbove: number | null;
  /** By test accuracy, best first; at least one. */
  readonly groups: readonly RateGroup[];
  /** How many groups have fewer than two rates that could be judged. */
  readonly leftOut: number;
}

/** A trial as tables show it. Times in ISO 8601. */
export interface TrialReport {
  readonly trial: number;
  readonly arm: string;
  readonly armHash: string;
  readonly params: ArmParams;
  readonly samplesPerClass: number | null;
  readonly replicate: number;
  readonly attempt: number;
  readonly status: TrialStatus;
  readonly epochs: number;
  readonly bestEpoch: number | null;
  readonly trainLoss: number | null;
  readonly valLoss: number | null;
  readonly testLoss: number | null;
  readonly trainAccuracy: number | null;
  readonly valAccuracy: number | null;
  readonly testAccuracy: number | null;
  readonly objective: number | null;
  /** All others, by name. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly seconds: number | null;
  readonly imagesPerSecond: number | null;
  readonly quickness: Quickness | null;
  readonly diagnosis: string | null;
  readonly worker: string | null;
  readonly failureCode: string | null;
  readonly failureMessage: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** Trials that failed with one code. */
export interface FailureGroup {
  readonly code: string;
  /** What the code means, in words. */
  readonly meaning: string;
  /** Trial numbers, ascending. */
  readonly trials: readonly number[];
  /** Different messages, most frequent first. */
  readonly messages: readonly string[];
}

/** Trials about which one thing was found. */
export interface DiagnosisGroup {
  readonly code: string;
  /** In words. */
  readonly title: string;
  /** Trial numbers, ascending. */
  readonly trials: readonly number[];
  /** Those of each arm and of how many that succeeded, the largest share first. */
  readonly arms: readonly {
    readonly hash: string;
    readonly label: string;
    readonly trials: number;
    readonly of: number;
  }[];
  readonly example: {
    readonly trial: number;
    readonly evidence: string;
    readonly remedies: readonly string[];
    /** Empty where it is not about layers. */
    readonly layers: readonly LayerFigures[];
  };
}

/** Something to know before the figures are believed. */
export interface Note {
  readonly code:
    | 'partial'
    | 'missing'
    | 'one-replicate'
    | 'epoch-limit'
    | 'large-batch'
    | 'no-validation'
    | 'clusters'
    | 'diagnosis'
    | 'environments'
    | 'reruns'
    | 'chosen'
    | 'details'
    | 'not-monotone'
    | 'pool-used'
    | 'error-bars';
  readonly text: string;
}

/** The epochs of a trial, for loss curves. */
export interface TrialEpochs {
  readonly trial: number;
  readonly epochs: readonly EpochMetrics[];
}

/** An environment that trials ran in, and how many did. */
export interface EnvironmentReport extends Environment {
  readonly trials: number;
  readonly hosts: readonly string[];
}

/** A whole report, as `report.json` holds it. */
export interface ReportModel extends ArmFindings {
  /** Raised when a key changes its meaning. */
  readonly format: 2;
  readonly madeAt: string;
  readonly elbowVersion: string;
  readonly sweep: {
    readonly name: string;
    readonly status: SweepStatus;
    readonly createdAt: string;
    readonly startedAt: string | null;
    readonly finishedAt: string | null;
    /** From start to end, or until now. */
    readonly seconds: number | null;
    /** Whether trials are still to end. */
    readonly isPartial: boolean;
  };
  readonly trials: number;
  readonly counts: Counts;
  /** What curves show: `test accuracy`, or the objective's metric where there is none. */
  readonly score: {
    readonly name: string;
    readonly isAccuracy: boolean;
    readonly direction: 'maximize' | 'minimize';
  };
  /** Score of guessing, 1/classes; null where there are no classes. */
  readonly chance: number | null;
  readonly confidence: number;
  readonly delta: number;
  readonly target: number | null;
  /** Sentences that answer the sweep's question, most important first. */
  readonly answers: readonly string[];
  readonly arms: readonly ArmReport[];
  /** Null where the sweep has no two rates to choose from, and for own trainables. */
  readonly rates: RateReport | null;
  /** Null without a fit of the best arm. */
  readonly next: NextSteps | null;
  /** Null with one size, and where trials tell nothing of classes. */
  readonly classes: ClassReports | null;
  /** Sizes with results, ascending. */
  readonly sizes: readonly number[];
  readonly trialReports: readonly TrialReport[];
  readonly trialEpochs: readonly TrialEpochs[];
  readonly failures: readonly FailureGroup[];
  /** Most telling first. */
  readonly diagnoses: readonly DiagnosisGroup[];
  readonly notes: readonly Note[];
  readonly made: {
    readonly spec: SweepSpec;
    readonly source: string;
    readonly environments: readonly EnvironmentReport[];
    readonly commands: readonly string[];
  };
}

/** The part of a report that fits a terminal. */
export interface ReportSummary extends Pick<
  ReportModel,
  | 'sweep'
  | 'trials'
  | 'counts'
  | 'score'
  | 'chance'
  | 'confidence'
  | 'delta'
  | 'target'
  | 'answers'
  | 'sizes'
  | 'notes'
> {
  readonly arms: readonly ArmSummary[];
  /** How many arms there are, where `arms` are the best of them alone. */
  readonly ofArms?: number;
  readonly made: Pick<ReportModel['made'], 'spec'>;
}
