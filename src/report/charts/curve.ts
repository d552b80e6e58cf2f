/** The learning curve: replicates as points, means as lines, intervals as bars, on a log axis. */
import { rounded } from '../format.js';
import { color } from '../palette.js';
import type { ArmReport, ReportModel } from '../types.js';
import {
  CHART_WIDTH,
  CONFIG,
  hasCurve,
  highlighted,
  armLegend,
  scoreDomain,
  sizeAxis,
  sizeDomain,
  type Chart,
  type Layout,
} from './layout.js';

/** With more arms than this, elbows are left to the table: their lines would hide the curves. */
const MOST_ELBOWS = 3;
/** Rings of replicates, and grey curves: more make the page heavy and no clearer. */
const MOST_RINGS = 3_000;
const MOST_GREY = 500;
/** Arms stand beside each other at a size: this share of the axis apart. */
const DODGE = 0.007;

/** Null where there is no curve. */
export function curveChart(model: ReportModel, layout: Layout): Chart | null {
  if (!hasCurve(model)) return null;
  const { sizes } = model;
  const series = highlighted(model).filter(({ arm }) => arm.points.length > 0);
  const others = model.arms
    .filter((arm) => !arm.isHighlighted && arm.points.length > 0)
    .sort((a, b) => (a.rank ?? Infinity) - (b.rank ?? Infinity))
    .slice(0, MOST_GREY);
  const ringsOf = Math.ceil(
    MOST_RINGS /
      Math.max(
        1,
        series.reduce((sum, { arm }) => sum + arm.points.length, 0),
      ),
  );
  const domain = sizeDomain(sizes);
  const dodge = (n: number, i: number): number =>
    n * (domain[1] / domain[0]) ** ((i - (series.length - 1) / 2) * DODGE);
  const means = series.flatMap(({ arm }, i) =>
    arm.points.map((point) => ({
      arm: arm.label,
      n: dodge(point.n, i),
      mean: point.mean,
      lo: point.pooled?.lo ?? null,
      hi: point.pooled?.hi ?? null,
    })),
  );
  const replicates = series.flatMap(({ arm }, i) =>
    arm.points.flatMap((point) =>
      point.scores.slice(0, ringsOf).map(({ score }) => ({ arm: arm.label, n: dodge(point.n, i), score })),
    ),
  );
  const rest = others.flatMap((arm) =>
    arm.points.map((point) => ({ arm: arm.hash, n: point.n, mean: point.mean })),
  );
  const lines = linesOf(model, series);
  const bars = means.flatMap((mean) =>
    mean.lo === null || mean.hi === null ? [] : [{ ...mean, lo: mean.lo, hi: mean.hi }],
  );
  const scores = [
    ...replicates.map((one) => one.score),
    ...rest.map((one) => one.mean),
    ...bars.flatMap(({ lo, hi }) => [lo, hi]),
    ...lines.scores.map((line) => line.score),
  ];
  const yDomain = scoreDomain(scores, model.score.isAccuracy);
  const x = {
    field: 'n',
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain, nice: false },
    axis: sizeAxis(sizes, layout),
  };
  const y = (field: string) => ({
    field,
    type: 'quantitative' as const,
    title: model.score.name,
    scale: { domain: yDomain, nice: false, zero: false },
    axis: { format: '.2~f', tickCount: 6 },
  });
  const hue = {
    field: 'arm',
    type: 'nominal' as const,
    scale: { domain: series.map(({ arm }) => arm.label), range: series.map((one) => one.color) },
    legend: armLegend(
      series.map(({ arm }) => arm.label),
      layout,
    ),
  };
  return {
    width: CHART_WIDTH[layout],
    height: layout === 'wide' ? 400 : 300,
    autosize: { type: 'fit', contains: 'padding' },
    config: CONFIG,
    layer: [
      ...(rest.length === 0
        ? []
        : [
            {
              data: { values: rest },
              // Not clipped: all of them are within the axes, and 500 clipped lines take seconds to be drawn as pixels.
              mark: { type: 'line' as const, color: color('other'), strokeWidth: 1 },
              encoding: { x, y: y('mean'), detail: { field: 'arm' } },
            },
          ]),
      ...lines.layers(x, y('score')),
      {
        data: { values: bars },
        mark: { type: 'rule' as const, strokeWidth: 2, opacity: 0.55, clip: true },
        encoding: { x, y: y('lo'), y2: { field: 'hi' }, color: hue },
      },
      {
        data: { values: means },
        mark: { type: 'line' as const, strokeWidth: 2.5 },
        encoding: { x, y: y('mean'), color: hue },
      },
      {
        data: { values: replicates },
        mark: { type: 'point' as const, filled: false, size: 34, strokeWidth: 1.3, opacity: 0.8 },
        encoding: { x, y: y('score'), color: hue },
      },
      {
        data: { values: means },
        mark: { type: 'point' as const, filled: true, size: 48, opacity: 1 },
        encoding: { x, y: y('mean'), color: hue },
      },
    ],
  };
}

/** Target, chance and elbows. */
function linesOf(model: ReportModel, series: readonly { readonly arm: ArmReport; readonly color: string }[]) {
  const scores = [
    ...(model.chance === null ? [] : [{ score: model.chance, text: 'chance', side: 'right' }]),
    ...(model.target === null ? [] : [{ score: model.target, text: `target ${model.target}`, side: 'left' }]),
  ];
  const [low, high] = sizeDomain(model.sizes);
  const isRight = (n: number): boolean => n > Math.sqrt(low * high);
  const elbows = series.flatMap(({ arm, color: own }, row) => {
    const n = arm.elbow?.byMeans.state === 'reached' ? arm.elbow.byMeans.n : null;
    if (n === null || series.length > MOST_ELBOWS) return [];
    const doubt = arm.elbow?.state === 'undecided' ? 'undecided' : 'preliminary';
    return [
      {
        n,
        text: `elbow ≈ ${rounded(n)} (${doubt})`,
        hue: series.length === 1 ? color('ink-soft') : own,
        row,
      },
    ];
  });
  const layers = (x: object, y: object) => [
    {
      data: { values: scores },
      mark: { type: 'rule' as const, strokeDash: [4, 4], color: color('ink-soft'), opacity: 0.7 },
      encoding: { y },
    },
    // Curves begin low and end high: chance has room on the right, a target on the left.
    ...(['left', 'right'] as const).map((side) => ({
      data: { values: scores.filter((score) => score.side === side) },
      mark: {
        type: 'text' as const,
        align: side,
        dx: side === 'left' ? 6 : -6,
        dy: -7,
        x: side === 'left' ? 0 : { expr: 'width' },
      },
      encoding: { y, text: { field: 'text' } },
    })),
    ...elbows.flatMap(({ n, text, hue, row }) => [
      {
        data: { values: [{ n }] },
        mark: { type: 'rule' as const, strokeDash: [2, 3], color: hue },
        encoding: { x },
      },
      {
        data: { values: [{ n, text }] },
        // Where an elbow is, curves are high: below them is room.
        mark: {
          type: 'text' as const,
          align: isRight(n) ? ('right' as const) : ('left' as const),
          dx: isRight(n) ? -6 : 6,
          color: hue,
          y: { expr: `height - ${44 + 16 * row}` },
        },
        encoding: { x, text: { field: 'text' } },
      },
    ]),
  ];
  return { scores, layers };
}
