/** Whether the networks of a sweep can take the images of its data set. */
import { ElbowError } from '../errors.js';
import { layersOf, ownNetwork, summarizeLayers, type Layer } from '../models/index.js';
import { placedValues } from './arms.js';
import { datasetName, type DatasetFacts } from './known.js';
import { withDefaults } from './params.js';
import { pathText, type Places } from './problems.js';
import type { SweepSpec } from './types.js';

/** Layers that look at the neighbours of a pixel, and that a row of numbers means nothing to. */
export const SPATIAL: ReadonlySet<Layer['kind']> = new Set([
  'conv',
  'max-pool',
  'global-average-pool',
  'residual',
]);

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
  const what = dataset.isTable ? 'rows' : 'images';
  const models = placedValues(spec, 'model');
  return models.flatMap(({ path, value: model }) => {
    // network-fit.ts looks at these, layer by layer.
    if (ownNetwork(spec.networks, model) !== undefined) return [];
    try {
      const layers = layersOf(withDefaults({ model }), dataset.classes);
      if (dataset.isTable) expectFlat(layers);
      summarizeLayers(layers, dataset.image);
      return [];
    } catch (error) {
      if (!(error instanceof ElbowError)) throw error;
      return new ElbowError(
        'spec-invalid',
        `\`${pathText(path)}\`: ${String(model)} cannot take the ${what} of ${datasetName(spec.dataset)}, ` +
          `${dataset.isTable ? `${dataset.image[2]} numbers each` : dataset.image.join('×')}: ${error.message}`,
        {
          where: places.whereIs(path),
          hint: dataset.isTable ? 'Choose `mlp`.' : 'Choose another model or data set.',
          cause: error,
        },
      );
    }
  });
}

/** @throws ElbowError `spec-invalid` for a layer that looks at the neighbours of a pixel */
function expectFlat(layers: readonly Layer[]): void {
  const spatial = layers.find(({ kind }) => SPATIAL.has(kind));
  if (spatial) throw new ElbowError('spec-invalid', `a ${spatial.kind} layer needs an image`);
}
