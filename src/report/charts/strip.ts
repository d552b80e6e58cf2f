/** Scores of trials that have no size: one row an arm, best first. */
import { color } from '../palette.js';
import type { ReportModel } from '../types.js';
import { CHART_WIDTH, CONFIG, scoreDomain, type Chart, type Layout } from './layout.js';

/** More rows than this make no picture; the table has them all. */
export const MOST_ROWS = 40;

/** Null where no trial without a size has a score. */
export function stripChart(model: ReportModel, layout: Layout): Chart | null {
  const arms = model.arms
    .filter((arm) => arm.sizeless !== null)
    .sort((a, b) => (a.rank ?? Infinity) - (b.rank ?? Infinity))
    .slice(0, MOST_ROWS);
  if (arms.length === 0) return null;
  const scores = arms.flatMap((arm) => arm.sizeless!.scores.map((score) => ({ arm: arm.label, score })));
  const means = arms.map((arm) => ({ arm: arm.label, score: arm.sizeless!.mean }));
  const domain = scoreDomain(
    scores.map((one) => one.score),
    model.score.isAccuracy,
  );
  const x = {
    field: 'score',
    type: 'quantitative' as const,
    title: model.score.name,
    scale: { domain, nice: false, zero: false },
    axis: { tickCount: layout === 'wide' ? 8 : 4 },
  };
  const y = {
    field: 'arm',
    type: 'nominal' as const,
    title: null,
    sort: arms.map((arm) => arm.label),
    axis: { labelLimit: layout === 'wide' ? 320 : 140, labelColor: color('ink') },
  };
  return {
    width: CHART_WIDTH[layout],
    height: arms.length * 22 + 60,
    autosize: { type: 'fit', contains: 'padding' },
    config: CONFIG,
    layer: [
      {
        data: { values: scores },
        mark: { type: 'point' as const, size: 40, opacity: 0.8, color: color('series-0') },
        encoding: { x, y },
      },
      {
        data: { values: means },
        mark: { type: 'tick' as const, thickness: 3, color: color('series-1') },
        encoding: { x, y },
      },
    ],
  };
}
