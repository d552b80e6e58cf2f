/** The few figures that stand large on top of a report. Pure. */
import type { Elbow } from '../curves/index.js';
import { byMeans } from './answers.js';
import { count, decimal, duration, halfWidth, rounded } from './format.js';
import type { ArmReport, ReportModel } from './types.js';

export interface Tile {
  readonly name: string;
  readonly value: string;
  readonly detail: string | null;
}

export function tilesOf(model: ReportModel): Tile[] {
  const { counts, trials, sweep } = model;
  const best = model.arms.find((arm) => arm.rank === 1);
  const others = (['failed', 'pruned', 'cancelled', 'running', 'queued'] as const)
    .filter((status) => counts[status] > 0)
    .map((status) => `${count(counts[status])} ${status}`);
  return [
    {
      name: 'Trials succeeded',
      value: `${count(counts.succeeded)} of ${count(trials)}`,
      detail: others.length === 0 ? null : others.join(', '),
    },
    ...(best === undefined ? [] : [scoreTile(model, best)]),
    ...(best === undefined || best.elbow === null ? [] : [elbowTile(model, best.elbow)]),
    ...(sweep.seconds === null
      ? []
      : [{ name: sweep.isPartial ? 'Running for' : 'Took', value: duration(sweep.seconds), detail: null }]),
  ];
}

function scoreTile(model: ReportModel, arm: ArmReport): Tile {
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

function elbowTile(model: ReportModel, elbow: Elbow): Tile {
  const who = model.arms.length > 1 ? 'best arm, ' : '';
  switch (elbow.state) {
    case 'reached':
      return { name: 'Elbow', value: `≈ ${rounded(elbow.n ?? 0)}`, detail: `${who}preliminary` };
    case 'from-the-start':
      return { name: 'Elbow', value: 'from the start', detail: `${who}preliminary` };
    case 'not-reached':
      return { name: 'Elbow', value: 'not reached', detail: `${who}preliminary` };
    case 'undecided':
      return { name: 'Elbow', value: 'undecided', detail: `${who}by the means ${byMeans(elbow)}` };
    case 'cannot-be-said':
      return { name: 'Elbow', value: 'cannot be said', detail: 'no two sizes a factor 2 apart' };
  }
}
