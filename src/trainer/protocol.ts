/** What supervisor and trainer process say to each other over IPC: plain JSON, one message a line of this union. */
import type { EpochMetrics, Environment, Outcome } from '../storage/storage.js';
import type { ModelPlace } from '../models/index.js';
import type { CalibrationSummary, Unfamiliarity } from '../predict/index.js';
import type { ArmParams, OwnDataset, OwnNetworks } from '../spec/types.js';
import type { SlotMemory } from './plan.js';

/** One training, complete: equal jobs give equal bits (same TensorFlow build, threads and CPU features). */
export interface TrainJob {
  /** A name in the catalog, or a data set of one's own. */
  readonly dataset: string | OwnDataset;
  /** Folder that holds the data sets (`ELBOW_HOME/data`). */
  readonly dataDir: string;
  readonly params: ArmParams;
  /** What `params.model` may name beside the built-in networks. */
  readonly networks?: OwnNetworks;
  /** Integer ≥ 1, or null: all images of the smallest class. */
  readonly samplesPerClass: number | null;
  readonly sweepSeed: number;
  readonly replicate: number;
  readonly threads: number;
  /** Name of the metric that is the objective. */
  readonly objective: string;
  /** Whether the best weights are also scored on unfamiliar pictures. */
  readonly unfamiliar: boolean;
  /** Where the training leaves its weights; null: nowhere. */
  readonly keep: {
    readonly models: string;
    readonly checkpoints: string;
    readonly checkpointSeconds: number;
  } | null;
}

/** Pictures for a trained network. */
export interface PredictJob {
  readonly place: ModelPlace;
  /** As a training's; its validation images calibrate the answers, unless that was done and kept. */
  readonly dataset: string | OwnDataset;
  readonly dataDir: string;
  /** SHA-256 of the data set that the network was trained on, in hex; null where it is not known. */
  readonly dataDigest: string | null;
  readonly samplesPerClass: number | null;
  readonly sweepSeed: number;
  readonly replicate: number;
  /** Each one's bytes in base64, shape [channels, height, width]. */
  readonly pictures: readonly string[];
}

/** What a network answered, before anything is made of it. */
export interface Prediction {
  /** In the order of the pictures. */
  readonly answers: readonly {
    /** Shape [classes]. */
    readonly logits: readonly number[];
    readonly unfamiliarity: Unfamiliarity | null;
  }[];
  /** Null where it could not be computed. */
  readonly calibration: CalibrationSummary | null;
  /** Why it could not; a sentence. */
  readonly problem: string | null;
}

export type ToTrainer =
  | {
      readonly type: 'train';
      readonly id: number;
      readonly job: TrainJob;
      readonly memory: SlotMemory;
    }
  | { readonly type: 'predict'; readonly id: number; readonly job: PredictJob }
  /** The trainer ends the job between two steps, keeps a checkpoint where the job says so, and answers `cancelled`. */
  | { readonly type: 'cancel'; readonly id: number };

export type FromTrainer =
  /** Once, after TensorFlow is loaded. */
  | {
      readonly type: 'ready';
      readonly environment: Pick<
        Environment,
        'node' | 'tensorflow' | 'device' | 'cpuFeatures' | 'trainingVersion'
      >;
    }
  | { readonly type: 'data'; readonly id: number; readonly digest: string }
  /** Before the first step: what to say should memory run out. */
  | { readonly type: 'plan'; readonly id: number; readonly expected: string; readonly hint: string }
  /** Several times a second at most, so that a supervisor knows that it lives. */
  | {
      readonly type: 'step';
      readonly id: number;
      readonly epoch: number;
      readonly step: number;
      readonly steps: number;
    }
  /** After which epoch the training goes on, before it takes a step. */
  | { readonly type: 'begin'; readonly id: number; readonly epoch: number }
  | { readonly type: 'checkpoint'; readonly id: number; readonly path: string }
  | { readonly type: 'epoch'; readonly id: number; readonly metrics: EpochMetrics }
  | { readonly type: 'log'; readonly id: number; readonly text: string }
  | { readonly type: 'done'; readonly id: number; readonly outcome: Outcome }
  | { readonly type: 'predicted'; readonly id: number; readonly prediction: Prediction }
  | { readonly type: 'cancelled'; readonly id: number }
  | {
      readonly type: 'failed';
      readonly id: number;
      readonly code: string;
      readonly message: string;
      readonly hint: string | null;
      readonly stack: string | null;
    };
