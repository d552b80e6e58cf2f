/** A trial that is a program of one's own: what it is run with. Types only. */
import type { ArmParams, CommandTrainable } from '../../spec/types.js';
import type { TrainerHooks } from '../hooks.js';

/** What elbow tells a program of its trial. */
export interface TrialFacts {
  readonly sweep: string;
  readonly arm: string;
  readonly trial: number;
  /** From 1. */
  readonly attempt: number;
  /** From 0. */
  readonly replicate: number;
  /** Of the replicate, in [0, 2³¹): the same for all arms and sizes. */
  readonly seed: number;
  readonly samplesPerClass: number | null;
  /** Integer ≥ 1. */
  readonly threads: number;
}

export interface CommandJob {
  readonly trainable: CommandTrainable;
  readonly params: ArmParams;
  readonly about: TrialFacts;
  /** Name of the metric whose last value counts. */
  readonly objective: string;
  /** Folder of the attempt on this machine; made where it is missing, and not removed. */
  readonly place: string;
  /** Of this execution within the attempt, integer ≥ 1. */
  readonly lease: number;
}

export interface CommandHooks extends Pick<
  TrainerHooks,
  'signal' | 'onBegin' | 'onEpoch' | 'onStep' | 'onLog' | 'onEnvironment'
> {
  /** Waits until what was told is written: a program that writes faster than that waits, too. */
  flush(): Promise<void>;
}
