/**
 * Train, validation and test accuracy against size, or by arm where there is one size: where they part, the model overfits. Beside
 * them that on changed test images, where the sweep measured it.
 */
import { decimal } from '../format.js';
import { color } from '../palette.js';
import type { ArmReport, ReportModel } from '../types.js';
import {
  CHART_WIDTH,
  CONFIG,
  hasCurve,
  highlighted,
  inLines,
  rowsLayout,
  scoreDomain,
  sizeAxis,
  sizeDomain,
  type Chart,
  type Layout,
} from './layout.js';

const SPLITS = [
  { key: 'train', name: 'train', color: color('series-1'), dash: [5, 3] },
  { key: 'validation', name: 'validation', color: color('series-2'), dash: [2, 2] },
  { key: 'test', name: 'test', color: color('series-0'), dash: [1, 0] },
  { key: 'unfamiliar', name: 'changed images', color: color('series-3'), dash: [7, 2, 2, 2] },
] as const;
type Split = (typeof SPLITS)[number];

/** Those that some trial has. */
const splitsIn = (arms: readonly ArmReport[]): Split[] =>
  SPLITS.filter(({ key }) => arms.some((arm) => arm.splits.some((means) => means[key] !== null)));

/** Whether trials were scored on changed test images, too. */
export const hasChanged = ({ arms }: Pick<ReportModel, 'arms'>): boolean =>
  arms.some((arm) => arm.splits.some(({ unfamiliar }) => unfamiliar !== null));

const hueOf = (shown: readonly Split[]) => ({
  field: 'split',
  type: 'nominal' as const,
  scale: { domain: shown.map(({ name }) => name), range: shown.map((split) => split.color) },
});

/** On a phone as many as are beside each other. */
const legendColumns = (shown: readonly Split[], layout: Layout): number =>
  layout === 'narrow' ? Math.min(shown.length, 3) : shown.length;

/** Null where no trial has accuracies. */
export const splitsChart = (model: ReportModel, layout: Layout): Chart | null =>
  hasCurve(model) ? splitCurves(model, layout) : splitRows(model, layout);

function splitCurves(model: ReportModel, layout: Layout): Chart | null {
  const arms = highlighted(model).map(({ arm }) => arm);
  const shown = splitsIn(arms);
  const isSingle = arms.length === 1;
  const columns = isSingle || layout === 'narrow' ? 1 : Math.min(arms.length, 3);
  const width = (CHART_WIDTH[layout] - 60) / columns - 30;
  const values = arms.flatMap((arm) =>
    arm.splits.flatMap((means) =>
      shown.flatMap(({ key, name }) => {
        const accuracy = means[key];
        return accuracy === null
          ? []
          : [{ panel: inLines(arm.label, width), n: means.n, split: name, accuracy }];
      }),
    ),
  );
  if (values.length === 0) return null;
  const domain = scoreDomain(
    values.map((value) => value.accuracy),
    true,
  );
  const x = {
    field: 'n',
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain: sizeDomain(model.sizes), nice: false },
    axis: { ...sizeAxis(model.sizes, layout), ...(columns > 1 ? { title: 'samples per class' } : {}) },
  };
  const y = {
    field: 'accuracy',
    type: 'quantitative' as const,
    title: 'accuracy',
    scale: { domain, nice: false, zero: false },
    axis: { format: '.2~f', tickCount: 5 },
  };
  const hue = {
    ...hueOf(shown),
    legend: {
      columns: legendColumns(shown, layout),
      symbolType: 'stroke',
      symbolStrokeWidth: 2,
      symbolSize: 300,
    },
  };
  const layer = [
    {
      mark: { type: 'line' as const, strokeWidth: 2 },
      encoding: {
        x,
        y,
        color: hue,
        strokeDash: {
          field: 'split',
          type: 'nominal' as const,
          scale: {
            domain: shown.map(({ name }) => name),
            range: shown.map(({ dash }) => dash),
          },
        },
      },
    },
    { mark: { type: 'point' as const, filled: true, size: 36, opacity: 1 }, encoding: { x, y, color: hue } },
  ];
  if (isSingle) {
    return {
      width: CHART_WIDTH[layout],
      height: layout === 'wide' ? 280 : 240,
      autosize: { type: 'fit', contains: 'padding' },
      config: CONFIG,
      data: { values },
      layer,
    };
  }
  return {
    config: CONFIG,
    data: { values },
    columns,
    facet: {
      field: 'panel',
      type: 'nominal',
      sort: arms.map((arm) => inLines(arm.label, width)),
      header: { labelLimit: 0, labelExpr: "split(datum.value, '\\n')", title: null },
    },
    resolve: { axis: { x: 'independent', y: 'independent' } },
    spacing: 22,
    spec: { width, height: 170, layer },
  };
}

/** A row an arm, where all trials are of one size. */
function splitRows(model: ReportModel, layout: Layout): Chart | null {
  const arms = highlighted(model).map(({ arm }) => arm);
  const shown = splitsIn(arms);
  const { labels, y, frame } = rowsLayout(
    arms.map(({ label }) => label),
    layout,
    80,
  );
  const values = arms.flatMap((arm, i) =>
    arm.splits.flatMap((means) =>
      shown.flatMap(({ key, name }) => {
        const accuracy = means[key];
        if (accuracy === null) return [];
        const said = `${arm.label}, ${name}: ${decimal(accuracy)}`;
        return [{ label: labels[i], split: name, accuracy, said }];
      }),
    ),
  );
  if (values.length === 0) return null;
  const domain = scoreDomain(
    values.map((value) => value.accuracy),
    true,
  );
  return {
    ...frame,
    data: { values },
    mark: { type: 'point', filled: true, size: 70, opacity: 1 },
    encoding: {
      x: {
        field: 'accuracy',
        type: 'quantitative',
        title: 'accuracy',
        scale: { domain, nice: false, zero: false },
        axis: { format: '.2~f', tickCount: layout === 'wide' ? 8 : 4 },
      },
      y,
      description: { field: 'said' },
      color: { ...hueOf(shown), legend: { columns: legendColumns(shown, layout) } },
    },
  };
}
