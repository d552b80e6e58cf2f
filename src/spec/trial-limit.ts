/** How many trials a sweep may have. Pure. */
import { MOST_SHARDS, trialsPerShard } from '../../workflows/messages.js';
import { ElbowError } from '../errors.js';
import { countAtMost, countTrials } from './arms.js';
import { digits } from './leaves.js';
import type { Places } from './problems.js';
import { MOST_TRIALS } from './schema.js';
import type { SweepSpec } from './types.js';

const SIZE = 'samplesPerClass';

/** No sweep has more: Temporal's histories could not hold them. */
export const trialCeiling = ({ trialsPerWorkflow }: Pick<SweepSpec, 'trialsPerWorkflow'>): number =>
  Math.min(MOST_TRIALS, MOST_SHARDS * trialsPerShard(trialsPerWorkflow));

/** What to do about a sweep that is too large. */
function countHint(trials: number, isAtCeiling: boolean): string {
  if (!isAtCeiling) return 'Raise `budget.maxTrials`, or leave values out.';
  if (trials > MOST_TRIALS) return 'No sweep may be larger; leave values out.';
  const enough = Math.ceil(trials / (MOST_SHARDS * trialsPerShard(1)));
  return `With \`trialsPerWorkflow: ${enough}\` or more it may be as large: trials that share a workflow take less room in Temporal’s histories.`;
}

/** @throws ElbowError `spec-invalid` for a sweep with more than it or elbow allows */
export function checkCount(spec: SweepSpec, places: Places): void {
  const most = countAtMost(spec);
  const isTooLarge = most > MOST_TRIALS;
  const trials = isTooLarge ? most : countTrials(spec);
  const ceiling = trialCeiling(spec);
  const asked = isTooLarge ? null : spec.budget.maxTrials;
  const limit = Math.min(ceiling, asked ?? ceiling);
  if (trials <= limit) return;
  const { arms, space, replicates } = spec;
  const axes = Object.entries(space).filter(
    ([key, values]) => values.length > 1 && (arms === undefined || key === SIZE),
  );
  const product = [
    ...(arms === undefined ? [] : [`${digits(trials / (space[SIZE]?.length ?? 1) / replicates)} arms`]),
    ...axes.map(([key, values]) => `${values.length} ${key}`),
    `${digits(replicates)} replicates`,
  ];
  throw new ElbowError(
    'spec-invalid',
    `the ${arms === undefined ? 'grid has' : 'sub-grids have'} ${digits(trials)} trials (${product.join(' × ')}), the limit is ${digits(limit)}`,
    {
      where: places.whereIs(
        limit === ceiling ? [arms === undefined ? 'space' : 'arms'] : ['budget', 'maxTrials'],
      ),
      hint: countHint(trials, limit === ceiling),
    },
  );
}
