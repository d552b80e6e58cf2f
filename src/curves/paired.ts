/** Two arms in pairs by replicate: by how much the first is better at each size, and how far these differences spread. Pure. */
import { cellsOf, type SizedScore } from './cells.js';
import { tInterval } from './intervals.js';
import { noiseOf } from './noise.js';

/** An arm with its scores. */
export interface ComparedArm {
  /** What tells it from others. */
  readonly arm: string;
  /** Those without a replicate take part in no comparison. */
  readonly scores: readonly SizedScore[];
}

export interface Sample {
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
export function differencesOf(first: ComparedArm, second: ComparedArm, sign: number): SizedScore[] {
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
export function samplesBySize(
  differences: readonly SizedScore[],
): readonly (Sample & { readonly n: number })[] {
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
