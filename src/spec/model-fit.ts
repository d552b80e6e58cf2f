/** Whether the networks of a sweep can take the images of its data set. */
import { ElbowError } from '../errors.js';
import { layersOf, ownNetwork, summarizeLayers, totalOf, type Layer } from '../models/index.js';
import { gridPath, gridValues, gridsOf, placedValues } from './arms.js';
import { datasetName, type DatasetFacts } from './known.js';
import { digits } from './leaves.js';
import { withDefaults } from './params.js';
import { once, pathText, type Places } from './problems.js';
import type { SweepSpec } from './types.js';

/** Layers that look at the neighbours of a pixel, and that a row of numbers means nothing to. */
export const SPATIAL: ReadonlySet<Layer['kind']> = new Set([
  'conv',
  'max-pool',
  'global-average-pool',
  'residual',
]);

/** Parameters that training changes: 1 GiB of weights; gradients and an optimizer's moments take three times more. */
export const MOST_PARAMETERS = 2 ** 28;

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
  const unfit = models.flatMap(({ path, value: model }) => {
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
  return unfit.length > 0 ? unfit : tooWideModels(spec, dataset, places);
}

/** One error for each width that makes too many parameters of a built-in model. */
function tooWideModels(spec: SweepSpec, { classes, image }: DatasetFacts, places: Places): ElbowError[] {
  const errors = gridsOf(spec).flatMap((grid, i) => {
    const models = gridValues(grid, 'model').filter((name) => ownNetwork(spec.networks, name) === undefined);
    return gridValues(grid, 'width').flatMap((width, at) => {
      const largest = models
        .map((model) => {
          const layers = layersOf(withDefaults({ model, width }), classes);
          return { model, trainable: totalOf(summarizeLayers(layers, image)).trainable };
        })
        .find(({ trainable }) => trainable > MOST_PARAMETERS);
      const parent = gridPath(spec, grid, i, 'width');
      if (!largest || !parent) return [];
      const path = [...parent, at];
      return new ElbowError(
        'spec-invalid',
        `\`${pathText(path)}\`: expected at most ${digits(MOST_PARAMETERS)} parameters, ${String(largest.model)} has ${digits(largest.trainable)} at ${String(width)}`,
        {
          where: places.whereIs(path),
          hint: 'Parameters grow with the square of the width; take a smaller one.',
        },
      );
    });
  });
  return once(errors);
}

/** @throws ElbowError `spec-invalid` for a layer that looks at the neighbours of a pixel */
function expectFlat(layers: readonly Layer[]): void {
  const spatial = layers.find(({ kind }) => SPATIAL.has(kind));
  if (spatial) throw new ElbowError('spec-invalid', `a ${spatial.kind} layer needs an image`);
}
