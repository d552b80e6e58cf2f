/** A whole training, from images to an outcome. */
import { splitFor, type Dataset, type Split } from '../data/index.js';
import { initialiserOf, layersOf } from '../models/index.js';
import type { ArmParams } from '../spec/types.js';
import type { EpochMetrics, Outcome } from '../storage/storage.js';
import { averageWeights } from './average.js';
import { disposeBest, disposeMoments, type Best } from './best.js';
import { buildNetwork, type Network } from './build.js';
import { earlyStopping } from './early-stopping.js';
import { trainEpoch } from './epoch.js';
import { createEvaluator, type Evaluator, type Score, type Trained } from './evaluate.js';
import { loadImages, type ResidentImages } from './images.js';
import { createLoss, type Loss } from './losses.js';
import { createOptimizer } from './optimizers.js';
import { outcomeOf } from './outcome.js';
import { createSchedule } from './schedule.js';
import { trainingSettings, type TrainingSettings } from './settings.js';

export interface TrainRequest {
  readonly dataset: Dataset;
  /** With every built-in setting. */
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

/** What a training works with from its first epoch to its outcome. */
export interface Setup {
  readonly request: TrainRequest;
  readonly settings: TrainingSettings;
  readonly hooks: TrainHooks;
  readonly split: Split;
  readonly network: Network;
  readonly loss: Loss;
  readonly training: ResidentImages;
  readonly validation: ResidentImages;
  readonly evaluator: Evaluator;
}

/** How the epochs went. */
export interface Progress {
  readonly best: Best | null;
  readonly epochs: number;
  readonly hasDiverged: boolean;
  readonly wasStopped: boolean;
  readonly trainedImages: number;
  readonly stepSeconds: number;
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
    initialiserOf(String(params['initialiser'])),
  );
  const setup: Setup = {
    request,
    settings,
    hooks,
    split,
    network,
    loss,
    training: loadImages(entry, dataset.train, split.train),
    validation: loadImages(entry, dataset.train, split.validation),
    evaluator: createEvaluator(loss, () => hooks.pause()),
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

async function trainEpochs(setup: Setup): Promise<Progress> {
  const { request, settings, hooks, network, training } = setup;
  const { batchSize, l2, clipNorm } = settings;
  const optimizer = createOptimizer(settings.optimizer);
  const average = averageWeights(settings.emaDecay);
  const stopping = earlyStopping(settings.patience);
  const schedule = createSchedule({
    ...settings.schedule,
    stepsPerEpoch: Math.ceil(training.count / batchSize),
  });
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
    for (let epoch = 1; epoch <= settings.epochs; epoch++) {
      const begin = performance.now();
      const running = await trainEpoch({
        network,
        optimizer,
        schedule,
        average,
        loss: setup.loss,
        l2,
        clipNorm,
        images: training,
        batchSize,
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
      const parameters = average.of(network.parameters);
      const { moments, validation } = await validate(setup, { network, parameters });
      hooks.onEpoch({
        epoch,
        trainLoss: finite(running.loss),
        trainAccuracy: running.accuracy,
        valLoss: finite(validation?.loss),
        valAccuracy: validation?.accuracy ?? null,
        learningRate: running.learningRate,
        seconds: (performance.now() - begin) / 1000,
      });
      // Weights that are not numbers score like those of a network that always names the same class.
      if (!Number.isFinite(running.loss) || (validation && !Number.isFinite(validation.loss))) {
        disposeMoments(moments);
        return ended(epoch, { hasDiverged: true, wasStopped: false });
      }
      const verdict = stopping.see({ epoch, steps: stepsDone, validation });
      schedule.see({ isBetter: verdict.isBest });
      if (verdict.isBest) {
        disposeBest(best);
        best = { epoch, parameters: parameters.clone(), moments, validation };
      } else disposeMoments(moments);
      if (verdict.mustStop) return ended(epoch, { hasDiverged: false, wasStopped: true });
    }
    return ended(settings.epochs, { hasDiverged: false, wasStopped: false });
  } catch (error) {
    disposeBest(best);
    throw error;
  } finally {
    optimizer.dispose();
    average.dispose();
  }
}

/** Recalibrates the norm layers, then scores the validation images. The caller owns the moments. */
async function validate(
  { split, evaluator, training, validation }: Setup,
  weights: Omit<Trained, 'moments'>,
): Promise<Pick<Best, 'moments' | 'validation'>> {
  const moments = await evaluator.moments(weights, training, split.recalibration);
  if (validation.count === 0) return { moments, validation: null };
  try {
    const score: Score = await evaluator.score({ ...weights, moments }, validation);
    return { moments, validation: score };
  } catch (error) {
    disposeMoments(moments);
    throw error;
  }
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;
