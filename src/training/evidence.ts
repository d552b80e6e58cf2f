/** What a diagnosis is made from: plain figures of a training that ended. */
import type { ArmParams } from '../spec/types.js';
import type { EpochMetrics } from '../storage/storage.js';

/** 2-norms of a layer's kernel and of the loss' gradient by it. */
export interface LayerNorms {
  readonly gradient: number;
  readonly weight: number;
}

/** Norms of every layer with a kernel, in their order. */
export interface EpochNorms {
  readonly epoch: number;
  /** Means over the steps that were looked at. */
  readonly layers: readonly LayerNorms[];
}

/** What is remembered of the steps. Plain JSON. */
export interface WatchState {
  /** Of the first step. */
  readonly firstLoss: number | null;
  /** Of the last step at which it was a number; steps count from 0. */
  readonly lastLoss: { readonly step: number; readonly loss: number } | null;
  /** Of the first and of the last epoch in which a step was looked at. */
  readonly first: EpochNorms | null;
  readonly last: EpochNorms | null;
  /** The longest gradient over all kernels. */
  readonly steepest: {
    readonly step: number;
    readonly length: number;
    readonly layers: readonly LayerNorms[];
  } | null;
}

/** Units of a ReLU, and those that were not active for any of the images. */
export interface UnitCounts {
  /** `LAYER.KIND` */
  readonly layer: string;
  readonly units: number;
  readonly dead: number;
}

export interface Evidence {
  /** With every built-in setting. */
  readonly settings: ArmParams;
  readonly hasDiverged: boolean;
  /** Whether patience ended the training; otherwise its epochs were used up, or it diverged. */
  readonly wasStopped: boolean;
  readonly epochs: readonly EpochMetrics[];
  readonly stepsPerEpoch: number;
  readonly bestEpoch: number | null;
  /** At the best weights. */
  readonly trainAccuracy: number;
  readonly validationAccuracy: number | null;
  readonly testAccuracy: number;
  readonly testLogLoss: number;
  readonly trainImages: number;
  readonly validationImages: number;
  /** Test images of each class, at least two classes. */
  readonly testPerClass: readonly number[];
  readonly steps: WatchState;
  /** `LAYER.KIND` of the layers with a kernel, in the order of the norms. */
  readonly layers: readonly string[];
  /** At the best weights, over at most 2,000 training images; empty where there are none. */
  readonly units: readonly UnitCounts[];
}
