/** Settings of a sweep file that would change nothing, or not what they are set for. */
import { ElbowError } from '../errors.js';
import { gridPath, gridValues, gridsOf } from './arms.js';
import { CONDITIONS } from './effects.js';
import type { DatasetFacts } from './known.js';
import { defaultOf } from './params.js';
import { once, pathText, show, type Places } from './problems.js';
import type { SweepSpec } from './types.js';

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
      const path = gridPath(spec, grid, i, key);
      const value = gridValues(grid, key).find((one) => one !== defaultOf(key));
      if (path === null || value === undefined) return [];
      // One of `space` may be meant for any entry of `arms`.
      const readersMayBe = path[0] === 'space' ? grids : [grid];
      const others = [...new Set(readersMayBe.flatMap((one) => gridValues(one, condition.beside)))];
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
  return [...once(idle), ...longWarmups(spec, places)];
}

/** A warm-up that the epochs end before: no step would have the rate that was asked for. */
function longWarmups(spec: SweepSpec, places: Places): ElbowError[] {
  return once(
    gridsOf(spec).flatMap((grid, i) => {
      const longest = Math.max(...gridValues(grid, 'warmupEpochs').map(Number));
      const fewest = Math.min(...gridValues(grid, 'epochs').map(Number));
      const path = gridPath(spec, grid, i, 'warmupEpochs');
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
