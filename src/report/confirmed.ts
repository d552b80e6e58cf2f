/** Arms that were confirmed: what they have on replicates that had no say in choosing them. Pure. */
import { meanOrNull, tInterval } from '../curves/index.js';
import type { SweepSpec } from '../spec/types.js';
import type { ConfirmedReport } from './arm-types.js';
import { between, count, counted, decimal, percent } from './format.js';
import { sizeOf, type Scored } from './ranks.js';
import type { ReportModel } from './types.js';

/** In the order in which they were confirmed; those without results yet are left out. */
export function confirmedIn(
  spec: SweepSpec,
  scored: readonly Scored[],
  confidence: number,
): ConfirmedReport[] {
  return (spec.confirm ?? []).flatMap(({ arm, samplesPerClass, first, replicates }) => {
    const own = scored.filter(
      ({ figures }) => figures.armHash === arm && figures.samplesPerClass === samplesPerClass,
    );
    const scoresIn = (from: number, to: number): number[] =>
      own
        .filter(({ figures: { replicate } }) => replicate >= from && replicate < to)
        .map(({ score }) => score);
    const [chosen, fresh] = [scoresIn(0, first), scoresIn(first, first + replicates)];
    const [chosenMean, mean] = [meanOrNull(chosen), meanOrNull(fresh)];
    if (chosenMean === null || mean === null) return [];
    return [
      {
        arm,
        n: sizeOf(spec, samplesPerClass),
        chosen: { replicates: chosen.length, mean: chosenMean },
        fresh: { replicates: fresh.length, mean, interval: tInterval(fresh, confidence).interval },
      },
    ];
  });
}

/** What the best arm is worth, by its fresh replicates. @param label of the arm */
export function confirmedText(
  { n, chosen, fresh }: ConfirmedReport,
  { score, confidence }: Pick<ReportModel, 'score' | 'confidence'>,
  label: string,
): string {
  const where = n === null ? '' : ` with ${count(n)} samples per class`;
  const interval =
    fresh.interval === null ? '' : ` (${percent(confidence)} interval ${between(fresh.interval)})`;
  return `Confirmed: ${label}${where}, chosen as the best with a mean ${score.name} of ${decimal(chosen.mean)} on ${counted(chosen.replicates, 'replicate')}, has ${decimal(fresh.mean)}${interval} on ${counted(fresh.replicates, 'fresh one')} that had no say in it.`;
}
