import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
} from '../../workflows/window.js';
import type { Window } from '../../workflows/window.js';
import { simulate } from './simulate.js';

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
    window = fill(reduceWindow(window, { type: 'ended', wasHeld: false }));
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

  it('lets those that are held go on before it starts others, and counts them as open', () => {
    let window = fill(openWindow(9, 3));
    window = reduceWindow(window, { type: 'limit', limit: 0 });
    for (let i = 0; i < 3; i++) {
      expect(isQuiet(window)).toBe(false);
      window = reduceWindow(window, { type: 'held' });
    }
    expect(isQuiet(window)).toBe(true);
    expect([canRelease(window), canStart(window), isDone(window)]).toEqual([false, false, false]);
    window = reduceWindow(window, { type: 'limit', limit: 2 });
    expect([canRelease(window), canStart(window)]).toEqual([true, false]);
    window = reduceWindow(reduceWindow(window, { type: 'released' }), { type: 'released' });
    expect([canRelease(window), canStart(window)]).toEqual([false, false]);
    window = reduceWindow(window, { type: 'ended', wasHeld: false });
    expect([canRelease(window), canStart(window)]).toEqual([true, false]);
    // One that is held may be cancelled.
    window = reduceWindow(window, { type: 'ended', wasHeld: true });
    expect(window).toMatchObject({ started: 3, open: 1, held: 0 });
    expect(fill(window)).toMatchObject({ started: 4, open: 2 });
  });

  it('is done at once when there is nothing to do', () => {
    expect(isDone(openWindow(0, 3))).toBe(true);
  });

  it('reports when the last item has started and whenever the open ones have halved', () => {
    let window = fill(openWindow(10, 8));
    expect(mustReport(window)).toBe(false);
    const reports: number[] = [];
    while (!isDone(window)) {
      window = fill(reduceWindow(window, { type: 'ended', wasHeld: false }));
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
      window = reduceWindow(window, { type: 'ended', wasHeld: false });
    }
    expect(reports).toBeLessThanOrEqual(9);
  });
});

describe('shares', () => {
  it('give the first shard everything', () => {
    const shares = reduceShares(noShares(100), { type: 'added', first: 0 });
    expect(shares.shards).toEqual([{ first: 0, need: null, allowance: 100 }]);
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
    expect(shares.shards).toEqual([{ first: 200, need: null, allowance: 100 }]);
  });

  it('take from the newest first when the total sinks, and give back to the oldest first', () => {
    let shares = reduceShares(noShares(100), { type: 'added', first: 0 });
    shares = reduceShares(shares, { type: 'drained', first: 0, open: 60 });
    shares = reduceShares(shares, { type: 'added', first: 200 });
    const allowances = (total: number): number[] => {
      shares = reduceShares(shares, { type: 'total', total });
      return shares.shards.map((share) => share.allowance);
    };
    expect(allowances(70)).toEqual([60, 10]);
    expect(allowances(1)).toEqual([1, 0]);
    expect(allowances(61)).toEqual([60, 1]);
    expect(allowances(200)).toEqual([60, 140]);
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

  it('start and end everything, however often people pause and limit the sweep, and run no more than they allow', () => {
    const wishes = fc.array(fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 9 })), { maxLength: 8 });
    fc.assert(
      fc.property(
        scenario.sizes,
        scenario.limit,
        wishes,
        scenario.choices,
        (sizes, limit, people, choices) => {
          const pauses = people.filter((wish) => wish === null).length;
          const run = simulate({
            sizes,
            limit,
            // Whoever pauses resumes in the end.
            people: pauses % 2 === 0 ? people : [...people, null],
            choose: (count) => choices.next().value! % count,
            dies: () => false,
          });
          expect(run.started).toEqual(sizes);
          const limits = people.filter((wish) => wish !== null);
          expect(run.mostRunning).toBeLessThanOrEqual(Math.max(limit, ...limits));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('are quiet once a pause has reached all of them', () => {
    fc.assert(
      fc.property(scenario.sizes, scenario.limit, scenario.choices, (sizes, limit, choices) => {
        const run = simulate({
          sizes,
          limit,
          people: [null],
          choose: (count) => choices.next().value! % count,
          dies: () => false,
        });
        run.started.forEach((started, shard) => expect(started).toBeLessThanOrEqual(sizes[shard]!));
      }),
      { numRuns: 300 },
    );
  });

  it('use the whole allowance while there is something to start', () => {
    const run = simulate({ sizes: [7, 7], limit: 5, choose: () => 0, dies: () => false });
    expect(run.mostOpen).toBe(5);
  });
});
