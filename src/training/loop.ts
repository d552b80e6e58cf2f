/** The epochs of a training, from the first or from a checkpoint to the last. */
import { ElbowError } from '../errors.js';
import type { EpochMetrics } from '../storage/storage.js';
import { createGather } from './augmentation.js';
import { averageWeights } from './average.js';
import { disposeBest, disposeMoments, type Best } from './best.js';
import {
  placeText,
  readCheckpoint,
  writeCheckpoint,
  type StartedEpoch,
  type TrainingState,
} from './checkpoint.js';
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
    hooks.onNote(`goes on after ${placeText(from)}, from its checkpoint`);
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
  const watch = watchTraining(
    network,
    stepsPerEpoch,
    from ? { state: from.watched, seen: from.part?.seen ?? [] } : undefined,
  );
  const epochs = [...(from?.epochs ?? [])];
  /** Of the epoch that runs. */
  let part: StartedEpoch | null = from?.part ?? null;
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
    part,
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

  const keepCheckpoint = (place: NonNullable<Setup['checkpoints']>): void => {
    const path = writeCheckpoint(place, state());
    if (path !== null) hooks.onCheckpoint(path);
    lastCheckpoint = performance.now();
  };

  try {
    for (let epoch = epochs.length + 1; epoch <= settings.epochs; epoch++) {
      const begin = performance.now() - 1000 * (part?.seconds ?? 0);
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
        from: part ?? undefined,
        onStep: async (done, count) => {
          part = { ...done, seen: watch.seen, seconds: (performance.now() - begin) / 1000 };
          hooks.onStep(epoch, done.steps, count);
          await hooks.pause();
        },
      });
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
      part = null;
      steps += running.steps;
      stepSeconds += running.stepSeconds;
      trainedImages += running.images;
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
        keepCheckpoint(checkpoints);
      }
    }
    return ended({ hasDiverged: false, wasStopped: false });
  } catch (error) {
    if (checkpoints && isStop(error) && isWhole(part)) keepCheckpoint(checkpoints);
    disposeBest(best);
    throw error;
  } finally {
    optimizer.dispose();
    average.dispose();
  }
}

/** What `pause` throws when the training is told to stop; then all tensors are those after a step. */
const isStop = (error: unknown): boolean => error instanceof ElbowError && error.code === 'trial-cancelled';

/** A loss that is no number has no place in a file, and ends the training anyway. */
const isWhole = (part: StartedEpoch | null): boolean => part !== null && Number.isFinite(part.loss);

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
