/** Whether the augmentation of a sweep suits the images of its data set, if it has any. */
import { ElbowError } from '../errors.js';
import { placedValues } from './arms.js';
import { AUGMENTATIONS, datasetName, type DatasetFacts } from './known.js';
import { defaultOf } from './params.js';
import { pathText, show, type Places } from './problems.js';
import type { SweepSpec } from './types.js';

/** Settings in whole pixels. */
const PIXELS = ['crop', 'cutout'] as const;

/**
 * One error for each setting that would leave nothing of an image, or that is switched on for a table of numbers.
 * @param dataset undefined where the trainable has no images
 */
export function unfitAugmentation(
  spec: SweepSpec,
  dataset: DatasetFacts | undefined,
  places: Places,
): ElbowError[] {
  if (spec.trainable.kind !== 'builtin' || !dataset) return [];
  if (dataset.isTable) return augmentedTable(spec, places);
  const side = Math.min(dataset.image[0], dataset.image[1]);
  const grey = dataset.image[2] === 1 ? greySaturation(spec, places) : [];
  const pixels = PIXELS.flatMap((key) =>
    placedValues(spec, key).flatMap(({ path, value }) => {
      if (Number(value) < side) return [];
      return new ElbowError(
        'spec-invalid',
        `\`${pathText(path)}\`: expected a whole number below ${side}, the side of the images of ${datasetName(spec.dataset)}, ` +
          `got ${show(value)}`,
        { where: places.whereIs(path), hint: 'It counts pixels; 4 is usual for `crop`, 16 for `cutout`.' },
      );
    }),
  );
  return [...pixels, ...grey];
}

function greySaturation(spec: SweepSpec, places: Places): ElbowError[] {
  return placedValues(spec, 'saturation').flatMap(({ path, value }) => {
    if (value === defaultOf('saturation')) return [];
    return new ElbowError(
      'spec-invalid',
      `\`${pathText(path)}\`: ${show(value)} changes nothing on the grey images of ${datasetName(spec.dataset)}`,
      { where: places.whereIs(path), hint: 'Grey has no saturation; leave this setting out.' },
    );
  });
}

function augmentedTable(spec: SweepSpec, places: Places): ElbowError[] {
  const what = `${datasetName(spec.dataset)}, a table of numbers`;
  const unfamiliar = new ElbowError('spec-invalid', `\`unfamiliar\`: expected false for ${what}, got true`, {
    where: places.whereIs(['unfamiliar']),
    hint: 'Unfamiliar pictures are made of test images; leave this key out.',
  });
  const augmented = AUGMENTATIONS.flatMap((key) =>
    placedValues(spec, key).flatMap(({ path, value }) => {
      if (value === defaultOf(key)) return [];
      return new ElbowError(
        'spec-invalid',
        `\`${pathText(path)}\`: expected no augmentation of ${what}, got ${show(value)}`,
        { where: places.whereIs(path), hint: 'Augmentation changes images; leave this setting out.' },
      );
    }),
  );
  return spec.unfamiliar === true ? [unfamiliar, ...augmented] : augmented;
}
