/** Which arms of a very large sweep are looked at. Pure. */
import type { SweepSpec } from '../spec/types.js';
import type { GroupRow } from '../storage/storage.js';
import { sizeOf } from './ranks.js';

/**
 * The arms that are best by the objective, at the largest size that any arm has results for.
 * @param most integer ≥ 1
 * @returns hashes, best first
 */
export function leadingArms(spec: SweepSpec, groups: readonly GroupRow[], most: number): string[] {
  const sizeOn = ({ samplesPerClass }: GroupRow): number => sizeOf(spec, samplesPerClass) ?? 0;
  const scored = groups.flatMap((group) =>
    group.objective === null ? [] : [{ hash: group.armHash, n: sizeOn(group), mean: group.objective.mean }],
  );
  const largest = scored.reduce((top, { n }) => Math.max(top, n), -Infinity);
  const sign = spec.objective.direction === 'maximize' ? -1 : 1;
  return scored
    .filter(({ n }) => n === largest)
    .sort((a, b) => sign * (a.mean - b.mean))
    .slice(0, most)
    .map(({ hash }) => hash);
}

/** Trials that succeeded without a score. */
export const scorelessIn = (groups: readonly GroupRow[]): number =>
  groups.reduce(
    (sum, { succeeded, objective, testAccuracy }) =>
      sum + succeeded - Math.max(objective?.count ?? 0, testAccuracy?.count ?? 0),
    0,
  );
