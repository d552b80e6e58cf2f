import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, describe, expect, it } from 'vitest';
import type { TrainHooks } from '../../activities/index.js';
import { isPresent } from '../../src/data/index.js';
import { elbowHome } from '../../src/paths.js';
import { NO_FIGURES } from '../../src/storage/index.js';
import type { TrainJob } from '../../src/trainer/protocol.js';
import { withDatasets } from '../../src/workers/datasets.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A machine that has the packages, and no data set. */
function machine() {
  const home = mkdtempSync(join(tmpdir(), 'elbow-datasets-'));
  folders.push(home);
  symlinkSync(join(elbowHome(), 'parts'), join(home, 'parts'));
  const data = join(home, 'data');
  const notes: string[] = [];
  const ran: string[] = [];
  const trainers = withDatasets(
    {
      run: async ({ dataset }) => {
        // What a trainer would find.
        ran.push(`${typeof dataset === 'string' ? dataset : dataset.name} ${isPresent('mnist', data)}`);
        return { ...NO_FIGURES, status: 'succeeded', epochs: 1, seconds: 1, failure: null };
      },
    },
    {
      env: { ...process.env, ELBOW_HOME: home },
      signal: new AbortController().signal,
      note: (line) => void notes.push(line),
    },
  );
  return { data, notes, ran, trainers };
}

const hooks = (signal = new AbortController().signal, logs: string[] = []): TrainHooks => ({
  signal,
  onBegin: () => undefined,
  onEpoch: () => undefined,
  onStep: () => undefined,
  onLog: (_stream, text) => void logs.push(text),
  onEnvironment: () => undefined,
  onCheckpoint: () => undefined,
  flush: () => Promise.resolve(),
});

// Only the data set is looked at.
const job = (dataset: TrainJob['dataset']): TrainJob => ({ dataset }) as TrainJob;

describe('the trainers of a worker', () => {
  it('bring a data set that is not on their machine, once for all slots, while heartbeats go on', async () => {
    const { notes, ran, trainers } = machine();
    const logs: string[] = [];
    const delay = monitorEventLoopDelay({ resolution: 10 });
    delay.enable();
    await Promise.all([
      trainers.run(job('mnist'), hooks(undefined, logs)),
      trainers.run(job('mnist'), hooks()),
    ]);
    delay.disable();
    expect(ran).toEqual(['mnist true', 'mnist true']);
    expect(logs).toEqual(['the data set mnist is not on this machine: it is brought first']);
    expect(notes.filter((line) => line.includes('bringing it'))).toHaveLength(1);
    // In this thread, unpacking alone takes longer without a pause.
    expect(delay.max / 1e6).toBeLessThan(1_500);
    await trainers.run(job('mnist'), hooks(undefined, logs));
    expect(logs).toHaveLength(1);
  });

  it('say what is wrong when it cannot be brought', async () => {
    const { data, trainers, ran } = machine();
    mkdirSync(join(data, '..'), { recursive: true });
    symlinkSync('/dev/null/nowhere', data);
    await expect(trainers.run(job('mnist'), hooks())).rejects.toThrow(/ENOENT|ENOTDIR|EEXIST/);
    expect(ran).toEqual([]);
  });

  it('do not keep a trial that is told to stop waiting', async () => {
    const { trainers, ran } = machine();
    const stop = new AbortController();
    const first = trainers.run(job('mnist'), hooks(stop.signal));
    stop.abort();
    await expect(first).rejects.toMatchObject({ code: 'trial-cancelled' });
    expect(ran).toEqual([]);
    // Others get it all the same.
    await trainers.run(job('mnist'), hooks());
    expect(ran).toEqual(['mnist true']);
  });

  it('leave data sets of somebody’s own alone', async () => {
    const { data, trainers, ran } = machine();
    const own = { name: 'own' } as TrainJob['dataset'];
    await trainers.run(job(own), hooks());
    expect(ran).toHaveLength(1);
    expect(existsSync(data)).toBe(false);
  });
});
