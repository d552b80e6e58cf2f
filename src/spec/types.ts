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
  | { readonly kind: 'noop'; readonly seconds: number }
  | CommandTrainable;

/** A program of any language, run once a trial. */
export interface CommandTrainable {
  readonly kind: 'command';
  /** The program and its arguments, with placeholders (placeholders.ts); at least one. */
  readonly command: readonly string[];
  /** Absolute path of the folder that it is run in, on the worker. */
  readonly cwd: string;
  /** Variables beside the worker's; left out where there are none. */
  readonly env?: Readonly<Record<string, string>>;
  /** Wall time of one execution, > 0; left out where there is no limit. */
  readonly timeLimitSeconds?: number;
  /** Of the machine, integer > 0; left out where nobody has said. */
  readonly memoryBytes?: number;
  /** Of a GPU, as above. */
  readonly gpuMemoryBytes?: number;
}

/** What every data set of one's own says of itself. */
interface AskedBase {
  /** What it is called in listings and reports. */
  readonly name: string;
  /** Absolute path of the folder or file. */
  readonly path: string;
  /** Share of the examples that are for tests, in (0, 1); where `train/` and `test/` exist they decide. */
  readonly test: number;
  /** What `samplesPerClass: null` takes: as many of each class as the smallest has, or all there are. */
  readonly balance: 'smallest' | 'none';
}

export interface AskedFolder extends AskedBase {
  readonly kind: 'folder';
  /** Pixels of a side that every image is brought to, integer ≥ 1. */
  readonly size: number;
  readonly channels: 1 | 3;
  /** Whether files that cannot be read end the sweep or are left out. */
  readonly unreadable: 'refuse' | 'skip';
}

export interface AskedTable extends AskedBase {
  readonly kind: 'csv';
  /** The column of the classes, by its name or by its number from 1; null for the last one. */
  readonly label: string | number | null;
  /** Whether the first line names the columns; null where its values decide. */
  readonly header: boolean | null;
}

/** A data set of one's own as a sweep file asks for it, with defaults. */
export type AskedDataset = AskedFolder | AskedTable;

/** A data set of one's own, looked at: stored with the sweep, so that nothing needs its files to know what it is. */
export type OwnDataset = AskedDataset & {
  /** SHA-256 in hex of what it holds and how that is read: the same wherever it lies and whatever its files are called. */
  readonly digest: string;
  /** In the order of the labels. */
  readonly classes: readonly string[];
  /** Height, width, channels; of a table 1, 1, features. */
  readonly image: readonly [number, number, number];
  /** Training and test examples of each class, in the order of the labels. */
  readonly trainPerClass: readonly number[];
  readonly testPerClass: readonly number[];
};

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

/** Replicates of one arm at one size beside those of the grid: they had no say in choosing it. */
export interface Confirmation {
  /** Its hash. */
  readonly arm: string;
  readonly samplesPerClass: number | null;
  /** Number of the first replicate, ≥ 1. */
  readonly first: number;
  /** Integer ≥ 1. */
  readonly replicates: number;
}

/** A sweep file with every default filled in: plain JSON, stored as it is. */
export interface SweepSpec {
  readonly name: string;
  /** A name in the catalog, such as `cifar10`, or a data set of one's own. */
  readonly dataset: string | OwnDataset;
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
  readonly budget: {
    readonly maxTrials: number | null;
    /** Of training, > 0; left out where nothing limits it. */
    readonly maxHours?: number;
  };
  /** Conditions (until.ts) up to which replicates are added, at least one; left out where none are. */
  readonly until?: readonly string[];
  /** At least one; left out where nothing was confirmed. */
  readonly confirm?: readonly Confirmation[];
  readonly pool: string;
  /** Integer from 1, first, to 5, last. Absent where it is 3, as in specs older than the key. */
  readonly priority?: number;
  /** Integer ≥ 1: how many short trials one trial workflow runs in a row. */
  readonly trialsPerWorkflow: number;
  /** Whether trials are also scored on unfamiliar pictures. Absent where they are not, as in specs older than the key. */
  readonly unfamiliar?: true;
  readonly report: {
    readonly target: number | null;
    readonly delta: number;
    /** What reports reckon with, in any currency; left out where neither is told. */
    readonly prices?: { readonly perHour: number | null; readonly perLabel: number | null };
  };
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
