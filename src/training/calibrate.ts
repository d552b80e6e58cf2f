/** Calibrates a kept network on its own validation images. */
import { splitOf, type Dataset } from '../data/index.js';
import {
  CALIBRATION_FORMAT,
  fitTemperature,
  logProbabilities,
  referenceOf,
  unfamiliarityScores,
  type Calibration,
  type CalibrationKey,
  type LabelledLogits,
} from '../predict/index.js';
import { streamImages } from './images.js';
import type { LoadedModel } from './load-model.js';
import { AnswerCounter } from './metrics.js';

/** Enough for a temperature and a quantile of 5 %; a VGG takes minutes for all 10,000 of a whole data set. */
const IMAGES_PER_CLASS = 200;

/**
 * Temperature and reference of a network.
 * @param key which data set, and which of its images the network was trained on
 * @returns null when the trial has no validation images
 */
export async function calibrate(
  model: LoadedModel,
  { dataset, key }: { readonly dataset: Dataset; readonly key: CalibrationKey },
  pause: () => Promise<void>,
): Promise<Calibration | null> {
  const split = splitOf(dataset, key);
  if (split.validation.length === 0) return null;
  const most = IMAGES_PER_CLASS * dataset.entry.classes.length;
  const read = async (positions: Uint32Array) => {
    const some = positions.subarray(0, most);
    const response = await model.respond(streamImages(model.standard, dataset.train, some), pause);
    return { ...response, labels: Array.from(some, (position) => dataset.train.labels[position]!) };
  };
  const validation = await read(split.validation);
  const reference = referenceOf(await read(split.train));
  return {
    format: CALIBRATION_FORMAT,
    ...key,
    validationImages: validation.labels.length,
    temperature: fitTemperature(validation),
    calibrationError: { before: errorAt(validation, () => 1), after: heldOutError(validation) },
    reference,
    scores: Array.from(unfamiliarityScores(validation.features, reference).sort()),
  };
}

/** Expected calibration error, each half of the images at the temperature of the other half: nothing is measured where it was fitted. */
function heldOutError(known: LabelledLogits): number {
  const temperatures = [0, 1].map((half) => fitTemperature(halfOf(known, 1 - half)).value);
  return errorAt(known, (image) => temperatures[image % 2]!);
}

/** Every second image; all where there is one alone. */
function halfOf({ logits, labels }: LabelledLogits, half: number): LabelledLogits {
  const count = labels.length;
  const classes = logits.length / count;
  if (count < 2) return { logits, labels };
  const images = Array.from({ length: count }, (_, i) => i).filter((i) => i % 2 === half);
  return {
    labels: images.map((i) => labels[i]!),
    logits: images.flatMap((i) => Array.from({ length: classes }, (_, k) => logits[i * classes + k]!)),
  };
}

function errorAt({ logits, labels }: LabelledLogits, temperatureOf: (image: number) => number): number {
  const counter = new AnswerCounter();
  const classes = logits.length / labels.length;
  const rows = Array.from(logits);
  for (let image = 0; image < labels.length; image++) {
    const row = rows.slice(image * classes, (image + 1) * classes);
    const answer = row.indexOf(Math.max(...row));
    counter.add(logProbabilities(row, temperatureOf(image)), [labels[image]!], [answer]);
  }
  return counter.metrics().calibrationError;
}
