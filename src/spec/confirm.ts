/** Replicates that confirm an arm: those it has beside the grid's. Pure. */
import { ElbowError } from '../errors.js';
import { armsOf } from './arms.js';
import { nearestName } from './nearest.js';
import { pathText, show, type Places } from './problems.js';
import type { SweepSpec } from './types.js';

/** One error for each confirmation of an arm that the sweep does not have. */
export function confirmProblems(spec: SweepSpec, places: Places): ElbowError[] {
  const { confirm = [] } = spec;
  if (confirm.length === 0) return [];
  const hashes = armsOf(spec).map(({ hash }) => hash);
  return confirm.flatMap(({ arm }, i) => {
    if (hashes.includes(arm)) return [];
    const path = ['confirm', i, 'arm'];
    const near = nearestName(arm, hashes);
    return new ElbowError('spec-invalid', `\`${pathText(path)}\`: the sweep has no arm ${show(arm)}`, {
      where: places.whereIs(path),
      hint: `${near === null ? '' : `Did you mean ${near}? `}The column \`arm_hash\` of trials.csv names them; \`elbow extend SWEEP --confirm\` confirms the best one.`,
    });
  });
}
