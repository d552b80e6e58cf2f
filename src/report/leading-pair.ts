/** The best arm beside another one, in a sentence. Pure. */
import type { CurvesModel } from './curves-types.js';
import { labelsOf } from './finding-text.js';
import { count, counted, percent, signed, signedBetween } from './format.js';
import { probability } from './tables/cells.js';
import type { ArmReport } from './types.js';

/**
 * Nothing where the two were not compared.
 * @param n the size at which arms were ranked
 * @param isOther which arms the best one may stand beside: the best of these; left out for any
 */
export function leadingPairSentence(
  model: CurvesModel,
  n: number | null,
  isOther: (arm: ArmReport, best: ArmReport) => boolean = () => true,
): string[] {
  const { comparisons, confidence } = model;
  const ranked = model.arms.filter(({ rank }) => rank !== null).sort((a, b) => a.rank! - b.rank!);
  const [first, ...others] = ranked;
  const second = first && others.find((arm) => isOther(arm, first));
  const [best, next] = [first?.hash, second?.hash];
  const who = second?.rank === 2 ? 'the next best' : 'the best of the others';
  const pair = comparisons?.pairs.find(
    ({ a, b }) => (a === best && b === next) || (a === next && b === best),
  );
  if (!comparisons || !pair || pair.difference === null || best === undefined || next === undefined)
    return [];
  const label = labelsOf(model);
  const sign = pair.a === best ? 1 : -1;
  const difference = sign * pair.difference;
  const at = comparisons.n;
  const where =
    at === 'mean' ? ' over all sizes' : at === n || at === null ? '' : ` with ${count(at)} samples per class`;
  if (pair.lo === null || pair.hi === null)
    return [
      `Beside ${label(next)}, ${who}, ${label(best)} has ${signed(difference)}${where}, in one replicate: too few for a test.`,
    ];
  const [lo, hi] = sign === 1 ? [pair.lo, pair.hi] : [-pair.hi, -pair.lo];
  const chance = pair.adjusted === null ? '' : `; p ${probability(pair.adjusted)}`;
  const figures = `${signed(difference)} (${percent(confidence)} ${signedBetween({ lo, hi })}${chance})`;
  switch (pair.verdict) {
    case 'different':
      return [
        difference > 0
          ? `${label(best)} is better than ${label(next)}, ${who}${where}: ${figures}.`
          : `${label(next)}, ${who}, is better than ${label(best)}${where}: ${figures}.`,
      ];
    case 'equivalent':
      return [
        `${label(best)} and ${label(next)}, ${who}, are equivalent within ${comparisons.margin}${where}: ${figures}.`,
      ];
    default: {
      const needed =
        pair.replicatesNeeded === null
          ? ''
          : ` About ${counted(pair.replicatesNeeded, 'replicate')} would tell.`;
      return [
        `Whether ${label(best)} is better than ${label(next)}, ${who}, is undecided${where}: ${figures}.${needed}`,
      ];
    }
  }
}
