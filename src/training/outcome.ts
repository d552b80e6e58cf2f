/** What comes of a training: scores at the best weights. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import { messageOf } from '../errors.js';
import type { Outcome } from '../storage/storage.js';
import type { Best } from './best.js';
import { diagnose } from './diagnose.js';
import type { Score } from './evaluate.js';
import type { Evidence } from './evidence.js';
import { streamImages } from './images.js';
import type { Loss } from './losses.js';
import { chanceMetrics } from './metrics.js';
import type { Progress } from './loop.js';
import { milestones } from './milestones.js';
import { saveModel } from './model-file.js';
import type { Setup } from './train.js';
import { unfamiliarMetrics } from './unfamiliar.js';
import { watchUnits } from './units.js';
import { kernelsOf } from './watch.js';

/** Of a network that gives every class the same probability. */
function chanceScore(loss: Loss, classes: number): Score {
  const mean = tf.tidy(() => tf.mean(loss(tf.zeros([1, classes]), tf.tensor1d([0], 'int32'))).dataSync()[0]!);
  return { loss: mean, accuracy: 1 / classes };
}

/**
 * Evaluates the best weights on test and training images; chance level where no epoch stayed finite.
 * @param begin of the training, on the clock of `performance`
 */
export async function outcomeOf(setup: Setup, progress: Progress, begin: number): Promise<Outcome> {
  const { request, network, evaluator } = setup;
  const { dataset } = request;
  const classes = dataset.entry.classes.length;
  const { best } = progress;
  const units = watchUnits(setup.split.recalibration);
  let answers: Outcome['answers'] = null;
  let weights: string | null = null;
  const chance = chanceScore(setup.loss, classes);
  let train = chance;
  let test = { ...chance, ...chanceMetrics(classes) };
  let validation = setup.validation.count > 0 ? chance : null;
  const trained = best && { network, parameters: best.parameters, moments: best.moments };
  if (best && trained) {
    const all = new Uint32Array(dataset.test.labels.length).map((_, i) => i);
    const examined = await evaluator.examine(trained, streamImages(dataset.entry, dataset.test, all));
    test = examined;
    answers = {
      classes: dataset.entry.classes,
      confusion: examined.confusion,
      correct: Buffer.from(examined.correct).toString('base64'),
    };
    weights = keepWeights(setup, best);
    train = await evaluator.score(trained, setup.training, units);
    validation = best.validation;
  }
  const unfamiliar = request.unfamiliar
    ? await unfamiliarMetrics(setup, trained, progress.epochs.length)
    : {};
  const findings = diagnose({
    ...groundOf(setup, progress),
    trainAccuracy: train.accuracy,
    validationAccuracy: validation?.accuracy ?? null,
    testAccuracy: test.accuracy,
    testLogLoss: test.logLoss,
    units: units.counts(),
  });
  const objectives: Readonly<Record<string, number | null>> = {
    val_accuracy: validation?.accuracy ?? null,
    val_loss: validation?.loss ?? null,
  };
  return {
    status: 'succeeded',
    epochs: progress.epochs.length,
    bestEpoch: best?.epoch ?? null,
    trainLoss: train.loss,
    valLoss: validation?.loss ?? null,
    testLoss: test.loss,
    trainAccuracy: train.accuracy,
    valAccuracy: validation?.accuracy ?? null,
    testAccuracy: test.accuracy,
    objective: objectives[request.objective] ?? null,
    metrics: {
      test_log_loss: test.logLoss,
      test_top5_accuracy: test.top5Accuracy,
      test_calibration_error: test.calibrationError,
      ...unfamiliar,
      ...milestones(progress.epochs, progress.stepsPerEpoch),
    },
    seconds: (performance.now() - begin) / 1000,
    imagesPerSecond: progress.stepSeconds > 0 ? progress.trainedImages / progress.stepSeconds : null,
    diagnosis: findings[0]?.code ?? null,
    findings,
    answers,
    weights,
    failure: null,
  };
}

type Scores = 'trainAccuracy' | 'validationAccuracy' | 'testAccuracy' | 'testLogLoss' | 'units';

/** What a diagnosis is made from, without the scores at the best weights. */
function groundOf(
  { request, split, network }: Setup,
  { hasDiverged, wasStopped, epochs, stepsPerEpoch, best, watched }: Progress,
): Omit<Evidence, Scores> {
  return {
    settings: request.params,
    hasDiverged,
    wasStopped,
    epochs,
    stepsPerEpoch,
    bestEpoch: best?.epoch ?? null,
    trainImages: split.train.length,
    validationImages: split.validation.length,
    testPerClass: request.dataset.entry.testPerClass,
    steps: watched,
    layers: kernelsOf(network).map(({ layer }) => layer),
  };
}

/** @returns the digest of the file; null where nothing is kept, or when it could not be written, which is told */
function keepWeights({ request, layers, network, hooks }: Setup, best: Best): string | null {
  if (!request.keep) return null;
  try {
    return saveModel(request.keep.models, { network, layers, entry: request.dataset.entry }, best);
  } catch (error) {
    hooks.onNote(`the weights could not be kept: ${messageOf(error)}`);
    return null;
  }
}
