/** Whether the augmentation of a sweep suits the images of its data set. */
import { ElbowError } from '../errors.js';
import { placedValues } from './arms.js';
import type { DatasetFacts } from './known.js';
import { pathText, show, type Places } from './problems.js';
import type { SweepSpec } from './types.js';

/** Settings in whole pixels. */
const PIXELS = ['crop', 'cutout'] as const;

/**
 * One error for each setting that would leave nothing of an image.
 * @param dataset undefined where the trainable has no images
 */
export function unfitAugmentation(
  spec: SweepSpec,
  dataset: DatasetFacts | undefined,
  places: Places,
): ElbowError[] {
  if (spec.trainable.kind !== 'builtin' || !dataset) return [];
  const side = Math.min(dataset.image[0], dataset.image[1]);
  return PIXELS.flatMap((key) =>
    placedValues(spec, key).flatMap(({ path, value }) => {
      if (Number(value) < side) return [];
      return new ElbowError(
        'spec-invalid',
        `\`${pathText(path)}\`: expected a whole number below ${side}, the side of the images of ${spec.dataset}, ` +
          `got ${show(value)}`,
        { where: places.whereIs(path), hint: 'It counts pixels; 4 is usual for `crop`, 16 for `cutout`.' },
      );
    }),
  );
}
