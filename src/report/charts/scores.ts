/** Scores of trials that make no curve, of one size or of none: one row an arm, best first. */
import type { CurvesModel } from '../curves-types.js';
import { decimal } from '../format.js';
import { color } from '../palette.js';
import type { ArmReport } from '../types.js';
import { hasCurve, highlighted, rowsLayout, scoreDomain, type Chart, type Layout } from './layout.js';

/** Rings of a row. */
const MOST_RINGS = 200;
/** More rows than this make no picture; the table has them all. */
export const MOST_ROWS = 24;

interface Row {
  readonly label: string;
  readonly mean: number;
  readonly lo: number | null;
  readonly hi: number | null;
  readonly scores: readonly number[];
  readonly color: string;
  /** The whole label with the mean, for who points at it. */
  readonly said: string;
}

/** Null where no trial has a score, or there is a curve. */
export function scoresChart(model: CurvesModel, layout: Layout): Chart | null {
  if (hasCurve(model)) return null;
  const arms = rowsOf(model);
  if (arms.length === 0) return null;
  const { labels, y, frame } = rowsLayout(
    arms.map((arm) => arm.label),
    layout,
    50,
  );
  const rows = arms.map((arm, i) => ({ ...arm, label: labels[i] }));
  const scores = rows.flatMap((row) =>
    row.scores.slice(0, MOST_RINGS).map((score) => ({ ...row, scores: [], score })),
  );
  const bars = rows.filter((row) => row.lo !== null && row.hi !== null);
  const x = (field: string): object => ({
    field,
    type: 'quantitative',
    title: model.score.name,
    scale: {
      domain: scoreDomain(
        [...scores.map((one) => one.score), ...rows.map((row) => row.mean)],
        model.score.isAccuracy,
      ),
      nice: false,
      zero: false,
    },
    axis: { tickCount: layout === 'wide' ? 8 : 4 },
  });
  const hue = { field: 'color', type: 'nominal' as const, scale: null };
  return {
    ...frame,
    layer: [
      {
        data: { values: bars },
        mark: { type: 'rule' as const, strokeWidth: 2, opacity: 0.55, clip: true },
        encoding: { x: x('lo'), x2: { field: 'hi' }, y, color: hue },
      },
      {
        data: { values: scores },
        mark: { type: 'point' as const, filled: false, size: 34, strokeWidth: 1.3, opacity: 0.8 },
        encoding: { x: x('score'), y, color: hue },
      },
      {
        data: { values: rows },
        mark: { type: 'point' as const, filled: true, size: 48, opacity: 1 },
        encoding: { x: x('mean'), y, color: hue, description: { field: 'said' } },
      },
    ],
  };
}

function rowsOf(model: CurvesModel): Row[] {
  const colors = new Map(highlighted(model).map((one) => [one.arm.hash, one.color]));
  return model.arms
    .toSorted((a, b) => (a.rank ?? Infinity) - (b.rank ?? Infinity))
    .flatMap((arm): Row[] => {
      const figures = figuresOf(arm);
      const hue = colors.get(arm.hash) ?? color('ink-soft');
      if (figures === null) return [];
      const said = `${arm.label}: ${decimal(figures.mean)}`;
      return [{ label: arm.label, ...figures, color: hue, said }];
    })
    .slice(0, MOST_ROWS);
}

function figuresOf({ points, sizeless }: ArmReport): Pick<Row, 'mean' | 'lo' | 'hi' | 'scores'> | null {
  if (sizeless !== null) {
    const { mean, scores } = sizeless;
    return { mean, lo: sizeless.interval?.lo ?? null, hi: sizeless.interval?.hi ?? null, scores };
  }
  const point = points.at(-1);
  if (point === undefined) return null;
  const { mean, pooled } = point;
  return {
    mean,
    lo: pooled?.lo ?? null,
    hi: pooled?.hi ?? null,
    scores: point.scores.map(({ score }) => score),
  };
}
