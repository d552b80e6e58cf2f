/** Workers that are told to stop in the middle of trials, whatever these do. */
import { describe, expect, it } from 'vitest';
import type { SweepSpec } from '../../src/spec/types.js';
import { isPostgresUp } from '../../src/stack/postgres.js';
import { until } from '../support/wait.js';
import {
  attemptsOf,
  command,
  engine,
  logOf,
  MINUTES,
  startWorker,
  stop,
  trainersOf,
  useWorkers,
} from './processes.js';

useWorkers();

describe('a worker that is told to stop', () => {
  it(
    'ends within its grace period although its trainer hangs, and hands the trial over',
    async () => {
      const { sweep, handle } = await engine.start({
        space: { samplesPerClass: [100], epochs: [500], patience: [500] },
        replicates: 1,
      });
      const worker = await startWorker('--device', 'cpu', '--slots', '1', '--grace', '6');
      const epochs = async (): Promise<number> => (await engine.storage.epochs(sweep.id, 0)).length;
      await until('the second epoch', async () => (await epochs()) > 1, 2 * MINUTES);
      const [pid] = trainersOf(worker);
      process.kill(pid!, 'SIGSTOP');
      expect(await stop(worker)).toBeLessThan(6);
      expect(trainersOf(worker)).toEqual([]);
      expect(await engine.storage.countTrials(sweep.id)).toMatchObject({ queued: 1, running: 0, failed: 0 });
      await handle.terminate();
    },
    4 * MINUTES,
  );

  it(
    'gives a program half of it to end by itself, and then kills it',
    async () => {
      const deaf = command(
        "process.on('SIGTERM', () => console.log('heard')); setInterval(() => 0, 1e6); console.log('on')",
      );
      const { sweep, handle } = await engine.start(deaf);
      const worker = await startWorker('--device', 'cpu', '--slots', '1', '--grace', '6');
      await until('the program to run', async () => (await logOf(sweep.id)).includes('on'));
      const seconds = await stop(worker);
      expect(seconds).toBeGreaterThan(3);
      expect(seconds).toBeLessThan(6);
      expect(await logOf(sweep.id)).toContain('heard');
      expect(await engine.storage.countTrials(sweep.id)).toMatchObject({ queued: 1, running: 0, failed: 0 });
      await handle.terminate();
    },
    2 * MINUTES,
  );
});

it(
  'ends within its grace period although Postgres is away',
  async () => {
    const { sweep, handle } = await engine.start(command("setInterval(() => 0, 1e6); console.log('on')"));
    const worker = await startWorker('--device', 'cpu', '--slots', '1', '--grace', '6');
    await until('the program to run', async () => (await logOf(sweep.id)).includes('on'));
    process.kill(engine.postgres.server.pid, 'SIGKILL');
    await until('it to be gone', async () => !(await isPostgresUp({ folder: engine.postgres.folder })));
    try {
      expect(await stop(worker)).toBeLessThan(6);
    } finally {
      await engine.postgres.restart();
    }
    await handle.terminate();
  },
  2 * MINUTES,
);

it(
  'is drained in turn with another under load: nothing is lost, to the same bits',
  async () => {
    const spec: Partial<SweepSpec> = {
      space: { model: ['lenet'], samplesPerClass: [50, 100], epochs: [5], patience: [5] },
      replicates: 2,
    };
    const args = ['--device', 'cpu', '--slots', '1', '--grace', '20'];
    const workers = [await startWorker(...args), await startWorker(...args)];
    const calm = await engine.start(spec);
    expect(await calm.handle.result()).toMatchObject({ succeeded: 4 });

    const { sweep, handle } = await engine.start(spec);
    for (const [place, worker] of workers.entries()) {
      const runs = async (): Promise<boolean> => {
        const rows = (await attemptsOf(sweep.id)).filter((row) => row.status === 'running');
        const epochs = await engine.storage.epochs(sweep.id);
        return rows.some(
          (row) => row.worker === worker.id && epochs.some(({ trial }) => trial === row.trial),
        );
      };
      await until(`worker ${place} to be in the middle of a trial`, runs, 2 * MINUTES);
      expect(await stop(worker)).toBeLessThan(20);
      const left = (await attemptsOf(sweep.id)).filter((row) => row.status === 'running');
      expect(left.map((row) => row.worker)).not.toContain(worker.id);
      workers[place] = await startWorker(...args);
    }
    expect(await handle.result()).toMatchObject({ succeeded: 4, failed: 0 });
    const attempts = await attemptsOf(sweep.id);
    expect(attempts.map(({ attempt, status }) => [attempt, status])).toEqual(
      attempts.map(() => [1, 'succeeded']),
    );
    // Handed over, and not lost.
    expect(attempts.some(({ lease }) => lease > 1)).toBe(true);
    for (const trial of [0, 1, 2, 3]) expect(await engine.storage.failures(sweep.id, trial)).toEqual([]);
    const epochsOf = async (id: string) =>
      (await engine.storage.epochs(id)).map((one) => ({ ...one, seconds: 0 }));
    expect(await epochsOf(sweep.id)).toEqual(await epochsOf(calm.sweep.id));
    const endsOf = async (id: string) =>
      (await engine.storage.trialResults(id)).map(({ trial, weights, testAccuracy, testLoss }) => ({
        trial,
        weights,
        testAccuracy,
        testLoss,
      }));
    expect(await endsOf(sweep.id)).toEqual(await endsOf(calm.sweep.id));
  },
  8 * MINUTES,
);
