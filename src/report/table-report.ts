/** A report of a table of anyone's scores. Pure. */
import { tInterval, type CurveFit, type CurveOptions, type SizedScore } from '../curves/index.js';
import { groupBy } from '../group-by.js';
import { curveAnswers } from './answers.js';
import { besideEachOther } from './comparisons.js';
import type { CurvesModel } from './curves-types.js';
import type { DrawnFit } from './fits.js';
import { leadSentence } from './finding-text.js';
import { count, counted, listed } from './format.js';
import { curveWarnings } from './notes.js';
import { isHighlighted } from './ranks.js';
import { rankScores } from './score-ranks.js';
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
  /** The size at which arms are ranked. */
  readonly rankedAt: number | null;
}

/** Arms whose curves are drawn in colour. */
export function coloredArms(
  arms: readonly TableArm[],
  direction: NonNullable<CurveOptions['direction']>,
): ReadonlySet<string> {
  const { ranks } = rankScores(arms, direction);
  return new Set(
    arms.flatMap(({ arm }) => (isHighlighted(arms.length, ranks.get(arm)?.rank ?? null) ? [arm] : [])),
  );
}

export function buildTableReport(input: TableInput): TableReport {
  const { title, scoreName, asked, madeAt, elbowVersion } = input;
  const { direction, confidence, delta, target } = asked;
  const { n, ranks } = rankScores(input.arms, direction);
  const sizes = [...new Set(input.arms.flatMap(({ scores }) => scores.map((one) => one.n)))].sort(
    (a, b) => a - b,
  );
  const arms = input.arms.map((one): ArmReport => {
    const { rank = null, mean = null } = ranks.get(one.arm) ?? {};
    const { sizes: figures, ...fit } = one.drawn.fit;
    return {
      hash: one.arm,
      label: one.arm === '' ? title : one.arm,
      params: {},
      rank,
      objective: mean,
      isHighlighted: isHighlighted(input.arms.length, rank),
      points: pointsOf(one.scores, figures, confidence),
      fit: sizes.length < 2 ? null : { ...fit, at: one.drawn.ahead, curve: one.drawn.curve },
      splits: [],
      isSurvivorsOnly: false,
      targetAt: targetAt(target, figures, { direction }),
      sizeless: null,
    };
  });
  const draft = {
    title,
    madeAt: madeAt.toISOString(),
    elbowVersion,
    asked,
    rankedAt: n,
    score: { name: scoreName, isAccuracy: false, direction },
    objective: { metric: scoreName, direction },
    classCount: null,
    chance: null,
    confidence,
    delta,
    target,
    prices: null,
    areGpuHours: false,
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
  }));
  const { compareAt: at, margin, seed } = asked;
  const found = { ...draft, ...besideEachOther(draft, compared, { at, margin, seed }) };
  return { ...found, answers: curveAnswers(found, leadSentence(found), n ?? undefined) };
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

function unranked(arms: readonly ArmReport[], n: number | null): Note[] {
  const names = arms.filter(({ rank }) => rank === null).map(({ label }) => label);
  if (names.length === 0) return [];
  const shown = names.slice(0, MOST_NAMES);
  const more = names.length - shown.length;
  return [
    {
      code: 'unranked',
      text: `Without scores at ${count(n ?? 0)} samples per class, where arms are ranked: ${listed(more > 0 ? [...shown, counted(more, 'more arm')] : shown)}.`,
    },
  ];
}
