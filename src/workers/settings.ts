/** What a worker is told: by options, else by the environment, else by the machine. */
import { availableParallelism } from 'node:os';
import { readArtifactsSetting } from '../artifacts/index.js';
import type { ArtifactsSetting } from '../artifacts/index.js';
import { ElbowError } from '../errors.js';
import { readGraceSeconds } from '../stack/index.js';
import type { GpuDevice } from '../stack/index.js';
import type { TrainTimeouts } from '../../workflows/messages.js';

/** What `elbow worker` and the detached worker are started with. */
export interface WorkerSettings {
  /** Whose trials it runs; empty where it runs none. */
  readonly pool: string;
  /** Trials at once, integer ≥ 0; with 0 it runs workflows alone. */
  readonly slots: number;
  /** What its trainers run on; null where nobody has said. */
  readonly device: 'cpu' | 'gpu' | null;
  /** GPUs that its slots are dealt out over; empty on a CPU, and where `nvidia-smi` tells of none. */
  readonly devices: readonly GpuDevice[];
  /** Whether each slot is kept to cores of its own, where there are as many. */
  readonly pinsCores: boolean;
  /** Of each trainer process, in MB; null: no limit. */
  readonly trainerMemoryMb: number | null;
  /** Whether it also runs workflows and the activities that only touch Postgres. */
  readonly control: boolean;
  readonly timeouts: TrainTimeouts;
  /** A training writes a checkpoint after an epoch when its last one is this old, ≥ 0. */
  readonly checkpointSeconds: number;
  /** From the order to stop to its end at the latest, integer ≥ 1. */
  readonly graceSeconds: number;
  /** Where checkpoints and trained networks go beside this machine; null: nowhere. */
  readonly store: ArtifactsSetting | null;
}

export interface WorkerOptions {
  readonly pool?: string | undefined;
  readonly slots?: string | undefined;
  readonly device?: string | undefined;
  readonly trainerMemory?: string | undefined;
  readonly grace?: string | undefined;
  readonly pinCores?: boolean | undefined;
  readonly control?: boolean | undefined;
  /** Whether it runs trials; left out for yes. */
  readonly trials?: boolean | undefined;
}

/**
 * A worker that was silent for this long counts as lost, and its trials go to another: 15 s is what a user who has
 * just seen a machine die still waits for. Workers report every 3 s (below), so one that is busy, or a server that
 * restarts, may miss four reports in a row.
 */
const HEARTBEAT_MS = 15_000;
/**
 * No training of ours takes a week: VGG19 with 50 epochs takes ten hours on two cores. The limit is there for a trainer
 * that reports for ever and never ends.
 */
const START_TO_CLOSE_MS = 7 * 24 * 3_600_000;

/** What may be lost of a training; writing a checkpoint takes hundredths of a second, for a VGG a second. */
const CHECKPOINT_SECONDS = 10;

/** Two slots on two busy cores: 4.26 s of CPU for two trials with cores of their own, 4.35 without. */
const PINS_CORES = true;

/** A slot is one trial, and by default a trial is one thread: as many slots as cores. No two trials share a GPU. */
const defaultSlots = (device: WorkerSettings['device'], devices: readonly GpuDevice[]): number =>
  device === 'gpu' ? Math.max(1, devices.length) : availableParallelism();

/**
 * Reads options and ELBOW_TRAINER_MEMORY_MB, ELBOW_HEARTBEAT_TIMEOUT_MS, ELBOW_CHECKPOINT_SECONDS,
 * ELBOW_GRACE_SECONDS, ELBOW_PIN_CORES, ELBOW_ARTIFACTS.
 * @param devices GPUs that it is to use
 * @throws ElbowError `usage`
 */
export function readSettings(
  options: WorkerOptions,
  env: NodeJS.ProcessEnv,
  devices: readonly GpuDevice[] = [],
): WorkerSettings {
  if (options.trials === false) return controlSettings(options, env);
  const pool = options.pool ?? 'default';
  if (!/^[a-z0-9][a-z0-9-]*$/.test(pool)) {
    throw new ElbowError(
      'usage',
      `a pool's name is made of lower-case letters, digits and dashes, not ${JSON.stringify(pool)}`,
      {
        hint: 'Sweeps name their pool by the key `pool`; without it they run on `default`.',
      },
    );
  }
  const memory = options.trainerMemory ?? env['ELBOW_TRAINER_MEMORY_MB'];
  const { device = null } = options;
  if (device !== null && device !== 'cpu' && device !== 'gpu') {
    throw new ElbowError('usage', `--device takes cpu or gpu, not ${JSON.stringify(device)}`);
  }
  return {
    pool,
    device,
    devices,
    pinsCores: options.pinCores ?? switched('ELBOW_PIN_CORES', env) ?? PINS_CORES,
    slots: options.slots === undefined ? defaultSlots(device, devices) : whole('--slots', options.slots),
    trainerMemoryMb: memory ? whole('--trainer-memory (ELBOW_TRAINER_MEMORY_MB)', memory) : null,
    control: options.control ?? true,
    ...timesOf(options, env),
    store: readArtifactsSetting(env),
  };
}

/** Of a worker that runs workflows and leaves trials to others: it needs no TensorFlow. */
function controlSettings(options: WorkerOptions, env: NodeJS.ProcessEnv): WorkerSettings {
  const { control, pool, slots, trainerMemory } = options;
  const idle = [
    ...(control === false ? ['--no-control'] : []),
    ...Object.entries({ '--pool': pool, '--slots': slots, '--trainer-memory': trainerMemory })
      .filter(([, value]) => value !== undefined)
      .map(([name]) => name),
  ];
  if (idle.length > 0) {
    throw new ElbowError('usage', `--control-only does not go with ${idle.join(' and ')}`, {
      hint: 'With --control-only a worker runs workflows and no trials; with --no-control trials and no workflows; with neither both.',
    });
  }
  return {
    pool: '',
    slots: 0,
    device: null,
    devices: [],
    pinsCores: false,
    trainerMemoryMb: null,
    control: true,
    ...timesOf(options, env),
    store: null,
  };
}

function timesOf(
  { grace }: WorkerOptions,
  env: NodeJS.ProcessEnv,
): Pick<WorkerSettings, 'timeouts' | 'checkpointSeconds' | 'graceSeconds'> {
  const heartbeat = env['ELBOW_HEARTBEAT_TIMEOUT_MS'];
  const checkpoint = env['ELBOW_CHECKPOINT_SECONDS'];
  return {
    timeouts: {
      heartbeatMs: heartbeat ? whole('ELBOW_HEARTBEAT_TIMEOUT_MS', heartbeat) : HEARTBEAT_MS,
      startToCloseMs: START_TO_CLOSE_MS,
    },
    checkpointSeconds: checkpoint ? whole('ELBOW_CHECKPOINT_SECONDS', checkpoint, 0) : CHECKPOINT_SECONDS,
    graceSeconds: readGraceSeconds(grace, env),
  };
}

function switched(name: string, env: NodeJS.ProcessEnv): boolean | undefined {
  const value = env[name] || undefined;
  if (value === undefined) return undefined;
  if (value === 'yes' || value === 'no') return value === 'yes';
  throw new ElbowError('usage', `${name} takes yes or no, not ${JSON.stringify(value)}`);
}

function whole(name: string, text: string, least = 1): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new ElbowError('usage', `${name} takes a whole number from ${least} on, not ${JSON.stringify(text)}`);
}
