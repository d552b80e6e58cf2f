/** What each value of each setting brings, beside the mean over everything: a row a value, a dot with its interval. */
import { color, seriesColor } from '../palette.js';
import { percent, signed, signedBetween } from '../format.js';
import type { ReportModel } from '../types.js';
import { rowsLayout, type Chart, type Layout } from './layout.js';

/** More rows than this make no picture; the table has more, effects.csv all. */
const MOST_ROWS = 40;

interface Row {
  readonly label: string;
  readonly color: string;
  readonly value: number;
  readonly lo: number | null;
  readonly hi: number | null;
  readonly said: string;
}

/** Null where effects cannot be said. */
export function effectsChart(model: ReportModel, layout: Layout): Chart | null {
  const rows = rowsOf(model);
  if (rows.length === 0) return null;
  const { labels, y, frame } = rowsLayout(
    rows.map(({ label }) => label),
    layout,
    50,
  );
  const values = rows.map((row, i) => ({ ...row, label: labels[i] }));
  const x = (field: string): object => ({
    field,
    type: 'quantitative',
    title:
      layout === 'wide'
        ? `${model.score.name}, difference from the mean over everything`
        : 'difference from the mean',
    scale: { domain: domainOf(rows), nice: false, zero: false },
    axis: {
      tickCount: layout === 'wide' ? 8 : 4,
      labelExpr: "datum.value === 0 ? '0' : format(datum.value, '+.2~f')",
    },
  });
  const hue = { field: 'color', type: 'nominal' as const, scale: null };
  return {
    ...frame,
    layer: [
      {
        data: { values: [{ value: 0 }] },
        mark: { type: 'rule' as const, strokeWidth: 1, color: color('ink-soft') },
        encoding: { x: x('value') },
      },
      {
        data: { values: values.filter(({ lo }) => lo !== null) },
        mark: { type: 'rule' as const, strokeWidth: 2, opacity: 0.55 },
        encoding: { x: x('lo'), x2: { field: 'hi' }, y, color: hue },
      },
      {
        data: { values },
        mark: { type: 'point' as const, filled: true, size: 60, opacity: 1 },
        encoding: { x: x('value'), y, color: hue, description: { field: 'said', type: 'nominal' } },
      },
    ],
  };
}

/** Settings take turns with colours, so that values of one are seen together. */
const rowsOf = ({ effects, confidence }: ReportModel): Row[] =>
  (effects?.found?.main.settings ?? [])
    .flatMap(({ setting, levels }, i) =>
      levels.map(({ level, value, interval }): Row => {
        const label = `${setting}=${String(level)}`;
        const range = interval === null ? '' : `, ${percent(confidence)} ${signedBetween(interval)}`;
        return {
          label,
          color: seriesColor(i),
          value,
          lo: interval?.lo ?? null,
          hi: interval?.hi ?? null,
          said: `${label}: ${signed(value)}${range}`,
        };
      }),
    )
    .slice(0, MOST_ROWS);

/** All of it with a margin, and 0. */
function domainOf(rows: readonly Row[]): [number, number] {
  const ends = [0, ...rows.flatMap(({ value, lo, hi }) => [value, lo ?? value, hi ?? value])];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const margin = (high - low) * 0.06 || 0.01;
  return [low - margin, high + margin];
}
