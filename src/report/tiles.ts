/** The few figures that stand large on top of a report. Pure. */
import type { CurveElbow } from '../curves/index.js';
import type { CurvesModel } from './curves-types.js';
import { elbowInterval } from './elbow-words.js';
import { count, decimal, duration, halfWidth, rounded, signed } from './format.js';
import type { ArmFit, ArmReport, ReportModel } from './types.js';

export interface Tile {
  readonly name: string;
  readonly value: string;
  readonly detail: string | null;
}

export function tilesOf(model: ReportModel): Tile[] {
  const { counts, trials, sweep } = model;
  const others = (['failed', 'pruned', 'cancelled', 'running', 'queued'] as const)
    .filter((status) => counts[status] > 0)
    .map((status) => `${count(counts[status])} ${status}`);
  return [
    {
      name: 'Trials succeeded',
      value: `${count(counts.succeeded)} of ${count(trials)}`,
      detail: others.length === 0 ? null : others.join(', '),
    },
    ...curveTiles(model),
    ...(sweep.seconds === null
      ? []
      : [{ name: sweep.isPartial ? 'Running for' : 'Took', value: duration(sweep.seconds), detail: null }]),
  ];
}

/** Those of the best arm. */
export function curveTiles(model: CurvesModel): Tile[] {
  const best = model.arms.find((arm) => arm.rank === 1);
  return [
    ...(best === undefined ? [] : [scoreTile(model, best)]),
    ...(best?.fit ? [elbowTile(model, best.fit.elbow), ...doublingTile(best.fit)] : []),
  ];
}

function scoreTile(model: CurvesModel, arm: ArmReport): Tile {
  const last = arm.points.at(-1);
  const name = model.score.isAccuracy ? 'Test accuracy' : model.score.name;
  if (last === undefined) {
    const half = halfWidth(arm.sizeless?.interval ?? null);
    return {
      name,
      value: decimal(arm.sizeless?.mean ?? 0),
      detail: half === null ? arm.label : `± ${decimal(half)}`,
    };
  }
  const half = halfWidth(last.pooled);
  return {
    name,
    value: `${decimal(last.mean)}${half === null ? '' : ` ± ${decimal(half)}`}`,
    detail: `with ${count(last.n)} per class${model.arms.length > 1 ? ', best arm' : ''}`,
  };
}

function elbowTile(model: CurvesModel, elbow: CurveElbow): Tile {
  const who = model.arms.length > 1 ? 'best arm' : null;
  const besides = (text: string): string => (who === null ? text : `${who}, ${text}`);
  switch (elbow.state) {
    case 'reached':
      return { name: 'Elbow', value: `≈ ${rounded(elbow.n ?? 0)}`, detail: besides(elbowInterval(elbow)) };
    case 'from-the-start':
      return { name: 'Elbow', value: 'from the start', detail: who };
    case 'not-reached':
      return { name: 'Elbow', value: 'not reached', detail: who };
    case 'undecided':
      return { name: 'Elbow', value: 'undecided', detail: besides(elbowInterval(elbow)) };
    case 'cannot-be-said':
      return { name: 'Elbow', value: 'cannot be said', detail: who };
  }
}

function doublingTile({ at: [next] }: ArmFit): Tile[] {
  if (next === undefined) return [];
  const { value, lo, hi } = next.gain;
  return [
    {
      name: 'Next doubling',
      value: signed(value),
      detail: `${signed(lo)} to ${signed(hi)}, to ${count(next.n)}`,
    },
  ];
}
