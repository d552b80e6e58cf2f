/** Settings compared with each at its own best learning rate. Pure. */
import { trainedAbove } from '../curves/index.js';
import { groupBy } from '../group-by.js';
import type { ArmParams } from '../spec/types.js';
import type { RateGroup, RateReport } from './rate-types.js';
import type { ArmReport } from './types.js';

/** The setting that arms of one group differ in. */
export const RATE = 'learningRate';

type JudgedRate = RateGroup['rates'][number] & { readonly arm: ArmReport };

/**
 * Groups arms that are equal in everything but the learning rate, and judges each group at the rate whose arm has the
 * highest mean validation accuracy at the largest size that the group has results for; a tie goes to the lower rate.
 * Rates without a validation accuracy there, such as those whose trials all failed, count as not tried. Groups with
 * fewer than two rates left have no best one and are left out.
 *
 * A rate still trains if its mean test accuracy is above chance + 0.1 (1 − chance): 0.19 on ten classes, 0.55 on two.
 * The diagnosis `chance-level` is narrower, one trial that answers no better than a constant: a network that a rate
 * leaves at 0.12 is not that, but nobody would call it trained. Chance is 1/classes, so where classes are of unequal
 * sizes the answer "always the largest" may pass.
 * @param arms of built-in trainings
 * @param chance accuracy of guessing, in (0, 1); null where it is not known, and then nothing is said of training
 * @returns groups by test accuracy, best first, equal ones in the order of the arms; null when none is left
 */
export function rateReport(arms: readonly ArmReport[], chance: number | null): RateReport | null {
  const trainsAbove = chance === null ? null : trainedAbove(chance);
  const candidates = [...groupBy(arms, (arm) => keyOf(arm.params)).values()];
  const groups = candidates.flatMap((own) => groupOf(own, trainsAbove) ?? []);
  if (groups.length === 0) return null;
  return {
    trainsAbove,
    groups: groups.sort((a, b) => b.test - a.test),
    leftOut: candidates.length - groups.length,
  };
}

/** Equal for arms that differ in nothing but the rate. */
const keyOf = (params: ArmParams): string =>
  JSON.stringify(
    Object.entries(params)
      .filter(([name]) => name !== RATE)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

function groupOf(arms: readonly ArmReport[], trainsAbove: number | null): RateGroup | null {
  const n = arms.flatMap((arm) => arm.points).reduce((most, point) => Math.max(most, point.n), -Infinity);
  const rates = arms.flatMap((arm) => judgedRate(arm, n) ?? []).sort((a, b) => a.rate - b.rate);
  if (rates.length < 2) return null;
  const chosen = rates.reduce((best, one) => (one.validation > best.validation ? one : best));
  const point = pointAt(chosen.arm, n)!;
  const training = trainsAbove === null ? [] : rates.filter(({ test }) => test > trainsAbove);
  return {
    hash: chosen.hash,
    n,
    rate: chosen.rate,
    edge: chosen === rates[0] ? 'lowest' : chosen === rates.at(-1) ? 'highest' : null,
    validation: chosen.validation,
    test: chosen.test,
    interval: point.pooled,
    trials: point.replicates,
    largestTraining: training.at(-1)?.rate ?? null,
    quickness: chosen.arm.splits.find((split) => split.n === n)?.quickness ?? null,
    rates: rates.map(({ rate, hash, validation, test }) => ({ rate, hash, validation, test })),
  };
}

function judgedRate(arm: ArmReport, n: number): JudgedRate | null {
  const rate = arm.params[RATE];
  const validation = arm.splits.find((split) => split.n === n)?.validation ?? null;
  const point = pointAt(arm, n);
  if (typeof rate !== 'number' || validation === null || point === undefined) return null;
  return { rate, hash: arm.hash, validation, test: point.mean, arm };
}

const pointAt = (arm: ArmReport, n: number): ArmReport['points'][number] | undefined =>
  arm.points.find((point) => point.n === n);
