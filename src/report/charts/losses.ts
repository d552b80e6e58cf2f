/** Losses by epoch, a panel a size: whether training had come to rest, and when it began to overfit. */
import { count } from '../format.js';
import { color } from '../palette.js';
import type { ReportModel } from '../types.js';
import { CHART_WIDTH, CONFIG, highlighted, type Chart, type Layout } from './layout.js';

interface LossPoint {
  readonly panel: string;
  readonly trial: string;
  readonly arm: string;
  readonly kind: 'train' | 'validation';
  readonly epoch: number;
  readonly loss: number;
}

/** Null where no trial has losses by epoch. */
export function lossChart(model: ReportModel, layout: Layout): Chart | null {
  const { points, panels } = lossPoints(model);
  if (points.length === 0) return null;
  const series = highlighted(model);
  const isSingle = series.length === 1;
  const columns = layout === 'narrow' ? 1 : Math.min(panels.length, 3);
  const width = (CHART_WIDTH[layout] - 60) / columns - 24;
  const hue = isSingle
    ? {
        field: 'kind',
        type: 'nominal' as const,
        scale: { domain: ['train', 'validation'], range: [color('series-1'), color('series-2')] },
        legend: { columns: 2 },
      }
    : {
        field: 'arm',
        type: 'nominal' as const,
        scale: { domain: series.map(({ arm }) => arm.label), range: series.map((one) => one.color) },
        legend: { columns: layout === 'wide' ? 2 : 1 },
      };
  return {
    config: CONFIG,
    data: { values: points },
    columns,
    facet: { field: 'panel', type: 'nominal', sort: [...panels], header: { title: null } },
    spacing: 18,
    resolve: { scale: { x: 'independent' } },
    spec: {
      width,
      height: 140,
      mark: { type: 'line', strokeWidth: 1.5, opacity: 0.8, clip: true, point: { size: 10, filled: true } },
      encoding: {
        x: {
          field: 'epoch',
          type: 'quantitative',
          title: 'epoch',
          axis: { tickMinStep: 1, format: 'd', tickCount: 5 },
          scale: { zero: false, nice: false },
        },
        y: {
          field: 'loss',
          type: 'quantitative',
          title: 'loss',
          scale: { domain: [0, lossCap(points)], nice: false },
          axis: { tickCount: 5 },
        },
        color: hue,
        strokeDash: {
          field: 'kind',
          type: 'nominal',
          scale: {
            domain: ['train', 'validation'],
            range: [
              [3, 3],
              [1, 0],
            ],
          },
          legend: isSingle ? null : { columns: 2, symbolType: 'stroke', symbolStrokeWidth: 2 },
        },
        detail: [{ field: 'trial' }, { field: 'kind' }],
      },
    },
  };
}

function lossPoints(model: ReportModel): { points: LossPoint[]; panels: string[] } {
  const shown = new Set(highlighted(model).map(({ arm }) => arm.hash));
  const trials = new Map(model.trialReports.map((trial) => [trial.trial, trial]));
  const panels = new Map<string, number>();
  const points = model.trialEpochs.flatMap(({ trial: number, epochs }): LossPoint[] => {
    const trial = trials.get(number);
    if (trial === undefined || !shown.has(trial.armHash)) return [];
    const size = trial.samplesPerClass;
    const panel = size === null ? 'all images' : `${count(size)} per class`;
    const own = epochs.flatMap((epoch) =>
      (['train', 'validation'] as const).flatMap((kind) => {
        const loss = kind === 'train' ? epoch.trainLoss : epoch.valLoss;
        return loss === null
          ? []
          : [{ panel, trial: String(number), arm: trial.arm, kind, epoch: epoch.epoch, loss }];
      }),
    );
    if (own.length > 0) panels.set(panel, size ?? Infinity);
    return own;
  });
  return { points, panels: [...panels].sort(([, a], [, b]) => a - b).map(([panel]) => panel) };
}

/** The top of the loss axis: one loss that ran away must not flatten all others. */
export function lossCap(points: readonly { readonly loss: number }[]): number {
  const losses = points.map((point) => point.loss).sort((a, b) => a - b);
  const largest = losses.at(-1) ?? 1;
  const common = losses[Math.floor((losses.length - 1) * 0.98)] ?? largest;
  return largest > 2 * common ? common * 1.3 || largest : largest * 1.05;
}
