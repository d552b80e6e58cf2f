/** Arms that were confirmed: what they have on replicates that had no say in choosing them. Pure. */
import { meanOrNull, tInterval } from '../curves/index.js';
import type { Draft, ScoredArm } from './arm-scores.js';
import { SIZELESS } from './arm-scores.js';
import type { ConfirmedReport } from './finding-types.js';
import { between, count, counted, decimal } from './format.js';
import { sizeOf } from './ranks.js';

/** In the order in which they were confirmed; those without results yet are left out. */
export function confirmedIn(
  { made: { spec }, confidence }: Draft,
  arms: readonly ScoredArm[],
): ConfirmedReport[] {
  return (spec.confirm ?? []).flatMap(({ arm, samplesPerClass, first, replicates }) => {
    const n = sizeOf(spec, samplesPerClass);
    const own = (arms.find((one) => one.arm.hash === arm)?.scores ?? []).filter(
      (one) => one.n === (n ?? SIZELESS),
    );
    const scoresIn = (from: number, to: number): number[] =>
      own.filter(({ replicate }) => replicate >= from && replicate < to).map(({ score }) => score);
    const [chosen, fresh] = [scoresIn(0, first), scoresIn(first, first + replicates)];
    const [chosenMean, mean] = [meanOrNull(chosen), meanOrNull(fresh)];
    if (chosenMean === null || mean === null) return [];
    return [
      {
        arm,
        n,
        chosen: { replicates: chosen.length, mean: chosenMean },
        fresh: { replicates: fresh.length, mean, interval: tInterval(fresh, confidence).interval },
      },
    ];
  });
}

/** What the best arm is worth, by its fresh replicates. */
export function confirmedText(
  { arm, n, chosen, fresh }: ConfirmedReport,
  scoreName: string,
  label: (hash: string) => string,
): string {
  const where = n === null ? '' : ` with ${count(n)} samples per class`;
  const interval = fresh.interval === null ? '' : ` (95 % ${between(fresh.interval)})`;
  return `Confirmed: ${label(arm)}${where}, chosen as the best with a mean ${scoreName} of ${decimal(chosen.mean)} on ${counted(chosen.replicates, 'replicate')}, has ${decimal(fresh.mean)}${interval} on ${counted(fresh.replicates, 'fresh one')} that had no say in it.`;
}
