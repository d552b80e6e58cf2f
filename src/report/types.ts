/** The report as plain JSON: everything that is drawn or printed is collected here first. Types only. */
import type { CurveWarning } from '../curves/index.js';
import type {
  ArmReport,
  ArmSummary,
  ClassReports,
  ConfirmedReport,
  NextSteps,
  Quickness,
} from './arm-types.js';
import type { ArmFindings, Methods } from './finding-types.js';
import type { RateReport } from './rate-types.js';
import type { ArmParams, Objective, SweepSpec } from '../spec/types.js';
import type { Confusion } from './classes.js';
import type {
  ArmFacts,
  AttemptPlace,
  Counts,
  DecisionRow,
  EpochMetrics,
  Environment,
  LayerFigures,
  SweepRow,
  SweepStatus,
  TrialFigures,
  TrialResult,
  TrialStatus,
} from '../storage/storage.js';

export type {
  ArmFit,
  ArmPoint,
  ArmReport,
  ArmSummary,
  ClassReport,
  ClassReports,
  FittedArm,
  ImageAgreement,
  NextStep,
  NextSteps,
  Quickness,
  SplitMeans,
} from './arm-types.js';

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

/** A look at a sweep with `until`. */
export type Look = Omit<DecisionRow, 'at'> & { readonly at: string };

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
  /** What is asked in place of what the sweep's file asks; left out for nothing else. */
  readonly asked?: SweepSpec['report'];
  /** Looks at a sweep with `until`, by look. */
  readonly decisions?: readonly DecisionRow[];
  /** When it is made. */
  readonly madeAt: Date;
  readonly elbowVersion: string;
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
    | 'survivors'
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
    | 'error-bars'
    | 'unranked'
    | CurveWarning['code'];
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
  /** What arms are ranked by. */
  readonly objective: Objective;
  /** Classes that samples are counted in; null for a program, whose samples nobody here can count. */
  readonly classCount: number | null;
  /** Score of guessing, 1/classes; null where there are no classes. */
  readonly chance: number | null;
  readonly confidence: number;
  readonly delta: number;
  readonly target: number | null;
  /** What costs are reckoned with; null where nobody told. */
  readonly prices: NonNullable<SweepSpec['report']['prices']> | null;
  /** Whether hours of training are those of GPUs: all trials of which the device is known ran on them. */
  readonly areGpuHours: boolean;
  /** Sentences that answer the sweep's question, most important first. */
  readonly answers: readonly string[];
  readonly arms: readonly ArmReport[];
  /** Arms that have fresh replicates, in the order in which they were chosen. */
  readonly confirmed: readonly ConfirmedReport[];
  /** Null where the sweep has no two rates to choose from, and for own trainables. */
  readonly rates: RateReport | null;
  /** Null without a fit of the best arm. */
  readonly next: NextSteps | null;
  /** At a sweep with `until`, by look. */
  readonly looks: readonly Look[];
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
  /** Null where nothing was measured. */
  readonly methods: Methods | null;
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
  | 'objective'
  | 'classCount'
  | 'chance'
  | 'confidence'
  | 'delta'
  | 'target'
  | 'confirmed'
  | 'answers'
  | 'sizes'
  | 'notes'
> {
  readonly arms: readonly ArmSummary[];
  /** How many arms there are, where `arms` are the best of them alone. */
  readonly ofArms?: number;
  readonly made: Pick<ReportModel['made'], 'spec'>;
}
