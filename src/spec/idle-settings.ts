/** Settings of a sweep file that would change nothing, or not what they are set for. */
import { ElbowError } from '../errors.js';
import { gridsOf, type Grid } from './arms.js';
import { CONDITIONS } from './effects.js';
import { datasetName, type DatasetFacts } from './known.js';
import { defaultOf } from './params.js';
import { pathText, show, type Places } from './problems.js';
import type { Path } from './source.js';
import type { Scalar, SweepSpec } from './types.js';

/**
 * One error for each value that changes no arm at all: somebody expects something of it that will not come.
 * @param dataset undefined where the trainable has no images
 */
export function idleSettings(
  spec: SweepSpec,
  dataset: DatasetFacts | undefined,
  places: Places,
): ElbowError[] {
  if (spec.trainable.kind !== 'builtin' || !dataset) return [];
  const grids = gridsOf(spec);
  const idle = Object.entries(CONDITIONS).flatMap(([key, condition]) =>
    grids.flatMap((grid, i) => {
      const path = pathOf(spec, grid, i, key);
      const value = valuesOf(grid, key).find((one) => one !== defaultOf(key));
      if (path === null || value === undefined) return [];
      // One of `space` may be meant for any entry of `arms`.
      const readersMayBe = path[0] === 'space' ? grids : [grid];
      const others = [...new Set(readersMayBe.flatMap((one) => valuesOf(one, condition.beside)))];
      if (others.some((one) => condition.readers.includes(one))) return [];
      return new ElbowError(
        'spec-invalid',
        `\`${pathText(path)}\`: ${show(value)} changes nothing beside ${condition.beside} ${others.map(String).join(', ')}`,
        {
          where: places.whereIs(path),
          hint: `Leave it out: it counts with ${condition.beside} ${condition.readers.map(String).join(' or ')}.`,
        },
      );
    }),
  );
  return [...once(idle), ...longWarmups(spec, places), ...greySaturation(spec, dataset, places)];
}

const valuesOf = (grid: Grid, key: string): readonly Scalar[] =>
  grid.axes.find(([name]) => name === key)?.[1] ?? [defaultOf(key)!];

/** Where the values of a grid's setting stand; null where the file says nothing of it. */
function pathOf(spec: SweepSpec, grid: Grid, index: number, key: string): Path | null {
  if (Object.hasOwn(grid.settings, key)) return ['arms', index, key];
  return Object.hasOwn(spec.space, key) ? ['space', key] : null;
}

/** What stands in `space` is found with every entry of `arms`. */
const once = (errors: readonly ElbowError[]): ElbowError[] =>
  errors.filter((error, i) => errors.findIndex(({ message }) => message === error.message) === i);

/** A warm-up that the epochs end before: no step would have the rate that was asked for. */
function longWarmups(spec: SweepSpec, places: Places): ElbowError[] {
  return once(
    gridsOf(spec).flatMap((grid, i) => {
      const longest = Math.max(...valuesOf(grid, 'warmupEpochs').map(Number));
      const fewest = Math.min(...valuesOf(grid, 'epochs').map(Number));
      const path = pathOf(spec, grid, i, 'warmupEpochs');
      if (path === null || longest < fewest) return [];
      return new ElbowError(
        'spec-invalid',
        `\`${pathText(path)}\`: expected fewer epochs of warm-up than the ${fewest} of a trial, got ${longest}`,
        {
          where: places.whereIs(path),
          hint: 'The rate rises through the warm-up and is whole after it; take a shorter one or more `epochs`.',
        },
      );
    }),
  );
}

function greySaturation(spec: SweepSpec, { isTable, image }: DatasetFacts, places: Places): ElbowError[] {
  if (isTable || image[2] !== 1) return [];
  return once(
    gridsOf(spec).flatMap((grid, i) => {
      const path = pathOf(spec, grid, i, 'saturation');
      const value = valuesOf(grid, 'saturation').find((one) => one !== defaultOf('saturation'));
      if (path === null || value === undefined) return [];
      return new ElbowError(
        'spec-invalid',
        `\`${pathText(path)}\`: ${show(value)} changes nothing on the grey images of ${datasetName(spec.dataset)}`,
        { where: places.whereIs(path), hint: 'Grey has no saturation; leave this setting out.' },
      );
    }),
  );
}
