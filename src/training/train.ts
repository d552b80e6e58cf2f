/** A whole training, from images to an outcome. */
import { splitOf, type Dataset, type Split } from '../data/index.js';
import { cpuFeatures } from '../cpu.js';
import { initialiserOf, layersOf, type Layer, type MemoryRequest } from '../models/index.js';
import type { ArmParams, OwnNetworks } from '../spec/types.js';
import type { EpochMetrics, Outcome } from '../storage/storage.js';
import { disposeBest } from './best.js';
import { buildNetwork, type Network } from './build.js';
import type { CheckpointPlace } from './checkpoint.js';
import { createEvaluator, type Evaluator } from './evaluate.js';
import { keepsValues, trainingImages, type TrainingImages } from './images.js';
import { createLoss, type Loss } from './losses.js';
import { isGpu } from './native.js';
import { trainEpochs, type Progress } from './loop.js';
import { outcomeOf } from './outcome.js';
import { memoryRequest, trainingSettings, type TrainingSettings } from './settings.js';
import { tensorflowVersion, trainingVersion } from './version.js';

export interface TrainRequest {
  readonly dataset: Dataset;
  /** With every built-in setting. */
  readonly params: ArmParams;
  /** What `params.model` may name beside the built-in networks. */
  readonly networks?: OwnNetworks;
  readonly samplesPerClass: number | null;
  readonly sweepSeed: number;
  readonly replicate: number;
  /** Intra-op threads of this process, integer ≥ 1. */
  readonly threads: number;
  /** Name of the metric that is the objective. */
  readonly objective: string;
  /** Whether the best weights are also scored on unfamiliar pictures: the test images changed in seven ways. */
  readonly unfamiliar: boolean;
  readonly keep: KeepPlaces | null;
}

/** Where a training leaves its weights. */
export interface KeepPlaces {
  /** Folder of trained networks, by digest: `ELBOW_HOME/models`. */
  readonly models: string;
  /** Folder of this training's checkpoints alone. */
  readonly checkpoints: string;
  /** A checkpoint is written after an epoch when the last one is so old, ≥ 0; and where the training is told to stop. */
  readonly checkpointSeconds: number;
}

export interface TrainHooks {
  /** Before anything is allocated; may throw to train nothing. */
  onPlan?(request: MemoryRequest): void;
  onStep(epoch: number, step: number, steps: number): void;
  /** Once, before the first step. @param epoch after which the training goes on; 0 where it starts */
  onBegin(epoch: number): void;
  /** Epochs from before a checkpoint are told again. */
  onEpoch(metrics: EpochMetrics): void;
  /** @param path of the checkpoint that was written */
  onCheckpoint(path: string): void;
  onNote(text: string): void;
  /** Called between two steps; throws `trial-cancelled` to stop the training, which then keeps a checkpoint. */
  pause(): Promise<void>;
}

/** What a training works with from its first epoch to its outcome. */
export interface Setup {
  readonly request: TrainRequest;
  readonly settings: TrainingSettings;
  readonly hooks: TrainHooks;
  readonly split: Split;
  readonly layers: readonly Layer[];
  readonly network: Network;
  readonly loss: Loss;
  readonly training: TrainingImages;
  readonly validation: TrainingImages;
  readonly evaluator: Evaluator;
  readonly checkpoints: (CheckpointPlace & { readonly everySeconds: number }) | null;
}

/**
 * Trains one network and evaluates it at the weights that were best in validation.
 * @throws ElbowError `data-too-small`, `usage`; whatever `pause` throws
 */
export async function train(request: TrainRequest, hooks: TrainHooks): Promise<Outcome> {
  const begin = performance.now();
  const { dataset, params, sweepSeed, replicate } = request;
  const { entry } = dataset;
  const settings = trainingSettings(params);
  const loss = createLoss(settings.loss);
  const split = splitOf(dataset, request);
  const layers = layersOf(params, entry.classes.length, request.networks);
  const input = [entry.height, entry.width, entry.channels] as const;
  hooks.onPlan?.(memoryRequest(settings, { layers, input, split, keepsValues: keepsValues(dataset.train) }));
  const network = buildNetwork(
    layers,
    input,
    { sweepSeed, replicate },
    initialiserOf(String(params['initialiser'])),
  );
  const setup: Setup = {
    request,
    settings,
    hooks,
    split,
    layers,
    network,
    loss,
    training: trainingImages(entry, dataset.train, split.train),
    validation: trainingImages(entry, dataset.train, split.validation),
    evaluator: createEvaluator(loss, () => hooks.pause()),
    checkpoints: checkpointsOf(request, hooks),
  };
  hooks.onNote(`${split.train.length} training and ${split.validation.length} validation images`);
  if (settings.batchSize > split.train.length) {
    hooks.onNote(
      `a batch of ${settings.batchSize} takes all ${split.train.length} training images in one step`,
    );
  }
  let progress: Progress | undefined;
  try {
    progress = await trainEpochs(setup);
    return await outcomeOf(setup, progress, begin);
  } finally {
    disposeBest(progress?.best ?? null);
    setup.training.dispose();
    setup.validation.dispose();
    network.dispose();
  }
}

function checkpointsOf(request: TrainRequest, hooks: TrainHooks): Setup['checkpoints'] {
  const { keep, dataset, params, networks, samplesPerClass, sweepSeed, replicate, threads } = request;
  if (!keep) return null;
  return {
    folder: keep.checkpoints,
    everySeconds: keep.checkpointSeconds,
    job: { data: dataset.digest, params, networks, samplesPerClass, sweepSeed, replicate, threads },
    machine: machineText(),
    onNote: (text) => hooks.onNote(text),
  };
}

/** What decides bits beside the job. */
function machineText(): string {
  const device = isGpu() ? 'a GPU' : `a CPU with ${cpuFeatures().join(' ')}`;
  return `elbow's training code ${trainingVersion()} and TensorFlow ${tensorflowVersion()} on ${device}`;
}
