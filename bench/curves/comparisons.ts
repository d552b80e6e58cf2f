/** How often arms that are equal are called different, and arms that differ are found, over simulated arms. */
import { compareArms, type ComparedArm } from '../../src/curves/compare.js';
import { luckOf } from '../../src/curves/fit.js';
import type { Luck } from '../../src/curves/posterior.js';

export interface Contest {
  readonly replicates: number;
  readonly tails: 'normal' | 'heavy' | 'skewed';
  /** How much further the second arm spreads than the first. */
  readonly unequal: number;
  /** Of the two arms' scores in a replicate. */
  readonly pairing: number;
}

export const CONTESTS: readonly Contest[] = [3, 5, 10].flatMap((replicates) =>
  (['normal', 'heavy', 'skewed'] as const).flatMap((tails, i) =>
    [1, 3].map((unequal, j) => ({ replicates, tails, unequal, pairing: (i + j) % 2 === 0 ? 0.5 : 0 })),
  ),
);

/** Shares of simulated pairs or families. */
export interface ContestFigures {
  /** Of equal arms: called different by the test, by the plain paired t test of the size alone, by signs. */
  readonly falsePositives: number;
  readonly plainFalsePositives: number;
  /** NaN with fewer than six replicates. */
  readonly signFalsePositives: number;
  /** Of three equal arms: any pair called different. */
  readonly familyWise: number;
  /** Of arms two and a half standard errors apart: found, by the test and by the plain one. */
  readonly power: number;
  readonly plainPower: number;
}

const SIZES = [10, 30, 100, 300, 1000] as const;
const LEVEL = 0.05;
const DEVIATION = 0.01;

export function measureContest(contest: Contest, pairs: number, seed: number): ContestFigures {
  const tally = { tested: 0, plain: 0, signs: 0, family: 0, found: 0, plainFound: 0 };
  const spread = DEVIATION * Math.sqrt(1 + contest.unequal ** 2 - 2 * contest.pairing * contest.unequal);
  const effect = (2.5 * spread) / Math.sqrt(contest.replicates);
  for (let i = 0; i < pairs; i++) {
    const luck = luckOf(seed * 1_000_003 + i);
    const arms = simulateArms(contest, luck, [0, 0, 0]);
    const [a, b] = arms as [ComparedArm, ComparedArm, ComparedArm];
    const pair = compareArms([a, b]).pairs[0]!;
    tally.tested += Number(pair.p! <= LEVEL);
    tally.signs += Number((pair.signFlip ?? NaN) <= LEVEL);
    tally.plain += Number(plainP(a, b) <= LEVEL);
    tally.family += Number(compareArms(arms).pairs.some(({ verdict }) => verdict === 'different'));
    const [better, worse] = simulateArms(contest, luck, [effect, 0]) as [ComparedArm, ComparedArm];
    tally.found += Number(compareArms([better, worse]).pairs[0]!.p! <= LEVEL);
    tally.plainFound += Number(plainP(better, worse) <= LEVEL);
  }
  return {
    falsePositives: tally.tested / pairs,
    plainFalsePositives: tally.plain / pairs,
    signFalsePositives: contest.replicates < 6 ? NaN : tally.signs / pairs,
    familyWise: tally.family / pairs,
    power: tally.found / pairs,
    plainPower: tally.plainFound / pairs,
  };
}

/** Of the largest size alone. */
function plainP(a: ComparedArm, b: ComparedArm): number {
  const last = [a, b].map(({ arm, scores }) => ({
    arm,
    scores: scores.filter(({ n }) => n === SIZES.at(-1)),
  }));
  return compareArms(last).pairs[0]!.p!;
}

/** @param effects what each arm is better by, at all sizes */
function simulateArms(contest: Contest, luck: Luck, effects: readonly number[]): ComparedArm[] {
  const shares = Array.from({ length: contest.replicates }, () => SIZES.map(() => tail(contest, luck)));
  return effects.map((effect, arm) => {
    const deviation = DEVIATION * (arm === 1 ? contest.unequal : 1);
    return {
      arm: String(arm),
      scores: shares.flatMap((shared, replicate) => {
        // Half of an arm's own luck goes with the replicate over all sizes.
        const own = tail(contest, luck);
        return SIZES.map((n, i) => {
          const noise =
            Math.sqrt(contest.pairing) * shared[i]! +
            Math.sqrt((1 - contest.pairing) / 2) * (own + tail(contest, luck));
          return { n, replicate, score: 0.6 + effect + deviation * noise };
        });
      }),
    };
  });
}

/** Mean 0, variance 1: normal, Student t with 5 degrees of freedom, or χ² with 4 below its mean. */
export function tail({ tails }: Pick<Contest, 'tails'>, luck: Luck): number {
  if (tails === 'normal') return luck.normal();
  const squares = (count: number): number =>
    Array.from({ length: count }, () => luck.normal() ** 2).reduce((sum, value) => sum + value, 0);
  if (tails === 'heavy') return luck.normal() / Math.sqrt(squares(5) / 5) / Math.sqrt(5 / 3);
  return (4 - squares(4)) / Math.sqrt(8);
}

const percent = (value: number): string => (Number.isNaN(value) ? '–' : (100 * value).toFixed(1)).padStart(6);

export function contestLine(contest: Contest, figures: ContestFigures): string {
  const { replicates, tails, unequal, pairing } = contest;
  const cells = [
    figures.falsePositives,
    figures.plainFalsePositives,
    figures.signFalsePositives,
    figures.familyWise,
    figures.power,
    figures.plainPower,
  ];
  return `${String(replicates).padStart(2)}  ${tails.padEnd(7)}  ${unequal} : 1  ${pairing.toFixed(1)}  ${cells.map(percent).join(' ')}`;
}

export const CONTEST_HEADER = ' R  tails    spread pairs   false  plain  signs family  power  plain';
