/** A report of a table of anyone's scores. Pure. */
import { meanOrNull, tInterval, type CurveFit, type CurveOptions, type SizedScore } from '../curves/index.js';
import { groupBy } from '../group-by.js';
import { curveAnswers } from './answers.js';
import { besideEachOther } from './comparisons.js';
import type { CurvesModel } from './curves-types.js';
import type { DrawnFit } from './fits.js';
import { count, counted, listed } from './format.js';
import { leadingPairSentence } from './leading-pair.js';
import { curveWarnings } from './notes.js';
import { isHighlighted } from './ranks.js';
import { targetAt } from './summary.js';
import type { ArmReport, Note } from './types.js';

/** The scores of an arm as a table has them. */
export interface TableArm {
  /** Empty where the table names none. */
  readonly arm: string;
  readonly scores: readonly SizedScore[];
}

/** What was asked of the curves, and of comparisons. */
export type TableAsked = Required<
  Pick<CurveOptions, 'range' | 'direction' | 'delta' | 'confidence' | 'seed'>
> & {
  readonly target: number | null;
  readonly testSize: number | null;
  readonly pool: number | null;
  readonly compareAt: number | 'mean' | null;
  readonly margin: number;
};

export interface TableInput {
  /** What the table is called, without its folder. */
  readonly title: string;
  /** What its column of scores is called. */
  readonly scoreName: string;
  readonly arms: readonly (TableArm & { readonly drawn: DrawnFit })[];
  readonly asked: TableAsked;
  readonly madeAt: Date;
  readonly elbowVersion: string;
}

export interface TableReport extends CurvesModel {
  readonly title: string;
  readonly madeAt: string;
  readonly elbowVersion: string;
  readonly asked: TableAsked;
}

/** Arms in the order of the table. */
export interface TableRanks {
  /** The size at which arms are ranked: that which most arms have, the largest of several. */
  readonly n: number;
  /** 1 for the best mean there, by arm; those without that size have none. */
  readonly ranks: ReadonlyMap<string, number>;
}

/** @param arms at least one; a tie keeps the earlier arm in front */
export function rankTable(
  arms: readonly TableArm[],
  direction: NonNullable<CurveOptions['direction']>,
): TableRanks {
  const having = new Map<number, number>();
  for (const { scores } of arms)
    for (const n of new Set(scores.map((one) => one.n))) having.set(n, (having.get(n) ?? 0) + 1);
  const [[n]] = [...having].sort((a, b) => b[1] - a[1] || b[0] - a[0]) as [[number, number]];
  const sign = direction === 'minimize' ? 1 : -1;
  const known = arms.flatMap(({ arm, scores }) => {
    const mean = meanOrNull(scores.filter((one) => one.n === n).map(({ score }) => score));
    return mean === null ? [] : [{ arm, mean }];
  });
  known.sort((a, b) => sign * (a.mean - b.mean));
  return { n, ranks: new Map(known.map(({ arm }, i) => [arm, i + 1])) };
}

/** Arms whose curves are drawn in colour. */
export function coloredArms(
  arms: readonly TableArm[],
  direction: NonNullable<CurveOptions['direction']>,
): ReadonlySet<string> {
  const { ranks } = rankTable(arms, direction);
  return new Set(
    arms.flatMap(({ arm }) => (isHighlighted(arms.length, ranks.get(arm) ?? null) ? [arm] : [])),
  );
}

export function buildTableReport(input: TableInput): TableReport {
  const { title, scoreName, asked, madeAt, elbowVersion } = input;
  const { direction, confidence, delta, target } = asked;
  const { n, ranks } = rankTable(input.arms, direction);
  const sizes = [...new Set(input.arms.flatMap(({ scores }) => scores.map((one) => one.n)))].sort(
    (a, b) => a - b,
  );
  const arms = input.arms.map((one): ArmReport => {
    const rank = ranks.get(one.arm) ?? null;
    const { sizes: figures, ...fit } = one.drawn.fit;
    return {
      hash: one.arm,
      label: one.arm === '' ? title : one.arm,
      params: {},
      rank,
      objective: figures.find((size) => size.n === n)?.mean ?? null,
      isHighlighted: isHighlighted(input.arms.length, rank),
      points: pointsOf(one.scores, figures, confidence),
      fit: sizes.length < 2 ? null : { ...fit, at: one.drawn.ahead, curve: one.drawn.curve },
      splits: [],
      targetAt: targetAt(target, figures, { direction }),
      sizeless: null,
    };
  });
  const draft = {
    title,
    madeAt: madeAt.toISOString(),
    elbowVersion,
    asked,
    score: { name: scoreName, isAccuracy: false, direction },
    objective: { metric: scoreName, direction },
    classCount: null,
    chance: null,
    confidence,
    delta,
    target,
    prices: null,
    arms,
    sizes,
    clusters: [],
    answers: [],
    notes: [...unranked(arms, n), ...curveWarnings(arms)],
  };
  const compared = input.arms.map(({ scores }, i) => ({
    arm: arms[i]!,
    scores,
    // Arms are ranked by their scores: choosing and scoring on other replicates is honest all the same.
    objectives: scores.flatMap(({ n, replicate, score }) =>
      replicate === null ? [] : [{ n, replicate, objective: score }],
    ),
    isSurvivorsOnly: false,
  }));
  const { compareAt: at, margin, seed } = asked;
  const found = { ...draft, ...besideEachOther(draft, compared, { at, margin, seed }) };
  return { ...found, answers: [...curveAnswers(found, n), ...leadingPairSentence(found, n)] };
}

/** Scores without a replicate are numbered as they come. */
function pointsOf(
  scores: readonly SizedScore[],
  figures: CurveFit['sizes'],
  confidence: number,
): ArmReport['points'] {
  const bySize = groupBy(scores, ({ n }) => n);
  return figures.map(({ n, replicates, mean, std, lo, hi, elsewhere }) => {
    const own = (bySize.get(n) ?? [])
      .toSorted((a, b) => (a.replicate ?? -1) - (b.replicate ?? -1) || a.score - b.score)
      .map(({ replicate, score }, i) => ({ replicate: replicate ?? i, score }));
    return {
      n,
      replicates,
      mean,
      std,
      plain: tInterval(
        own.map(({ score }) => score),
        confidence,
      ).interval,
      pooled: lo === null || hi === null ? null : { lo, hi },
      freedom: null,
      scores: own,
      elsewhere,
    };
  });
}

/** Names that a note has room for. */
const MOST_NAMES = 5;

function unranked(arms: readonly ArmReport[], n: number): Note[] {
  const names = arms.filter(({ rank }) => rank === null).map(({ label }) => label);
  if (names.length === 0) return [];
  const shown = names.slice(0, MOST_NAMES);
  const more = names.length - shown.length;
  return [
    {
      code: 'unranked',
      text: `Without scores at ${count(n)} samples per class, where arms are ranked: ${listed(more > 0 ? [...shown, counted(more, 'more arm')] : shown)}.`,
    },
  ];
}
