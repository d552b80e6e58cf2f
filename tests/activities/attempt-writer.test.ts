import { describe, expect, it, vi } from 'vitest';
import { createAttemptWriter } from '../../activities/attempt-writer.js';
import { ElbowError } from '../../src/errors.js';
import type { LogLine, Storage } from '../../src/storage/index.js';
import { epoch } from '../support/rows.js';

const AT = new Date(0);
const task = { attemptId: 'a', lease: 7 };

/** Keeps what is written; each write takes a turn of the event loop, or fails. */
function memory(fails: () => boolean = () => false) {
  const calls: string[] = [];
  const lines: LogLine[] = [];
  const write = async (text: string): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    if (fails()) throw new ElbowError('lease-lost', 'lease 8 took over');
    calls.push(text);
  };
  const storage: Pick<Storage, 'setEnvironment' | 'recordEpochs' | 'recordLogs'> = {
    setEnvironment: (_attempt, lease) => write(`environment under ${lease}`),
    recordEpochs: (_attempt, lease, epochs) =>
      write(`epochs ${epochs.map((one) => one.epoch).join()} under ${lease}`),
    recordLogs: async (_attempt, lease, some) => {
      lines.push(...some);
      await write(`${some.length} lines under ${lease}`);
    },
  };
  // The writer asks for nothing else.
  return { storage: storage as Storage, calls, lines };
}

/** Two turns of the event loop: one to begin a write, one for it. */
async function writesEnd(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('an attempt writer', () => {
  it('writes in the order in which it is told, and several epochs at once while a write is on its way', async () => {
    const { storage, calls } = memory();
    const writer = createAttemptWriter(storage, task, () => undefined);
    writer.setEnvironment({
      elbowVersion: '1',
      gitCommit: null,
      node: 'v20',
      tensorflow: null,
      device: null,
      dataDigest: null,
      threads: null,
      cpuFeatures: null,
    });
    writer.addLog('stdout', 'one', AT);
    writer.addEpoch(epoch(1));
    writer.addEpoch(epoch(2));
    await writer.flush();
    expect(calls).toEqual(['environment under 7', 'epochs 1,2 under 7', '1 lines under 7']);
    expect(writer.epochCount()).toBe(2);
  });

  it('numbers lines across the pieces they came in', async () => {
    const { storage, lines } = memory();
    const writer = createAttemptWriter(storage, task, () => undefined);
    writer.addLog('stdout', 'one\ntwo\n', AT);
    writer.addLog('stderr', 'three', AT);
    await writer.flush();
    expect(lines.map((line) => [line.index, line.stream, line.text])).toEqual([
      [0, 'stdout', 'one'],
      [1, 'stdout', 'two'],
      [2, 'stderr', 'three'],
    ]);
  });

  it('does not keep a line back until a long epoch ends', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { storage, calls } = memory();
      const writer = createAttemptWriter(storage, task, () => undefined);
      writer.addLog('stdout', 'one', AT);
      writer.addLog('stdout', 'two', AT);
      vi.advanceTimersByTime(999);
      await writesEnd();
      expect(calls).toEqual([]);
      vi.advanceTimersByTime(1);
      await writesEnd();
      expect(calls).toEqual(['2 lines under 7']);
      await writer.flush();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('does not wait for an epoch to end when a trial writes a lot', async () => {
    const { storage, calls } = memory();
    const writer = createAttemptWriter(storage, task, () => undefined);
    for (let i = 0; i < 200; i++) writer.addLog('stdout', `line ${i}`, AT);
    await writesEnd();
    expect(calls).toEqual(['200 lines under 7']);
  });

  it('tells of a refused write at once, once, and writes nothing after it', async () => {
    let isLost = true;
    const errors: unknown[] = [];
    const { storage, calls } = memory(() => isLost);
    const writer = createAttemptWriter(storage, task, (error) => errors.push(error));
    writer.addEpoch(epoch(1));
    await expect(writer.flush()).rejects.toMatchObject({ code: 'lease-lost' });
    isLost = false;
    writer.addEpoch(epoch(2));
    await expect(writer.flush()).rejects.toMatchObject({ code: 'lease-lost' });
    expect(errors).toHaveLength(1);
    expect(calls).toEqual([]);
  });
});
