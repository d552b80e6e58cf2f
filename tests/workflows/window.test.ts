import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canAdd,
  canStart,
  isDone,
  mustReport,
  noShares,
  openWindow,
  reduceShares,
  reduceWindow,
  spare,
} from '../../workflows/window.js';
import type { Shares, Window } from '../../workflows/window.js';

/** Starts as many as may be started. */
function fill(window: Window): Window {
  let filled = window;
  while (canStart(filled)) filled = reduceWindow(filled, { type: 'started' });
  return filled;
}

describe('a window', () => {
  it('opens items up to its limit, and another whenever one ends', () => {
    let window = fill(openWindow(5, 2));
    expect(window).toMatchObject({ started: 2, open: 2 });
    window = fill(reduceWindow(window, { type: 'ended' }));
    expect(window).toMatchObject({ started: 3, open: 2 });
  });

  it('starts nothing while it has no allowance, and goes on when it gets one', () => {
    const window = openWindow(3, 0);
    expect(canStart(window)).toBe(false);
    expect(fill(reduceWindow(window, { type: 'limit', limit: 2 })).open).toBe(2);
  });

  it('ends none that is open when its limit sinks', () => {
    const window = reduceWindow(fill(openWindow(9, 4)), { type: 'limit', limit: 1 });
    expect(window.open).toBe(4);
    expect(canStart(window)).toBe(false);
  });

  it('is done at once when there is nothing to do', () => {
    expect(isDone(openWindow(0, 3))).toBe(true);
  });

  it('reports when the last item has started and whenever the open ones have halved', () => {
    let window = fill(openWindow(10, 8));
    expect(mustReport(window)).toBe(false);
    const reports: number[] = [];
    while (!isDone(window)) {
      window = fill(reduceWindow(window, { type: 'ended' }));
      if (mustReport(window)) {
        reports.push(window.open);
        window = reduceWindow(window, { type: 'reported' });
      }
    }
    expect(reports).toEqual([8, 4, 2, 1]);
  });

  it('reports at most nine times for 200 items, however they end', () => {
    let window = fill(openWindow(200, 200));
    let reports = 0;
    while (!isDone(window)) {
      if (mustReport(window)) {
        reports++;
        window = reduceWindow(window, { type: 'reported' });
      }
      window = reduceWindow(window, { type: 'ended' });
    }
    expect(reports).toBeLessThanOrEqual(9);
  });
});

describe('shares', () => {
  it('give the first shard everything', () => {
    const shares = reduceShares(noShares(100), { type: 'added', first: 0 });
    expect(shares.shards).toEqual([{ first: 0, allowance: 100, isDrained: false }]);
    expect(canAdd(shares)).toBe(false);
  });

  it('hand what an older shard no longer needs to the newest', () => {
    let shares = reduceShares(noShares(100), { type: 'added', first: 0 });
    shares = reduceShares(shares, { type: 'drained', first: 0, open: 60 });
    expect(canAdd(shares)).toBe(true);
    shares = reduceShares(shares, { type: 'added', first: 200 });
    expect(shares.shards.map((share) => share.allowance)).toEqual([60, 40]);
    shares = reduceShares(shares, { type: 'drained', first: 0, open: 30 });
    expect(shares.shards.map((share) => share.allowance)).toEqual([30, 70]);
    shares = reduceShares(shares, { type: 'ended', first: 0 });
    expect(shares.shards).toEqual([{ first: 200, allowance: 100, isDrained: false }]);
  });

  it('let no shard begin while an older one still holds everything', () => {
    let shares = reduceShares(noShares(4), { type: 'added', first: 0 });
    shares = reduceShares(shares, { type: 'drained', first: 0, open: 4 });
    expect(canAdd(shares)).toBe(false);
    expect(canAdd(reduceShares(shares, { type: 'drained', first: 0, open: 2 }))).toBe(true);
  });

  it('never grow a drained shard, also when its messages come late', () => {
    let shares = reduceShares(noShares(10), { type: 'added', first: 0 });
    shares = reduceShares(shares, { type: 'drained', first: 0, open: 2 });
    shares = reduceShares(shares, { type: 'drained', first: 0, open: 5 });
    expect(shares.shards[0]).toMatchObject({ allowance: 2 });
  });

  it('let the next shard begin when one dies before it has started everything', () => {
    const shares = reduceShares(noShares(10), { type: 'added', first: 0 });
    expect(canAdd(reduceShares(shares, { type: 'ended', first: 0 }))).toBe(true);
  });
});

/**
 * A whole sweep, simulated: shards with windows of their own, one sweep that shares its allowance, messages between
 * them that arrive later, in order for each pair; `choose` decides what happens next.
 */
function simulate(options: {
  readonly sizes: readonly number[];
  readonly limit: number;
  readonly choose: (count: number) => number;
  readonly dies: (shard: number) => boolean;
}): { started: number[]; mostOpen: number } {
  const { sizes, limit, choose } = options;
  const started: number[] = sizes.map(() => 0);
  const windows = new Map<number, Window>();
  const inbox: Array<() => void> = [];
  let shares: Shares = noShares(limit);
  let next = 0;
  let mostOpen = 0;
  const allowanceOf = (shard: number): number | undefined =>
    shares.shards.find((share) => share.first === shard)?.allowance;
  const change = (event: Parameters<typeof reduceShares>[1]): void => {
    shares = reduceShares(shares, event);
    const newest = shares.shards.at(-1);
    if (!newest || newest.isDrained) return;
    const allowed = newest.allowance;
    inbox.push(() => {
      const window = windows.get(newest.first);
      if (window) windows.set(newest.first, reduceWindow(window, { type: 'limit', limit: allowed }));
    });
  };
  const end = (shard: number): void => {
    windows.delete(shard);
    inbox.push(() => change({ type: 'ended', first: shard }));
  };

  for (;;) {
    const actions: Array<() => void> = [];
    if (next < sizes.length && canAdd(shares)) {
      actions.push(() => {
        const shard = next++;
        shares = reduceShares(shares, { type: 'added', first: shard });
        windows.set(shard, openWindow(sizes[shard]!, allowanceOf(shard)!));
      });
    }
    if (inbox.length > 0) actions.push(() => inbox.shift()!());
    for (const [shard, window] of windows) {
      if (canStart(window)) {
        actions.push(() => {
          started[shard]!++;
          windows.set(shard, reduceWindow(window, { type: 'started' }));
        });
      }
      if (window.open > 0) {
        actions.push(() => {
          const after = reduceWindow(window, { type: 'ended' });
          windows.set(shard, after);
          if (isDone(after)) end(shard);
        });
      }
      if (mustReport(window)) {
        actions.push(() => {
          windows.set(shard, reduceWindow(window, { type: 'reported' }));
          inbox.push(() => change({ type: 'drained', first: shard, open: window.open }));
        });
      }
      if (options.dies(shard) && window.started > 0) actions.push(() => end(shard));
    }
    if (actions.length === 0) return { started, mostOpen };
    actions[choose(actions.length)]!();
    const open = [...windows.values()].reduce((sum, window) => sum + window.open, 0);
    mostOpen = Math.max(mostOpen, open);
    expect(spare(shares)).toBeGreaterThanOrEqual(0);
  }
}

const scenario = {
  sizes: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 }),
  limit: fc.integer({ min: 1, max: 9 }),
  choices: fc.infiniteStream(fc.nat({ max: 1_000_000 })),
};

describe('windows and shares together', () => {
  it('start everything exactly once and never open more than the limit, in every order of events', () => {
    fc.assert(
      fc.property(scenario.sizes, scenario.limit, scenario.choices, (sizes, limit, choices) => {
        const run = simulate({
          sizes,
          limit,
          choose: (count) => choices.next().value! % count,
          dies: () => false,
        });
        expect(run.started).toEqual(sizes);
        expect(run.mostOpen).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 300 },
    );
  });

  it('come to an end when shards die, and start everything of those that live', () => {
    fc.assert(
      fc.property(scenario.sizes, scenario.limit, scenario.choices, (sizes, limit, choices) => {
        const run = simulate({
          sizes,
          limit,
          choose: (count) => choices.next().value! % count,
          dies: (shard) => shard % 2 === 1,
        });
        expect(run.mostOpen).toBeLessThanOrEqual(limit);
        sizes.forEach((size, shard) => {
          if (shard % 2 === 0) expect(run.started[shard]).toBe(size);
          else expect(run.started[shard]).toBeLessThanOrEqual(size);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('use the whole allowance while there is something to start', () => {
    const run = simulate({ sizes: [7, 7], limit: 5, choose: () => 0, dies: () => false });
    expect(run.mostOpen).toBe(5);
  });
});
