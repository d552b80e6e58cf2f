/** The epochs of a training, from the first or from a checkpoint to the last. */
import type { EpochMetrics } from '../storage/storage.js';
import { createGather } from './augmentation.js';
import { averageWeights } from './average.js';
import { disposeBest, disposeMoments, type Best } from './best.js';
import { readCheckpoint, writeCheckpoint, type TrainingState } from './checkpoint.js';
import { earlyStopping } from './early-stopping.js';
import type { WatchState } from './evidence.js';
import { trainEpoch } from './epoch.js';
import type { Trained } from './evaluate.js';
import { createOptimizer } from './optimizers.js';
import { createSchedule } from './schedule.js';
import type { Setup } from './train.js';
import { watchTraining } from './watch.js';

/** How the epochs went. */
export interface Progress {
  readonly best: Best | null;
  /** Of every epoch, those before a checkpoint as well. */
  readonly epochs: readonly EpochMetrics[];
  /** Integer ≥ 1. */
  readonly stepsPerEpoch: number;
  readonly hasDiverged: boolean;
  readonly wasStopped: boolean;
  readonly trainedImages: number;
  readonly stepSeconds: number;
  readonly watched: WatchState;
}

/** Trains until the epochs are used up, patience is at its end, or the loss is no number. The caller owns the best. */
export async function trainEpochs(setup: Setup): Promise<Progress> {
  const { settings, hooks, network, training, checkpoints } = setup;
  const { batchSize, l2, clipNorm } = settings;
  const from = checkpoints && readCheckpoint(checkpoints, network.parameters.size);
  if (from) {
    network.replace(from.parameters);
    hooks.onNote(`goes on after epoch ${from.epochs.length}, from its checkpoint`);
  }
  hooks.onBegin(from?.epochs.length ?? 0);
  from?.epochs.forEach((metrics) => hooks.onEpoch(metrics));
  const stepsPerEpoch = Math.ceil(training.count / batchSize);
  const optimizer = createOptimizer(settings.optimizer, from?.optimizer);
  const average = averageWeights(settings.emaDecay, from?.average);
  const stopping = earlyStopping(settings.patience, from?.stopping);
  const schedule = createSchedule({ ...settings.schedule, stepsPerEpoch }, from?.schedule);
  const gather = createGather({
    params: setup.request.params,
    format: setup.request.dataset.entry,
    positions: setup.split.train,
    seeds: setup.request,
  });
  const watch = watchTraining(network, stepsPerEpoch, from?.watched);
  const epochs = [...(from?.epochs ?? [])];
  let best = from?.best ?? null;
  let { steps, trainedImages, stepSeconds } = from ?? { steps: 0, trainedImages: 0, stepSeconds: 0 };
  let lastCheckpoint = performance.now();

  const ended = (end: { hasDiverged: boolean; wasStopped: boolean }): Progress => ({
    best,
    epochs,
    stepsPerEpoch,
    trainedImages,
    stepSeconds,
    watched: watch.state,
    ...end,
  });
  const state = (): TrainingState => ({
    epochs,
    steps,
    trainedImages,
    stepSeconds,
    parameters: network.parameters,
    optimizer: optimizer.state,
    average: average.state,
    stopping: stopping.state,
    schedule: schedule.state,
    watched: watch.state,
    best,
  });

  try {
    for (let epoch = epochs.length + 1; epoch <= settings.epochs; epoch++) {
      const begin = performance.now();
      const running = await trainEpoch({
        network,
        optimizer,
        schedule,
        average,
        watch,
        loss: setup.loss,
        l2,
        clipNorm,
        images: training,
        gather,
        batchSize,
        epoch,
        stepsBefore: steps,
        seeds: setup.request,
        onStep: async (step, count) => {
          hooks.onStep(epoch, step, count);
          await hooks.pause();
        },
      });
      steps += running.steps;
      stepSeconds += running.stepSeconds;
      trainedImages += running.images;
      watch.endEpoch(epoch);
      const parameters = average.of(network.parameters);
      const { moments, validation } = await validate(setup, { network, parameters });
      const metrics: EpochMetrics = {
        epoch,
        trainLoss: finite(running.loss),
        trainAccuracy: running.accuracy,
        valLoss: finite(validation?.loss),
        valAccuracy: validation?.accuracy ?? null,
        learningRate: running.learningRate,
        seconds: (performance.now() - begin) / 1000,
      };
      epochs.push(metrics);
      hooks.onEpoch(metrics);
      // Weights that are not numbers score like those of a network that always names the same class.
      if (!Number.isFinite(running.loss) || (validation && !Number.isFinite(validation.loss))) {
        disposeMoments(moments);
        return ended({ hasDiverged: true, wasStopped: false });
      }
      const verdict = stopping.see({ epoch, steps, validation });
      schedule.see({ isBetter: verdict.isBest });
      if (verdict.isBest) {
        disposeBest(best);
        best = { epoch, parameters: parameters.clone(), moments, validation };
      } else disposeMoments(moments);
      if (verdict.mustStop) return ended({ hasDiverged: false, wasStopped: true });
      // The last epoch's would be of no use to anyone.
      if (checkpoints && epoch < settings.epochs && isDue(lastCheckpoint, checkpoints.everySeconds)) {
        const path = writeCheckpoint(checkpoints, state());
        if (path !== null) hooks.onCheckpoint(path);
        lastCheckpoint = performance.now();
      }
    }
    return ended({ hasDiverged: false, wasStopped: false });
  } catch (error) {
    disposeBest(best);
    throw error;
  } finally {
    optimizer.dispose();
    average.dispose();
  }
}

const isDue = (last: number, everySeconds: number): boolean =>
  performance.now() - last >= everySeconds * 1000;

/** Recalibrates the norm layers, then scores the validation images. The caller owns the moments. */
async function validate(
  { split, evaluator, training, validation }: Setup,
  weights: Omit<Trained, 'moments'>,
): Promise<Pick<Best, 'moments' | 'validation'>> {
  const moments = await evaluator.moments(weights, training, split.recalibration);
  if (validation.count === 0) return { moments, validation: null };
  try {
    return { moments, validation: await evaluator.score({ ...weights, moments }, validation) };
  } catch (error) {
    disposeMoments(moments);
    throw error;
  }
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;
