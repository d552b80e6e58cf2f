/** What a kept network answers to pictures, calibrated on its own validation images. */
import { ElbowError, messageOf } from '../errors.js';
import { packedImages, type Dataset } from '../data/index.js';
import { readModel } from '../models/index.js';
import {
  keepCalibration,
  keptCalibration,
  placeScore,
  summaryOf,
  unfamiliarityScores,
  type Calibration,
} from '../predict/index.js';
import type { PredictJob, Prediction } from '../trainer/protocol.js';
import { calibrate } from './calibrate.js';
import { streamImages } from './images.js';
import { loadModel, type LoadedModel, type Response } from './load-model.js';

export interface PredictHooks {
  /** The data set that the job names. @throws ElbowError `data-missing`, `data-damaged` */
  dataset(): Promise<Dataset>;
  onNote(text: string): void;
  /** Lets the process look at its messages; it may throw to end the work. */
  pause(): Promise<void>;
}

/** @throws ElbowError `model-missing`, `model-damaged`; whatever `pause` throws */
export async function predict(job: PredictJob, hooks: PredictHooks): Promise<Prediction> {
  const model = loadModel(readModel(job.place));
  try {
    const found = await calibrationFor(model, job, hooks);
    const response = await model.respond(picturesOf(model, job.pictures), () => hooks.pause());
    return {
      answers: answersOf(response, job.pictures.length, found.calibration),
      calibration: found.calibration && summaryOf(found.calibration),
      problem: found.problem,
    };
  } finally {
    model.dispose();
  }
}

function picturesOf({ standard }: LoadedModel, pictures: readonly string[]): ReturnType<typeof streamImages> {
  const pixels = Buffer.concat(pictures.map((text) => Buffer.from(text, 'base64')));
  const positions = Uint32Array.from(pictures, (_, i) => i);
  // Nobody has named their classes.
  return streamImages(standard, packedImages(pixels, new Uint8Array(pictures.length)), positions);
}

function answersOf(
  { logits, features }: Response,
  count: number,
  calibration: Calibration | null,
): Prediction['answers'] {
  const classes = logits.length / count;
  const scores = calibration && unfamiliarityScores(features, calibration.reference);
  return Array.from({ length: count }, (_, i) => ({
    logits: Array.from(logits.subarray(i * classes, (i + 1) * classes)),
    unfamiliarity: scores && placeScore(scores[i]!, calibration.scores),
  }));
}

interface Found {
  readonly calibration: Calibration | null;
  readonly problem: string | null;
}

/** The calibration that was kept, or a new one; without one the answers are given all the same. */
async function calibrationFor(model: LoadedModel, job: PredictJob, hooks: PredictHooks): Promise<Found> {
  const { place, dataDigest, samplesPerClass, sweepSeed, replicate } = job;
  const without = (problem: string): Found => ({ calibration: null, problem });
  if (dataDigest === null) return without('It is not known which data set this network was trained on.');
  const key = { model: place.digest, data: dataDigest, samplesPerClass, sweepSeed, replicate };
  const kept = keptCalibration(place.folder, key);
  if (kept) return { calibration: kept, problem: null };
  let dataset: Dataset;
  try {
    dataset = await hooks.dataset();
  } catch (error) {
    if (!(error instanceof ElbowError)) throw error;
    return without(`The data set is needed for it: ${error.message}.`);
  }
  if (dataset.digest !== dataDigest) {
    return without(
      `The data set ${dataset.entry.name} has changed since this network was trained (SHA-256 ${dataset.digest}, it was ${dataDigest}).`,
    );
  }
  hooks.onNote('calibrating on the validation images');
  const made = await calibrate(model, { dataset, key }, () => hooks.pause());
  if (!made) return without('This trial has no validation images (fewer than 5 samples per class).');
  try {
    keepCalibration(place.folder, made);
  } catch (error) {
    hooks.onNote(`the calibration could not be kept: ${messageOf(error)}`);
  }
  return { calibration: made, problem: null };
}
