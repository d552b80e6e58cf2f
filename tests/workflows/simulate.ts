import { expect } from 'vitest';
import {
  canAdd,
  canRelease,
  canStart,
  isDone,
  isQuiet,
  mustReport,
  noShares,
  openWindow,
  reduceShares,
  reduceWindow,
  spare,
} from '../../workflows/window.js';
import type { Shares, Window } from '../../workflows/window.js';

/** A shard as it is simulated: its window, and its open items. */
interface SimulatedShard {
  window: Window;
  /** Items whose workflows are open: they wait for a slot, run, or are held. */
  waiting: number;
  running: number;
}

/**
 * A whole sweep, simulated: shards with windows of their own, one sweep that shares its allowance and is paused and
 * limited by people, a gate (Postgres) that lets items run, messages between them that arrive later, in order; `choose`
 * decides what happens next.
 */
export function simulate(options: {
  readonly sizes: readonly number[];
  readonly limit: number;
  readonly choose: (count: number) => number;
  readonly dies: (shard: number) => boolean;
  /** What people do, in this order, whenever it is chosen: a new limit, or null to pause and to resume. */
  readonly people?: readonly (number | null)[];
}): { started: number[]; mostOpen: number; mostRunning: number } {
  const { sizes, choose } = options;
  const started: number[] = sizes.map(() => 0);
  const shards = new Map<number, SimulatedShard>();
  const inbox: Array<() => void> = [];
  const people = [...(options.people ?? [])];
  let gate = { limit: options.limit, isPaused: false };
  let shares: Shares = noShares(options.limit);
  let isPaused = false;
  let next = 0;
  let mostOpen = 0;
  let mostRunning = 0;
  const allowanceOf = (shard: number): number =>
    isPaused ? 0 : (shares.shards.find((share) => share.first === shard)?.allowance ?? 0);
  const sum = (count: (shard: SimulatedShard) => number): number =>
    [...shards.values()].reduce((total, shard) => total + count(shard), 0);
  const tellAll = (): void => {
    for (const { first } of shares.shards) {
      const allowed = allowanceOf(first);
      inbox.push(() => {
        const shard = shards.get(first);
        if (shard) shard.window = reduceWindow(shard.window, { type: 'limit', limit: allowed });
      });
    }
  };
  const change = (event: Parameters<typeof reduceShares>[1]): void => {
    shares = reduceShares(shares, event);
    if (!isPaused) tellAll();
  };
  const end = (first: number): void => {
    shards.delete(first);
    inbox.push(() => change({ type: 'ended', first }));
  };
  const act = (): void => {
    const wish = people.shift()!;
    gate = wish === null ? { ...gate, isPaused: !gate.isPaused } : { ...gate, limit: wish };
    const { limit, isPaused: paused } = gate;
    inbox.push(() => {
      isPaused = paused;
      shares = reduceShares(shares, { type: 'total', total: limit });
      tellAll();
    });
  };

  for (;;) {
    const actions: Array<() => void> = [];
    if (people.length > 0) actions.push(act);
    if (next < sizes.length && canAdd(shares) && !isPaused) {
      actions.push(() => {
        const first = next++;
        shares = reduceShares(shares, { type: 'added', first });
        shards.set(first, { window: openWindow(sizes[first]!, allowanceOf(first)), waiting: 0, running: 0 });
      });
    }
    if (inbox.length > 0) actions.push(() => inbox.shift()!());
    for (const [first, shard] of shards) {
      const reduce = (event: Parameters<typeof reduceWindow>[1]): void => {
        shard.window = reduceWindow(shard.window, event);
      };
      if (canRelease(shard.window)) {
        actions.push(() => {
          reduce({ type: 'released' });
          shard.waiting++;
        });
      }
      if (canStart(shard.window)) {
        actions.push(() => {
          reduce({ type: 'started' });
          started[first]!++;
          shard.waiting++;
        });
      }
      if (shard.waiting > 0) {
        actions.push(() => {
          shard.waiting--;
          if (gate.isPaused || sum(({ running }) => running) >= gate.limit) {
            inbox.push(() => {
              if (shards.has(first)) reduce({ type: 'held' });
            });
          } else {
            shard.running++;
          }
        });
      }
      if (shard.running > 0) {
        actions.push(() => {
          shard.running--;
          reduce({ type: 'ended', wasHeld: false });
          if (isDone(shard.window)) end(first);
        });
      }
      if (mustReport(shard.window)) {
        const { open } = shard.window;
        actions.push(() => {
          reduce({ type: 'reported' });
          inbox.push(() => change({ type: 'drained', first, open }));
        });
      }
      if (options.dies(first) && shard.window.started > 0) actions.push(() => end(first));
    }
    if (actions.length === 0) {
      if (gate.isPaused) expect([...shards.values()].every(({ window }) => isQuiet(window))).toBe(true);
      return { started, mostOpen, mostRunning };
    }
    actions[choose(actions.length)]!();
    mostOpen = Math.max(
      mostOpen,
      sum(({ window }) => window.open),
    );
    mostRunning = Math.max(
      mostRunning,
      sum(({ running }) => running),
    );
    expect(spare(shares)).toBeGreaterThanOrEqual(0);
  }
}
