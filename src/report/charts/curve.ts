/** The learning curve: replicates as rings, means with intervals, the fitted curve and where it goes, on a log axis. */
import type { CurvesModel } from '../curves-types.js';
import { isTurning } from '../forecasts.js';
import { between, count, counted, decimal, percent } from '../format.js';
import { color } from '../palette.js';
import type { ArmReport } from '../types.js';
import { fitLayers, MOST_SHADES } from './curve-fits.js';
import { markLayers } from './curve-marks.js';
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

/** Rings of replicates, and grey curves: more make the page heavy and no clearer. */
const MOST_RINGS = 3_000;
const MOST_GREY = 500;
/** Arms stand beside each other at a size: this share of the axis apart. */
const DODGE = 0.007;

/** An arm that has a colour, and a curve. */
export interface Series {
  readonly arm: ArmReport;
  readonly color: string;
}

/** Whether an arm's curve is the fitted one: else its means are joined. */
export const isFitted = (arm: ArmReport): boolean =>
  arm.fit !== null && arm.fit.curve.length > 0 && !isTurning(arm);

/** Null where there is no curve. */
export function curveChart(model: CurvesModel, layout: Layout): Chart | null {
  if (!hasCurve(model)) return null;
  const series = highlighted(model).filter(({ arm }) => arm.points.length > 0);
  const fitted = series.filter(({ arm }) => isFitted(arm));
  const foretold = fitted.flatMap(({ arm }) => arm.fit!.at.map(({ n }) => n));
  const sizes = [...new Set([...model.sizes, ...foretold])].sort((a, b) => a - b);
  const domain = sizeDomain(sizes);
  const dodge = (n: number, i: number): number =>
    n * (domain[1] / domain[0]) ** ((i - (series.length - 1) / 2) * DODGE);
  const means = meansOf(series, dodge, model.confidence);
  const rings = ringsOf(series, dodge);
  const rest = restOf(model);
  const bars = means.flatMap((mean) =>
    mean.lo === null || mean.hi === null ? [] : [{ ...mean, lo: mean.lo, hi: mean.hi }],
  );
  const scores = [
    ...rings.map((one) => one.score),
    ...rest.map((one) => one.mean),
    ...bars.flatMap(({ lo, hi }) => [lo, hi]),
    ...fitted.flatMap(({ arm }) => arm.fit!.curve.map(({ score }) => score)),
    ...(fitted.length > MOST_SHADES
      ? []
      : fitted.flatMap(({ arm }) => arm.fit!.curve.flatMap(({ lo, hi }) => [lo, hi]))),
    ...(model.chance === null ? [] : [model.chance]),
    ...(model.target === null ? [] : [model.target]),
  ];
  const x = {
    field: 'n',
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain, nice: false },
    axis: sizeAxis(sizes, layout),
  };
  const yDomain = scoreDomain(scores, model.score.isAccuracy);
  const y = (field: string) => ({
    field,
    type: 'quantitative' as const,
    title: model.score.name,
    scale: { domain: yDomain, nice: false, zero: false },
    axis: { format: '.2~f', tickCount: 6 },
  });
  const labels = series.map(({ arm }) => arm.label);
  const hue = {
    field: 'arm',
    type: 'nominal' as const,
    scale: { domain: labels, range: series.map((one) => one.color) },
    legend: armLegend(
      labels,
      layout,
      series.flatMap(({ arm }) => (arm.isSurvivorsOnly ? [arm.label] : [])),
    ),
  };
  const joined = means.filter(({ isJoined }) => isJoined);
  return {
    width: CHART_WIDTH[layout],
    height: layout === 'wide' ? 430 : 320,
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
      ...markLayers(model, fitted, { x, y, domain }),
      ...fitLayers(fitted, { x, y, hue }, model.confidence),
      {
        data: { values: bars },
        mark: { type: 'rule' as const, strokeWidth: 2, opacity: 0.55, clip: true },
        encoding: { x, y: y('lo'), y2: { field: 'hi' }, color: hue },
      },
      {
        data: { values: joined },
        mark: { type: 'line' as const, strokeWidth: 2.5 },
        encoding: { x, y: y('mean'), color: hue },
      },
      {
        data: { values: rings },
        mark: { type: 'point' as const, filled: false, size: 34, strokeWidth: 1.3, opacity: 0.8 },
        encoding: { x, y: y('score'), color: hue, description: { field: 'text' } },
      },
      {
        data: { values: means },
        mark: { type: 'point' as const, filled: true, size: 48, opacity: 1 },
        encoding: { x, y: y('mean'), color: hue, description: { field: 'text' } },
      },
    ],
  };
}

type Dodge = (n: number, place: number) => number;

const meansOf = (series: readonly Series[], dodge: Dodge, confidence: number) =>
  series.flatMap(({ arm }, i) =>
    arm.points.map(({ n, mean, pooled, replicates }) => ({
      arm: arm.label,
      n: dodge(n, i),
      mean,
      lo: pooled?.lo ?? null,
      hi: pooled?.hi ?? null,
      isJoined: !isFitted(arm),
      text: `${arm.label}, ${count(n)} per class: ${decimal(mean)}${pooled === null ? '' : `, ${percent(confidence)} ${between(pooled)}`}, ${counted(replicates, 'replicate')}`,
    })),
  );

/** Replicates, as many of each point as there is room for. */
function ringsOf(series: readonly Series[], dodge: Dodge) {
  const points = series.reduce((sum, { arm }) => sum + arm.points.length, 0);
  const most = Math.ceil(MOST_RINGS / Math.max(1, points));
  return series.flatMap(({ arm }, i) =>
    arm.points.flatMap((point) =>
      point.scores.slice(0, most).map(({ replicate, score }) => ({
        arm: arm.label,
        n: dodge(point.n, i),
        score,
        text: `${arm.label}, ${count(point.n)} per class, replicate ${replicate}: ${decimal(score)}`,
      })),
    ),
  );
}

/** Arms without a colour, the best of them. */
const restOf = (model: CurvesModel) =>
  model.arms
    .filter((arm) => !arm.isHighlighted && arm.points.length > 0)
    .sort((a, b) => (a.rank ?? Infinity) - (b.rank ?? Infinity))
    .slice(0, MOST_GREY)
    .flatMap((arm) => arm.points.map((point) => ({ arm: arm.hash, n: point.n, mean: point.mean })));
