/** What a training tells of an epoch, and what an attempt ends with. Types, and the figures of a trial that has none. */
import type { Finding } from './findings.js';
import type { EndedStatus } from './storage.js';

export interface EpochMetrics {
  /** From 1. */
  readonly epoch: number;
  readonly trainLoss: number | null;
  readonly trainAccuracy: number | null;
  readonly valLoss: number | null;
  readonly valAccuracy: number | null;
  readonly learningRate: number | null;
  /** Wall time of the epoch, steps and evaluation. */
  readonly seconds: number;
}

/** What a network answered to the test images, at the best weights. */
export interface TestAnswers {
  /** Names, in the order of the labels. */
  readonly classes: readonly string[];
  /** Images by class (row) and answer (column), shape [classes][classes]. */
  readonly confusion: readonly (readonly number[])[];
  /**
   * One bit per test image in the data set's order, 1 where the answer was right: image i is bit i mod 8 of byte ⌊i / 8⌋.
   * Base64, because it travels as JSON; `bytea` in Postgres, whose `get_bit` counts the same way.
   */
  readonly correct: string;
}

/** What an attempt ended with. */
export interface Outcome {
  readonly status: EndedStatus;
  readonly epochs: number;
  /** From 1; null where no epoch ended. */
  readonly bestEpoch: number | null;
  /** At the best weights; accuracies in [0, 1]. */
  readonly trainLoss: number | null;
  readonly valLoss: number | null;
  readonly testLoss: number | null;
  readonly trainAccuracy: number | null;
  readonly valAccuracy: number | null;
  readonly testAccuracy: number | null;
  /** Of the objective's metric. */
  readonly objective: number | null;
  /** Further metrics by name; finite. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Wall time of this lease in the trainer; storage adds the leases up. */
  readonly seconds: number;
  readonly imagesPerSecond: number | null;
  /** Code of the first finding, or null. */
  readonly diagnosis: string | null;
  /** Most telling first. */
  readonly findings: readonly Finding[];
  readonly answers: TestAnswers | null;
  /** SHA-256 in hex of the file with the best weights, in `ELBOW_HOME/models` of the attempt's host. */
  readonly weights: string | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
}

/** The figures of a trial that has none: because it failed, or because it does not train. */
export const NO_FIGURES = {
  bestEpoch: null,
  trainLoss: null,
  valLoss: null,
  testLoss: null,
  trainAccuracy: null,
  valAccuracy: null,
  testAccuracy: null,
  objective: null,
  metrics: {},
  imagesPerSecond: null,
  diagnosis: null,
  findings: [],
  answers: null,
  weights: null,
} as const satisfies Partial<Outcome>;
