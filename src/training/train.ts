/** A whole training, from images to an outcome. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import { splitFor, type Dataset, type Split } from '../data/index.js';
import { layersOf } from '../models/index.js';
import type { ArmParams } from '../spec/types.js';
import type { EpochMetrics, Outcome } from '../storage/storage.js';
import { buildNetwork, type Network } from './build.js';
import { diagnose } from './diagnose.js';
import { earlyStopping } from './early-stopping.js';
import { trainEpoch } from './epoch.js';
import { createEvaluator, type Evaluator, type Score } from './evaluate.js';
import { loadImages, streamImages, type ResidentImages } from './images.js';
import type { Moments } from './kernels.js';
import { createOptimizer } from './optimizers.js';

export interface TrainRequest {
  readonly dataset: Dataset;
  readonly params: ArmParams;
  readonly samplesPerClass: number | null;
  readonly sweepSeed: number;
  readonly replicate: number;
  /** Name of the metric that is the objective. */
  readonly objective: string;
}

export interface TrainHooks {
  onStep(epoch: number, step: number, steps: number): void;
  onEpoch(metrics: EpochMetrics): void;
  onNote(text: string): void;
  /** Called between two steps; may throw to end the training. */
  pause(): Promise<void>;
}

/** Weights and statistics of the best epoch. */
interface Best {
  readonly epoch: number;
  /** Shape [parameters]. */
  readonly weights: tf.Tensor1D;
  readonly moments: readonly Moments[];
  readonly validation: Score | null;
}

interface Setup {
  readonly request: TrainRequest;
  readonly hooks: TrainHooks;
  readonly split: Split;
  readonly network: Network;
  readonly training: ResidentImages;
  readonly validation: ResidentImages;
  readonly evaluator: Evaluator;
}

interface Progress {
  readonly best: Best | null;
  readonly epochs: number;
  readonly hasDiverged: boolean;
  readonly wasStopped: boolean;
  readonly trainedImages: number;
  readonly stepSeconds: number;
}

const numberOf = (params: ArmParams, key: string): number => Number(params[key]);

const disposeMoments = (moments: readonly Moments[]): void =>
  tf.dispose(moments.flatMap(({ mean, variance }) => [mean, variance]));

function disposeBest(best: Best | null): void {
  if (!best) return;
  best.weights.dispose();
  disposeMoments(best.moments);
}

/**
 * Trains one network and evaluates it at the weights that were best in validation.
 * @throws ElbowError `data-too-small`, `usage`; whatever `pause` throws
 */
export async function train(request: TrainRequest, hooks: TrainHooks): Promise<Outcome> {
  const begin = performance.now();
  const { dataset, params, sweepSeed, replicate } = request;
  const { entry } = dataset;
  const split = splitFor({
    labels: dataset.train.labels,
    classes: entry.classes.length,
    samplesPerClass: request.samplesPerClass,
    sweepSeed,
    replicate,
  });
  const network = buildNetwork(
    layersOf(params, entry.classes.length),
    [entry.height, entry.width, entry.channels],
    { sweepSeed, replicate },
  );
  const setup = {
    request,
    hooks,
    split,
    network,
    training: loadImages(entry, dataset.train, split.train),
    validation: loadImages(entry, dataset.train, split.validation),
    evaluator: createEvaluator(() => hooks.pause()),
  };
  hooks.onNote(`${split.train.length} training and ${split.validation.length} validation images`);
  if (numberOf(params, 'batchSize') > split.train.length) {
    hooks.onNote(
      `a batch of ${numberOf(params, 'batchSize')} takes all ${split.train.length} training images in one step`,
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

async function trainEpochs(setup: Setup): Promise<Progress> {
  const { request, hooks, network } = setup;
  const { params } = request;
  const learningRate = numberOf(params, 'learningRate');
  const optimizer = createOptimizer(String(params['optimizer']));
  const stopping = earlyStopping(numberOf(params, 'patience'));
  let best: Best | null = null;
  let stepsDone = 0;
  let stepSeconds = 0;
  let trainedImages = 0;
  const ended = (epochs: number, state: { hasDiverged: boolean; wasStopped: boolean }): Progress => ({
    best,
    epochs,
    ...state,
    trainedImages,
    stepSeconds,
  });
  try {
    const limit = numberOf(params, 'epochs');
    for (let epoch = 1; epoch <= limit; epoch++) {
      const begin = performance.now();
      const running = await trainEpoch({
        network,
        optimizer,
        learningRate,
        images: setup.training,
        batchSize: numberOf(params, 'batchSize'),
        epoch,
        stepsBefore: stepsDone,
        seeds: request,
        onStep: async (step, steps) => {
          hooks.onStep(epoch, step, steps);
          await hooks.pause();
        },
      });
      stepsDone += running.steps;
      stepSeconds += running.stepSeconds;
      trainedImages += running.images;
      const { moments, validation } = await validate(setup);
      hooks.onEpoch({
        epoch,
        trainLoss: finite(running.loss),
        trainAccuracy: running.accuracy,
        valLoss: finite(validation?.loss),
        valAccuracy: validation?.accuracy ?? null,
        learningRate,
        seconds: (performance.now() - begin) / 1000,
      });
      // Weights that are not numbers score like those of a network that always names the same class.
      if (!Number.isFinite(running.loss) || (validation && !Number.isFinite(validation.loss))) {
        disposeMoments(moments);
        return ended(epoch, { hasDiverged: true, wasStopped: false });
      }
      const verdict = stopping.see({ epoch, steps: stepsDone, validation });
      if (verdict.isBest) {
        disposeBest(best);
        best = { epoch, weights: network.parameters.clone(), moments, validation };
      } else disposeMoments(moments);
      if (verdict.mustStop) return ended(epoch, { hasDiverged: false, wasStopped: true });
    }
    return ended(limit, { hasDiverged: false, wasStopped: false });
  } catch (error) {
    disposeBest(best);
    throw error;
  } finally {
    optimizer.dispose();
  }
}

/** Recalibrates the norm layers, then scores the validation images. The caller owns the moments. */
async function validate({ split, network, evaluator, training, validation }: Setup): Promise<{
  readonly moments: readonly Moments[];
  readonly validation: Score | null;
}> {
  const moments = await evaluator.moments(network, training, split.recalibration);
  if (validation.count === 0) return { moments, validation: null };
  try {
    return { moments, validation: await evaluator.score(network, moments, validation) };
  } catch (error) {
    disposeMoments(moments);
    throw error;
  }
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

/** Scores at the best weights; chance level where no epoch stayed finite. */
async function outcomeOf(setup: Setup, progress: Progress, begin: number): Promise<Outcome> {
  const { request, network, evaluator } = setup;
  const { dataset } = request;
  const classes = dataset.entry.classes.length;
  const { best } = progress;
  const chance: Score = { loss: Math.log(classes), accuracy: 1 / classes };
  let trainScore = chance;
  let testScore = chance;
  let validation: Score | null = setup.validation.count > 0 ? chance : null;
  if (best) {
    network.replace(best.weights.clone());
    validation = best.validation;
    const all = Uint32Array.from({ length: dataset.test.labels.length }, (_, i) => i);
    testScore = await evaluator.score(network, best.moments, streamImages(dataset.entry, dataset.test, all));
    trainScore = await evaluator.score(network, best.moments, setup.training);
  }
  const scores: Readonly<Record<string, number | null>> = {
    val_accuracy: validation?.accuracy ?? null,
    val_loss: validation?.loss ?? null,
  };
  return {
    status: 'succeeded',
    epochs: progress.epochs,
    bestEpoch: best?.epoch ?? null,
    trainLoss: trainScore.loss,
    valLoss: validation?.loss ?? null,
    testLoss: testScore.loss,
    trainAccuracy: trainScore.accuracy,
    valAccuracy: validation?.accuracy ?? null,
    testAccuracy: testScore.accuracy,
    objective: scores[request.objective] ?? null,
    metrics: {},
    seconds: (performance.now() - begin) / 1000,
    imagesPerSecond: progress.stepSeconds > 0 ? progress.trainedImages / progress.stepSeconds : null,
    diagnosis: diagnose({
      hasDiverged: progress.hasDiverged,
      reachedLimit: !progress.wasStopped,
      classes,
      testAccuracy: testScore.accuracy,
      testLoss: testScore.loss,
      testImages: dataset.test.labels.length,
    }),
    failure: null,
  };
}
