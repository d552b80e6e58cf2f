/** Losses by epoch, a panel a size: whether training had come to rest, and when it began to overfit. */
import { count } from '../format.js';
import { color } from '../palette.js';
import type { ReportModel } from '../types.js';
import { CHART_WIDTH, CONFIG, armLegend, highlighted, type Chart, type Layout } from './layout.js';

interface LossPoint {
  readonly panel: string;
  readonly trial: string;
  readonly arm: string;
  readonly kind: 'train' | 'validation';
  readonly epoch: number;
  readonly loss: number;
}

/** Trials whose losses are drawn: more lines make no picture, and the page heavy. */
export const MOST_DRAWN = 500;

const KINDS = ['train', 'validation'] as const;

/** Null where no trial has losses by epoch. */
export function lossChart(model: ReportModel, layout: Layout): Chart | null {
  const { points, panels } = lossPoints(model);
  if (points.length === 0) return null;
  const columns = Math.min(panels.length, layout === 'narrow' ? 2 : 4);
  return {
    config: CONFIG,
    data: { values: points },
    columns,
    facet: { field: 'panel', type: 'nominal', sort: panels, header: { title: null } },
    spacing: 18,
    resolve: { scale: { x: 'independent' } },
    spec: {
      width: (CHART_WIDTH[layout] - 50) / columns - 22,
      height: 140,
      mark: { type: 'line', strokeWidth: 1.5, opacity: 0.8, clip: true },
      encoding: {
        x: {
          field: 'epoch',
          type: 'quantitative',
          title: 'epoch',
          axis: { tickMinStep: 1, format: 'd', tickCount: layout === 'wide' ? 5 : 3 },
          scale: { zero: false, nice: false },
        },
        y: {
          field: 'loss',
          type: 'quantitative',
          title: 'loss',
          scale: { domain: [0, lossCap(points)], nice: false },
          axis: { tickCount: 5 },
        },
        ...hues(model, layout),
        detail: [{ field: 'trial' }, { field: 'kind' }],
      },
    },
  };
}

/** Dashes tell train from validation; colours do too for a single arm, and tell arms apart for several. */
function hues(model: ReportModel, layout: Layout): object {
  const series = highlighted(model);
  const isSingle = series.length === 1;
  const labels = series.map(({ arm }) => arm.label);
  const dashes = [
    [3, 3],
    [1, 0],
  ];
  return {
    color: isSingle
      ? {
          field: 'kind',
          type: 'nominal',
          scale: { domain: KINDS, range: [color('series-1'), color('series-2')] },
          legend: lines({ columns: 2 }),
        }
      : {
          field: 'arm',
          type: 'nominal',
          scale: { domain: labels, range: series.map((one) => one.color) },
          legend: lines(armLegend(labels, layout)),
        },
    strokeDash: {
      field: 'kind',
      type: 'nominal',
      scale: { domain: KINDS, range: dashes },
      // With a single arm the two legends are of one field, and Vega-Lite makes one of them.
      legend: lines(isSingle ? { columns: 2 } : { columns: 2, orient: 'top' }),
    },
  };
}

/** A legend of lines rather than dots. */
const lines = (legend: object | null): object | null =>
  legend === null ? null : { ...legend, symbolType: 'stroke', symbolStrokeWidth: 2, symbolSize: 300 };

function lossPoints(model: ReportModel): { points: LossPoint[]; panels: string[] } {
  const shown = new Set(highlighted(model).map(({ arm }) => arm.hash));
  const trials = new Map(model.trialReports.map((trial) => [trial.trial, trial]));
  const panels = new Map<string, number>();
  const drawn = model.trialEpochs
    .filter(({ trial }) => shown.has(trials.get(trial)?.armHash ?? ''))
    .slice(0, MOST_DRAWN);
  const points = drawn.flatMap(({ trial: number, epochs }): LossPoint[] => {
    const trial = trials.get(number);
    if (trial === undefined) return [];
    const size = trial.samplesPerClass;
    const panel = size === null ? 'all images' : `${count(size)} per class`;
    const own = epochs.flatMap((epoch) =>
      KINDS.flatMap((kind) => {
        const loss = kind === 'train' ? epoch.trainLoss : epoch.valLoss;
        if (loss === null) return [];
        return [{ panel, trial: String(number), arm: trial.arm, kind, epoch: epoch.epoch, loss }];
      }),
    );
    if (own.length > 0) panels.set(panel, size ?? Infinity);
    return own;
  });
  return { points, panels: [...panels].sort(([, a], [, b]) => a - b).map(([panel]) => panel) };
}

/**
 * The top of the loss axis: a few losses that ran away must not flatten all others.
 * @param points at least one
 */
export function lossCap(points: readonly { readonly loss: number }[]): number {
  const losses = points.map((point) => point.loss).sort((a, b) => a - b);
  const largest = losses.at(-1)!;
  const common = losses[Math.floor((losses.length - 1) * 0.98)]!;
  const cap = largest > 2 * common ? common * 1.3 : largest * 1.05;
  return cap > 0 ? cap : 1;
}
