/** Which arms are best where they need not have the same sizes. Pure. */
import { meanOrNull } from '../curves/index.js';

/** The scores of an arm that it is ranked by. */
export interface RankedScores {
  readonly arm: string;
  readonly scores: readonly { readonly n: number; readonly score: number }[];
}

export interface ScoreRanks {
  /** The size at which arms are ranked: that which most arms have, the largest of several; null without scores. */
  readonly n: number | null;
  /** 1 for the best mean there, by arm; those without that size have none. */
  readonly ranks: ReadonlyMap<string, { readonly rank: number; readonly mean: number }>;
}

/** A tie keeps the earlier arm in front. */
export function rankScores(arms: readonly RankedScores[], direction: 'maximize' | 'minimize'): ScoreRanks {
  const having = new Map<number, number>();
  for (const { scores } of arms)
    for (const n of new Set(scores.map((one) => one.n))) having.set(n, (having.get(n) ?? 0) + 1);
  const [n = null] = [...having].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? [];
  const sign = direction === 'minimize' ? 1 : -1;
  const known = arms.flatMap(({ arm, scores }) => {
    const mean = meanOrNull(scores.filter((one) => one.n === n).map(({ score }) => score));
    return mean === null ? [] : [{ arm, mean }];
  });
  known.sort((a, b) => sign * (a.mean - b.mean));
  return { n, ranks: new Map(known.map(({ arm, mean }, i) => [arm, { rank: i + 1, mean }])) };
}
