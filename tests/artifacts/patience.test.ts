import { describe, expect, it } from 'vitest';
import { createPatience } from '../../src/artifacts/patience.js';

const hangs = (why: string): Error => new Error(`hangs: ${why}`);

/** Work that ends when the test says so. */
function work<T>(value: T): { run: () => Promise<T>; end: () => void; started: () => boolean } {
  let isStarted = false;
  let end!: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  return {
    run: async () => {
      isStarted = true;
      await ended;
      return value;
    },
    end: () => end(),
    started: () => isStarted,
  };
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('patience', () => {
  it('has so many calls made at once, and the others in turn', async () => {
    const patiently = createPatience({ atOnce: 2, limitMs: 60_000, hangs });
    const works = [1, 2, 3].map((n) => work(n));
    const calls = works.map(({ run }) => patiently(run));
    await turn();
    expect(works.map(({ started }) => started())).toEqual([true, true, false]);
    works[1]!.end();
    expect(await calls[1]).toBe(2);
    await turn();
    expect(works[2]!.started()).toBe(true);
    works[0]!.end();
    works[2]!.end();
    expect(await Promise.all(calls)).toEqual([1, 2, 3]);
  });

  it('passes on what a call throws', async () => {
    const patiently = createPatience({ atOnce: 1, limitMs: 60_000, hangs });
    await expect(patiently(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await patiently(async () => 'next')).toBe('next');
  });

  it('gives up calls that hang, also those that wait behind them, until they come back', async () => {
    const patiently = createPatience({ atOnce: 1, limitMs: 20, hangs });
    const [hung, behind] = [work(1), work(2)];
    const calls = [patiently(hung.run), patiently(behind.run)];
    await expect(calls[0]).rejects.toThrow('has not answered for 0.02 s');
    await expect(calls[1]).rejects.toThrow('earlier calls hang');
    await expect(patiently(async () => 3)).rejects.toThrow('earlier calls hang');
    expect(behind.started()).toBe(false);
    hung.end();
    await turn();
    expect(await patiently(async () => 3)).toBe(3);
  });

  it('is at an end when it is aborted, in the queue at once and in a call that hangs soon', async () => {
    const patiently = createPatience({ atOnce: 1, limitMs: 60_000, hangs });
    const stop = new AbortController();
    const [hung, behind] = [work(1), work(2)];
    const calls = [patiently(hung.run, stop.signal), patiently(behind.run, stop.signal)];
    const reason = new Error('enough');
    const ends = Promise.allSettled(calls);
    stop.abort(reason);
    expect(await ends).toEqual([
      { status: 'rejected', reason },
      { status: 'rejected', reason },
    ]);
    await expect(patiently(hung.run, stop.signal)).rejects.toBe(reason);
    hung.end();
    await turn();
    expect(await patiently(async () => 3)).toBe(3);
  });
});
