/** Test accuracy against the learning rate: a panel for each value of the first setting, a line for each of the others. */
import { groupBy } from '../../group-by.js';
import { areNamed, labelWithout, varyingParams } from '../arm-names.js';
import { color, SERIES_COUNT, seriesColor } from '../palette.js';
import { RATE } from '../rates.js';
import type { ReportModel } from '../types.js';
import { armLegend, CHART_WIDTH, CONFIG, inLines, scoreDomain, type Chart, type Layout } from './layout.js';

/** More panels than this make no picture; those with the best settings are drawn. */
export const MOST_PANELS = 12;
const GAP = 26;

interface RatePoint {
  readonly panel: string;
  readonly line: string;
  readonly rate: number;
  readonly test: number;
  /** Whether the rate is the one that is best in validation. */
  readonly isBest: boolean;
}

/** Null where no setting has two rates that can be judged. */
export function ratesChart(model: ReportModel, layout: Layout): Chart | null {
  const points = pointsOf(model);
  if (points.length === 0) return null;
  const panels = [...groupBy(points, (point) => point.panel)].slice(0, MOST_PANELS);
  const shown = panels.flatMap(([, own]) => own);
  const domain = scoreDomain(
    shown.map((point) => point.test),
    true,
  );
  const lines = linesOf(shown);
  const columns = Math.min(panels.length, layout === 'narrow' ? 2 : 4);
  const width = (CHART_WIDTH[layout] - 50) / columns - GAP;
  const isSingle = panels.length === 1;
  return {
    config: CONFIG,
    columns,
    spacing: GAP,
    concat: panels.map(([panel, values]) => ({
      width,
      height: isSingle ? 260 : 150,
      ...(isSingle
        ? {}
        : { title: { text: inLines(panel, width).split('\n'), fontSize: 12, color: color('ink') } }),
      ...layersOf(model, values, { domain, lines, layout }),
    })),
  };
}

export interface RateLine {
  readonly label: string;
  readonly color: string;
}

/** What the chart's lines are called, those of the best settings first; they get the colours. */
export const rateLines = (model: ReportModel): RateLine[] => linesOf(pointsOf(model));

const linesOf = (points: readonly RatePoint[]): RateLine[] =>
  [...new Set(points.map((point) => point.line))].map((label, i) => ({
    label,
    color: i < SERIES_COUNT ? seriesColor(i) : color('other'),
  }));

interface Axes {
  readonly domain: readonly [number, number];
  readonly lines: readonly RateLine[];
  readonly layout: Layout;
}

function layersOf(model: ReportModel, values: readonly RatePoint[], { domain, lines, layout }: Axes): Chart {
  const rates = [...new Set(values.map((point) => point.rate))].sort((a, b) => a - b);
  const x = {
    field: 'rate',
    type: 'quantitative',
    title: 'learning rate',
    scale: { type: 'log', domain: [rates[0]! / 1.3, rates.at(-1)! * 1.3], nice: false },
    axis: { values: rates, format: '~r', grid: false, labelOverlap: 'greedy', labelFlush: false },
  };
  const y = {
    field: 'test',
    type: 'quantitative',
    title: 'test accuracy',
    scale: { domain, nice: false, zero: false },
    axis: { format: '.2~f', tickCount: 5 },
  };
  const hue = {
    field: 'line',
    type: 'nominal',
    scale: { domain: lines.map(({ label }) => label), range: lines.map((line) => line.color) },
    legend: armLegend(
      lines.map(({ label }) => label),
      layout,
    ),
  };
  return {
    layer: [
      {
        data: { values: model.chance === null ? [] : [{ test: model.chance }] },
        mark: { type: 'rule', strokeDash: [4, 4], color: color('ink-soft'), opacity: 0.7, clip: true },
        encoding: { y },
      },
      {
        data: { values },
        mark: { type: 'line', strokeWidth: 1.8 },
        encoding: { x, y, color: hue },
      },
      {
        data: { values: values.filter((point) => point.isBest) },
        mark: { type: 'point', filled: true, size: 55, opacity: 1 },
        encoding: { x, y, color: hue },
      },
    ],
  };
}

/** Best settings first, as the groups are. */
function pointsOf(model: ReportModel): RatePoint[] {
  const arms = new Map(model.arms.map((arm) => [arm.hash, arm]));
  const settings = areNamed(model.arms) ? [] : varyingParams(model.arms).filter((name) => name !== RATE);
  // A single setting makes lines in one panel, which are easier to compare.
  const panelBy = settings.length > 1 ? settings[0]! : null;
  return (model.rates?.groups ?? []).flatMap(({ hash, rate: best, rates }) => {
    const arm = arms.get(hash)!;
    const panel = panelBy === null ? '' : `${panelBy}=${String(arm.params[panelBy] ?? '–')}`;
    const line = labelWithout(labelWithout(arm.label, RATE), panelBy);
    return rates.map(({ rate, test }) => ({ panel, line, rate, test, isBest: rate === best }));
  });
}
