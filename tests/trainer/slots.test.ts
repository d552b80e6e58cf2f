import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measureLayout } from '../../src/trainer/measure.js';
import { fastestOf, layoutsFor } from '../../src/trainer/slots.js';
import { realDataDir } from '../support/dataset.js';

const onCpu = (cores: number, memoryMb = 1e6) => layoutsFor({ cores, memoryMb, device: 'cpu' });

describe('the layouts of a machine', () => {
  it('go from one slot with all cores to a slot for each', () => {
    const pairs = (cores: number) => onCpu(cores).map(({ slots, threads }) => [slots, threads]);
    expect(pairs(1)).toEqual([[1, 1]]);
    expect(pairs(2)).toEqual([
      [1, 2],
      [2, 1],
    ]);
    expect(pairs(6)).toEqual([
      [1, 6],
      [3, 2],
      [6, 1],
    ]);
    expect(pairs(8)).toEqual([
      [1, 8],
      [2, 4],
      [4, 2],
      [8, 1],
    ]);
  });

  it('never have more threads than cores, and all differ', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 256 }), (cores) => {
        const layouts = onCpu(cores);
        for (const { slots, threads } of layouts) expect(slots * threads).toBeLessThanOrEqual(cores);
        expect(new Set(layouts.map(({ slots }) => slots)).size).toBe(layouts.length);
        expect(layouts[0]).toEqual({ slots: 1, threads: cores });
        expect(layouts.at(-1)).toEqual({ slots: cores, threads: 1 });
      }),
    );
  });

  it('leave out what has no memory for its trainers, but for one slot', () => {
    expect(onCpu(8, 4_000).map(({ slots }) => slots)).toEqual([1, 2, 4]);
    expect(onCpu(8, 100)).toEqual([{ slots: 1, threads: 8 }]);
  });

  it('are few on a GPU', () => {
    expect(layoutsFor({ cores: 16, memoryMb: 1e6, device: 'gpu' })).toEqual([
      { slots: 1, threads: 1 },
      { slots: 2, threads: 1 },
      { slots: 4, threads: 1 },
    ]);
  });
});

describe('the fastest layout', () => {
  const of = (...rates: number[]) =>
    fastestOf(rates.map((trialsPerSecond, i) => ({ slots: i + 1, threads: 1, trialsPerSecond }))).slots;

  it('has the most trials a second, and of equals the fewest slots', () => {
    expect(of(1, 3, 2)).toBe(2);
    expect(of(1, 2, 2)).toBe(2);
    expect(of(2)).toBe(1);
  });
});

it('is measured in real trainers', async () => {
  const options = {
    env: process.env,
    signal: new AbortController().signal,
    dataDir: await realDataDir(),
    milliseconds: 1,
  };
  const measured = await measureLayout({ slots: 2, threads: 1 }, options);
  expect(measured).toEqual({ slots: 2, threads: 1, trialsPerSecond: expect.any(Number) });
  expect(measured.trialsPerSecond).toBeGreaterThan(0);
  await expect(
    measureLayout({ slots: 1, threads: 1 }, { ...options, signal: AbortSignal.abort() }),
  ).rejects.toMatchObject({ code: 'trial-cancelled' });
}, 180_000);
