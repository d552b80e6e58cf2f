/** Whether the networks of a sweep can take the images of its data set. */
import { ElbowError } from '../errors.js';
import { layersOf, ownNetwork, summarizeLayers } from '../models/index.js';
import { placedValues } from './arms.js';
import type { DatasetFacts } from './known.js';
import { withDefaults } from './params.js';
import { pathText, type Places } from './problems.js';
import type { SweepSpec } from './types.js';

/**
 * One error for each model that cannot, so that no trial starts that would fail at once.
 * @param dataset undefined where the trainable has no images
 */
export function unfitModels(
  spec: SweepSpec,
  dataset: DatasetFacts | undefined,
  places: Places,
): ElbowError[] {
  if (spec.trainable.kind !== 'builtin' || !dataset) return [];
  const models = placedValues(spec, 'model');
  return models.flatMap(({ path, value: model }) => {
    // network-fit.ts looks at these, layer by layer.
    if (ownNetwork(spec.networks, model) !== undefined) return [];
    try {
      summarizeLayers(layersOf(withDefaults({ model }), dataset.classes), dataset.image);
      return [];
    } catch (error) {
      if (!(error instanceof ElbowError)) throw error;
      return new ElbowError(
        'spec-invalid',
        `\`${pathText(path)}\`: ${String(model)} cannot take the images of ${spec.dataset}, ` +
          `${dataset.image.join('×')}: ${error.message}`,
        { where: places.whereIs(path), hint: 'Choose another model or data set.', cause: error },
      );
    }
  });
}
