/** The best arm beside the next best, in a sentence. Pure. */
import type { CurvesModel } from './curves-types.js';
import { labelsOf } from './finding-text.js';
import { count, counted, percent, signed, signedBetween } from './format.js';
import { probability } from './tables/cells.js';

/** Nothing where the two have no replicate in common. @param n the size at which arms were ranked */
export function leadingPairSentence(model: CurvesModel, n: number | null): string[] {
  const { comparisons, arms, confidence } = model;
  const [best, next] = [1, 2].map((rank) => arms.find((arm) => arm.rank === rank)?.hash);
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
      `Beside ${label(next)}, the next best, ${label(best)} has ${signed(difference)}${where}, in one replicate: too few for a test.`,
    ];
  const [lo, hi] = sign === 1 ? [pair.lo, pair.hi] : [-pair.hi, -pair.lo];
  const chance = pair.adjusted === null ? '' : `; p ${probability(pair.adjusted)}`;
  const figures = `${signed(difference)} (${percent(confidence)} ${signedBetween({ lo, hi })}${chance})`;
  switch (pair.verdict) {
    case 'different':
      return [
        difference > 0
          ? `${label(best)} is better than ${label(next)}, the next best${where}: ${figures}.`
          : `${label(next)}, the next best, is better than ${label(best)}${where}: ${figures}.`,
      ];
    case 'equivalent':
      return [
        `${label(best)} and ${label(next)}, the next best, are equivalent within ${comparisons.margin}${where}: ${figures}.`,
      ];
    default: {
      const needed =
        pair.replicatesNeeded === null
          ? ''
          : ` About ${counted(pair.replicatesNeeded, 'replicate')} would tell.`;
      return [
        `Whether ${label(best)} is better than ${label(next)}, the next best, is undecided${where}: ${figures}.${needed}`,
      ];
    }
  }
}
