/** What a trial can be: the built-in training, a program, or a wait. All report through the same hooks and end with an outcome. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { deriveSeed, uniforms } from '../src/random.js';
import { withDefaults } from '../src/spec/index.js';
import type { CommandTrainable } from '../src/spec/types.js';
import { NO_FIGURES } from '../src/storage/index.js';
import type { AttemptTask, Environment, EpochMetrics, LogLine, Outcome } from '../src/storage/index.js';
import type { CommandJob, Programs } from '../src/trainer/index.js';
import type { TrainJob } from '../src/trainer/protocol.js';

/** How far a trial is, as its heartbeat tells the Temporal UI. */
export interface Progress {
  readonly epoch: number;
  readonly step: number;
  readonly steps: number;
}

export type TrialEnvironment = Omit<Environment, 'elbowVersion' | 'gitCommit'>;

export interface TrainHooks {
  readonly signal: AbortSignal;
  /** @param epoch after which the training goes on; 0 where it starts */
  onBegin(epoch: number): void;
  /** @param path of a checkpoint on this machine */
  onCheckpoint(path: string): void;
  onEpoch(metrics: EpochMetrics): void;
  onStep(progress: Progress): void;
  onLog(stream: LogLine['stream'], text: string): void;
  onEnvironment(environment: TrialEnvironment): void;
  /** Waits until what was told is written. @throws what a write has thrown, such as `lease-lost` */
  flush(): Promise<void>;
}

/** Runs trainings in processes; rejects with an ElbowError, `trial-cancelled` once the signal is aborted. */
export interface Trainers {
  run(job: TrainJob, hooks: TrainHooks): Promise<Outcome>;
}

export function runTrainable(
  task: AttemptTask,
  hooks: TrainHooks,
  parts: { readonly trainers: Trainers; readonly programs: Programs; readonly places: Places },
): Promise<Outcome> {
  const { trainable } = task.spec;
  switch (trainable.kind) {
    case 'noop':
      return runNoop(task, trainable.seconds, hooks);
    case 'builtin':
      return parts.trainers.run(jobOf(task, parts.places), hooks);
    case 'command':
      return parts.programs.run(commandJobOf(task, trainable, parts.places), hooks);
  }
}

/** Folders of a worker. */
export interface Places {
  /** Of the data sets. */
  readonly data: string;
  /** Of trained networks. */
  readonly models: string;
  /** Of checkpoints, one folder an attempt. */
  readonly checkpoints: string;
  /** Of a checkpoint's age when the next is due. */
  readonly checkpointSeconds: number;
}

/** Where an attempt's checkpoints are. */
export const checkpointsOf = (attemptId: string, { checkpoints }: Places): string =>
  join(checkpoints, attemptId);

function jobOf(task: AttemptTask, places: Places): TrainJob {
  return {
    dataset: task.spec.dataset,
    dataDir: places.data,
    params: withDefaults(task.params),
    ...(task.spec.networks === undefined ? {} : { networks: task.spec.networks }),
    samplesPerClass: task.samplesPerClass,
    sweepSeed: task.spec.seed,
    replicate: task.replicate,
    threads: task.spec.threads,
    objective: task.spec.objective.metric,
    unfamiliar: task.spec.unfamiliar === true,
    keep: {
      models: places.models,
      checkpoints: checkpointsOf(task.attemptId, places),
      checkpointSeconds: places.checkpointSeconds,
    },
  };
}

/** Its files are kept like checkpoints: until the attempt ends, and for a further attempt of one that was cancelled or lost. */
function commandJobOf(task: AttemptTask, trainable: CommandTrainable, places: Places): CommandJob {
  const { spec, params, replicate, samplesPerClass, lease } = task;
  return {
    trainable,
    params,
    about: {
      sweep: task.sweepName,
      arm: task.armLabel,
      trial: task.trial,
      attempt: task.attempt,
      replicate,
      seed: deriveSeed(spec.seed, replicate, 'command'),
      samplesPerClass,
      threads: spec.threads,
    },
    objective: spec.objective.metric,
    place: checkpointsOf(task.attemptId, places),
    lease,
  };
}

/**
 * Waits, and writes one metric: `score` in [0, 1), equal for equal seed, arm, size and replicate.
 */
async function runNoop(task: AttemptTask, seconds: number, hooks: TrainHooks): Promise<Outcome> {
  hooks.onEnvironment({
    node: process.version,
    tensorflow: null,
    device: null,
    dataDigest: null,
    threads: null,
    cpuFeatures: null,
  });
  const started = performance.now();
  if (seconds > 0) await pause(seconds * 1000, undefined, { signal: hooks.signal });
  const seed = deriveSeed(
    task.spec.seed,
    task.replicate,
    'noop',
    task.armHash,
    task.samplesPerClass ?? 'all',
  );
  const score = uniforms(1, seed)[0]!;
  return {
    ...NO_FIGURES,
    status: 'succeeded',
    epochs: 0,
    objective: score,
    metrics: { score },
    seconds: (performance.now() - started) / 1000,
    failure: null,
  };
}
