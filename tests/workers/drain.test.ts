import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDrain } from '../../src/workers/drain.js';

describe('the grace period of a worker', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('begins with the order to stop, and has a time for each part', () => {
    const stop = new AbortController();
    const drain = createDrain(stop.signal, 20);
    const over: string[] = [];
    for (const part of ['trainers', 'uploads', 'handover', 'all'] as const)
      drain.after(part, () => over.push(part));
    vi.advanceTimersByTime(60_000);
    expect([over, drain.leftMs('all')]).toEqual([[], null]);
    stop.abort();
    expect(drain.leftMs('trainers')).toBe(10_000);
    vi.advanceTimersByTime(9_999);
    expect(over).toEqual([]);
    vi.advanceTimersByTime(1);
    expect([over, drain.leftMs('trainers'), drain.leftMs('uploads')]).toEqual([['trainers'], 0, 4_000]);
    vi.advanceTimersByTime(8_999);
    expect(over).toEqual(['trainers', 'uploads', 'handover']);
    vi.advanceTimersByTime(1);
    expect(over.at(-1)).toBe('all');
    // Something is left for the process to end.
    expect(drain.limitMs('all')).toBeLessThan(20_000);
  });

  it('calls nobody once the worker has ended', () => {
    const stop = new AbortController();
    const drain = createDrain(stop.signal, 2);
    const work = vi.fn();
    drain.after('all', work);
    stop.abort();
    drain.end();
    vi.advanceTimersByTime(5_000);
    expect(work).not.toHaveBeenCalled();
  });

  it('has begun where the order came before', () => {
    const drain = createDrain(AbortSignal.abort(), 2);
    const work = vi.fn();
    drain.after('trainers', work);
    vi.advanceTimersByTime(1_000);
    expect(work).toHaveBeenCalledOnce();
  });
});
