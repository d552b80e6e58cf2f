/** What a parsed sweep file is, and what arms and trials are made of. Types only; defaults stand in schema.ts. */

/** A value an axis may take. Numbers are finite. */
export type Scalar = string | number | boolean | null;

/** One combination of settings by parameter name, without samplesPerClass. Keys in alphabetical order. */
export type ArmParams = Readonly<Record<string, Scalar>>;

/** A number of filters or units; `classes` stands for the number of the data set's classes. */
export type Count = number | 'classes';

/**
 * A layer as a sweep file writes it; what is at its default is left out. `bias` left out is true, unless batch norm
 * follows a layer without activation and takes it away.
 */
export type OwnLayer =
  /** `dropout` alone takes the arm's setting. */
  | 'batch-norm'
  | 'dropout'
  | 'flatten'
  | 'global-average-pool'
  | {
      readonly conv: Count;
      readonly size: number;
      readonly stride?: number;
      readonly padding?: 'same';
      readonly bias?: boolean;
      readonly activation?: 'relu';
    }
  | { readonly dense: Count; readonly bias?: boolean; readonly activation?: 'relu' }
  | { readonly 'max-pool': number }
  | { readonly activation: 'relu' }
  /** In (0, 1). */
  | { readonly dropout: number }
  | { readonly residual: OwnNetwork };

/** A network written in a sweep file. */
export type OwnNetwork = readonly OwnLayer[];

/** The networks of a sweep file by name. */
export type OwnNetworks = Readonly<Record<string, OwnNetwork>>;

export type Trainable =
  | { readonly kind: 'builtin' }
  /** Waits `seconds` (≥ 0) and writes one metric, `score` in [0, 1), derived from seed, arm, size and replicate. */
  | { readonly kind: 'noop'; readonly seconds: number };

export interface Objective {
  readonly metric: string;
  readonly direction: 'maximize' | 'minimize';
}

/** One entry of `arms`: a grid of its own, made of `space` with these settings laid over it. */
export interface SubGrid {
  /** Stands for the settings in the labels of its arms; no two of a sweep are equal; null where it has none. */
  readonly name: string | null;
  /** Axes as in `space`, without samplesPerClass. */
  readonly settings: Readonly<Record<string, readonly Scalar[]>>;
}

/** A sweep file with every default filled in: plain JSON, stored as it is. */
export interface SweepSpec {
  readonly name: string;
  /** A name in the catalog, such as `cifar10`. */
  readonly dataset: string;
  /** Integer in [0, 2³¹). */
  readonly seed: number;
  /** Integer ≥ 1. */
  readonly replicates: number;
  /** Intra-op threads of a trial, integer ≥ 1. */
  readonly threads: number;
  readonly trainable: Trainable;
  /** What `space.model` may name beside the built-in networks; absent where the file has none. */
  readonly networks?: OwnNetworks;
  /** Axes of the grid; every list has at least one value, no value twice. A fixed value is a list of one. */
  readonly space: Readonly<Record<string, readonly Scalar[]>>;
  /** At least one; left out where `space` is the whole grid. */
  readonly arms?: readonly SubGrid[];
  readonly search: 'grid';
  readonly objective: Objective;
  readonly budget: { readonly maxTrials: number | null };
  readonly pool: string;
  /** Integer ≥ 1: how many short trials one trial workflow runs in a row. */
  readonly trialsPerWorkflow: number;
  /** Whether trials are also scored on unfamiliar pictures. Absent where they are not, as in specs older than the key. */
  readonly unfamiliar?: true;
  readonly report: { readonly target: number | null; readonly delta: number };
}

/** An arm of a sweep. */
export interface Arm {
  /**
   * Hex, 12 characters: of model (an own network's layers, not its name), data set, trainable and every non-default
   * setting but samplesPerClass.
   */
  readonly hash: string;
  readonly params: ArmParams;
  /** What tells this arm from the others of its sweep, e.g. `optimizer=adam batchNorm=true` or `dropout`; the model's name when there is one arm. */
  readonly label: string;
}

/** One trial as planned; numbered from 0 in the order they are to be started. */
export interface PlannedTrial {
  readonly number: number;
  readonly arm: Arm;
  /** Samples per class, integer ≥ 1; null where the trainable has none. */
  readonly samplesPerClass: number | null;
  /** From 0. */
  readonly replicate: number;
}
