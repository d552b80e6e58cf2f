/** Train, validation and test accuracy against size, or by arm where there is one size: where they part, the model overfits. */
import { color } from '../palette.js';
import type { ReportModel } from '../types.js';
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

const SPLITS = ['train', 'validation', 'test'] as const;
const HUE = {
  field: 'split',
  type: 'nominal' as const,
  scale: { domain: [...SPLITS], range: [color('series-1'), color('series-2'), color('series-0')] },
};

/** Null where no trial has accuracies. */
export const splitsChart = (model: ReportModel, layout: Layout): Chart | null =>
  hasCurve(model) ? splitCurves(model, layout) : splitRows(model, layout);

function splitCurves(model: ReportModel, layout: Layout): Chart | null {
  const arms = highlighted(model).map(({ arm }) => arm);
  const isSingle = arms.length === 1;
  const columns = isSingle || layout === 'narrow' ? 1 : Math.min(arms.length, 3);
  const width = (CHART_WIDTH[layout] - 60) / columns - 30;
  const values = arms.flatMap((arm) =>
    arm.splits.flatMap((means) =>
      SPLITS.flatMap((split) => {
        const accuracy = means[split];
        return accuracy === null ? [] : [{ panel: inLines(arm.label, width), n: means.n, split, accuracy }];
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
  const hue = { ...HUE, legend: { columns: 3, symbolType: 'stroke', symbolStrokeWidth: 2, symbolSize: 300 } };
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
            domain: [...SPLITS],
            range: [
              [5, 3],
              [2, 2],
              [1, 0],
            ],
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
  const { labels, y, frame } = rowsLayout(
    highlighted(model).map(({ arm }) => arm.label),
    layout,
    80,
  );
  const values = highlighted(model).flatMap(({ arm }, i) =>
    arm.splits.flatMap((means) =>
      SPLITS.flatMap((split) => {
        const accuracy = means[split];
        return accuracy === null ? [] : [{ label: labels[i], split, accuracy }];
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
      color: { ...HUE, legend: { columns: 3 } },
    },
  };
}
