/** Accuracy on test images that were changed in ways that a network has not seen. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import { SEVERITIES, changePictures, waysFor, type Change } from '../augmentation/index.js';
import type { Trained } from './evaluate.js';
import { streamImages, type ImageSource } from './images.js';
import type { Setup } from './train.js';

const meanOf = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

/**
 * One accuracy of each way and severity, the mean of each way, and the mean of these.
 * @param trained null where no epoch stayed finite: chance level
 * @param epochs that were trained, for showing progress
 * @returns by name, as in `metrics`: `unfamiliar_rotated_1_accuracy`, `unfamiliar_rotated_accuracy`, `unfamiliar_accuracy`
 */
export async function unfamiliarMetrics(
  { request, evaluator, hooks }: Setup,
  trained: Trained | null,
  epochs: number,
): Promise<Readonly<Record<string, number>>> {
  const { entry, test } = request.dataset;
  const ways = waysFor(entry.channels);
  const metrics: Record<string, number> = {};
  const means: number[] = [];
  let done = 0;
  const images = streamImages(
    entry,
    test,
    Uint32Array.from(test.labels, (_, position) => position),
  );
  for (const way of ways) {
    const accuracies: number[] = [];
    for (const severity of SEVERITIES) {
      const accuracy = trained
        ? (await evaluator.score(trained, changedImages(images, { way, severity }, entry))).accuracy
        : 1 / entry.classes.length;
      accuracies.push(accuracy);
      metrics[`unfamiliar_${way}_${severity}_accuracy`] = accuracy;
      // Large networks take minutes for each; the supervisor hears that the trainer lives.
      hooks.onStep(epochs, ++done, ways.length * SEVERITIES.length);
    }
    means.push(meanOf(accuracies));
    metrics[`unfamiliar_${way}_accuracy`] = meanOf(accuracies);
  }
  metrics['unfamiliar_accuracy'] = meanOf(means);
  return metrics;
}

/** Images that are changed when they are read; their places are their positions in the test set. */
function changedImages(
  images: ImageSource,
  change: Change,
  format: Parameters<typeof changePictures>[3],
): ImageSource {
  return {
    count: images.count,
    read: (start, size) =>
      tf.tidy(() => {
        const { images: some, labels } = images.read(start, size);
        const positions = Uint32Array.from({ length: some.shape[0] }, (_, i) => start + i);
        const pictures = changePictures(some.dataSync<'float32'>(), positions, change, format);
        return { images: tf.tensor4d(pictures, some.shape), labels };
      }),
  };
}
