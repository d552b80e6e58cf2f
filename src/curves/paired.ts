/** By how much one arm is better than another at each size, in pairs by replicate where they share these, and how sure that is. Pure. */
import { groupBy } from '../group-by.js';
import { cellsOf, type SizedScore } from './cells.js';
import { meanOf, tInterval } from './intervals.js';
import { noiseOf } from './noise.js';

/** An arm with its scores. */
export interface ComparedArm {
  /** What tells it from others. */
  readonly arm: string;
  /** Those without a replicate take part in no comparison. */
  readonly scores: readonly SizedScore[];
  /** Arms whose replicates share nothing have different ones, and are compared without pairs; left out for one that all share. */
  readonly pairing?: string;
}

/** Whether replicates of two arms share their subsets and seeds. */
export const arePaired = (first: ComparedArm, second: ComparedArm): boolean =>
  first.pairing === second.pairing;

/** By how much the mean of one arm is better. */
export interface Difference {
  /** Pairs; without pairs those of the arm that has fewer. */
  readonly replicates: number;
  readonly mean: number;
  /** Standard error of the mean, and its degrees of freedom; null where nothing is known of the spread. */
  readonly error: number | null;
  readonly freedom: number | null;
  /** By replicate; empty without pairs. */
  readonly values: readonly number[];
}

interface Sample {
  /** By replicate. */
  readonly values: readonly number[];
  /** Of one difference; null where nothing is known of it. */
  readonly deviation: number | null;
  readonly freedom: number | null;
}

/**
 * What the first arm is better by, at each size and replicate that both have.
 * @param sign 1 where higher scores are better, −1 where lower ones are
 */
function differencesOf(first: ComparedArm, second: ComparedArm, sign: number): SizedScore[] {
  const key = ({ n, replicate }: SizedScore): string => `${n}/${replicate}`;
  const others = new Map(second.scores.map((one) => [key(one), one.score]));
  return first.scores.flatMap((one) => {
    const other = others.get(key(one));
    if (other === undefined || one.replicate === null) return [];
    return [{ n: one.n, replicate: one.replicate, score: sign * (one.score - other) }];
  });
}

/**
 * Differences by size, ascending, with the spread of all sizes smoothed over log n and the degrees of freedom that a size has in
 * that. A single difference at a size has no interval, even where other sizes have several.
 */
function samplesBySize(differences: readonly SizedScore[]): readonly (Sample & { readonly n: number })[] {
  const cells = cellsOf(differences);
  const isAlone = cells.length === 1;
  const noise = isAlone ? null : noiseOf(cells);
  return cells.map(({ n, scores }, place) => {
    const values = scores.map(({ score }) => score);
    if (values.length < 2) return { n, values, deviation: null, freedom: null };
    // One size has nothing to be smoothed with.
    if (noise === null)
      return { n, values, deviation: tInterval(values, 0.5).std, freedom: values.length - 1 };
    return {
      n,
      values,
      deviation: Math.exp(noise.logVariance[place]! / 2),
      freedom: noise.freedom[place]!,
    };
  });
}

/** Differences of two arms by size, ascending. @param sign as above */
export function differencesBySize(
  first: ComparedArm,
  second: ComparedArm,
  sign: number,
): readonly (Difference & { readonly n: number })[] {
  if (arePaired(first, second))
    return samplesBySize(differencesOf(first, second, sign)).map(({ n, ...sample }) => ({
      n,
      ...pairedDifference(sample),
    }));
  const others = new Map(samplesBySize(second.scores).map((sample) => [sample.n, sample]));
  return samplesBySize(first.scores).flatMap(({ n, ...sample }) => {
    const other = others.get(n);
    return other === undefined ? [] : [{ n, ...unpairedDifference(sample, other, sign) }];
  });
}

/** The same of means over the sizes that every replicate of both arms has, all with the same weight; null where there are none. */
export function differenceOverSizes(
  first: ComparedArm,
  second: ComparedArm,
  sign: number,
): Difference | null {
  if (arePaired(first, second)) {
    const scores = differencesOf(first, second, sign);
    const sizes = wholeSizes(scores);
    return sizes.length === 0 ? null : pairedDifference(overSizes(scores, sizes));
  }
  const [own, others] = [wholeSizes(first.scores), wholeSizes(second.scores)];
  const sizes = own.filter((n) => others.includes(n));
  return sizes.length === 0
    ? null
    : unpairedDifference(overSizes(first.scores, sizes), overSizes(second.scores, sizes), sign);
}

/** Sizes that every replicate has. */
function wholeSizes(scores: readonly SizedScore[]): number[] {
  const replicates = [...groupBy(scores, ({ replicate }) => replicate).values()];
  return [...new Set(scores.map(({ n }) => n))].filter((n) =>
    replicates.every((own) => own.some((one) => one.n === n)),
  );
}

function overSizes(scores: readonly SizedScore[], sizes: readonly number[]): Sample {
  const values = [...groupBy(scores, ({ replicate }) => replicate).values()].map((own) =>
    meanOf(own.filter(({ n }) => sizes.includes(n)).map(({ score }) => score)),
  );
  if (values.length < 2) return { values, deviation: null, freedom: null };
  return { values, deviation: tInterval(values, 0.5).std, freedom: values.length - 1 };
}

const pairedDifference = ({ values, deviation, freedom }: Sample): Difference => ({
  replicates: values.length,
  mean: meanOf(values),
  error: deviation === null ? null : deviation / Math.sqrt(values.length),
  freedom,
  values,
});

/**
 * Both arms' variances stand for themselves. With one size it is the plain test.
 * @see Welch, The Generalization of "Student's" Problem when Several Different Population Variances Are Involved, Biometrika 34, 1947
 */
function unpairedDifference(first: Sample, second: Sample, sign: number): Difference {
  const squares = [first, second].map(({ values, deviation }) =>
    deviation === null ? null : deviation ** 2 / values.length,
  );
  const known = {
    replicates: Math.min(first.values.length, second.values.length),
    mean: sign * (meanOf(first.values) - meanOf(second.values)),
    values: [],
  };
  const [a, b] = [squares[0] ?? null, squares[1] ?? null];
  if (a === null || b === null || first.freedom === null || second.freedom === null)
    return { ...known, error: null, freedom: null };
  const spread = a ** 2 / first.freedom + b ** 2 / second.freedom;
  return {
    ...known,
    error: Math.sqrt(a + b),
    freedom: spread === 0 ? first.freedom + second.freedom : (a + b) ** 2 / spread,
  };
}
