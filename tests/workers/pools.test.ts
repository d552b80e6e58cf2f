/** Workers with a stand-in for nvidia-smi: no GPU is here, and their trials run on the CPU. */
import { describe, expect, it } from 'vitest';
import { attemptsOf, begin, command, engine, MINUTES, startWorker, stop, useWorkers } from './processes.js';

useWorkers();

describe('a worker with GPUs', () => {
  it(
    'takes all that there are, or those that are named, and tells which',
    async () => {
      const all = await startWorker('--pool', 'all', '--device', 'gpu');
      const some = await startWorker(
        '--pool',
        'some',
        '--device',
        'gpu',
        '--devices',
        'GPU-cc,0',
        '--slots',
        '4',
      );
      const rows = await engine.storage.workers(MINUTES);
      expect(rows.find(({ id }) => id === all.id)).toMatchObject({
        slots: 3,
        device: 'gpu',
        devices: [{ index: 0 }, { index: 1 }, { index: 2 }],
      });
      expect(rows.find(({ id }) => id === some.id)).toMatchObject({
        slots: 4,
        devices: [
          { index: 2, uuid: 'GPU-cccc', name: 'NVIDIA T400', memoryMb: (2_048 * 2 ** 20) / 1e6 },
          { index: 0, uuid: 'GPU-aaaa' },
        ],
      });
      expect(some.said()).toContain('slot 3 has GPU 0 (NVIDIA H100 80GB HBM3)');
    },
    MINUTES,
  );

  it('refuses one that is not there, and any where trainings run on the CPU', async () => {
    const missing = begin('--device', 'gpu', '--devices', '7');
    expect(await missing.ended).toBe(2);
    expect(missing.said()).toMatch(/not "7"[^]+There are 0 \(NVIDIA H100 80GB HBM3, GPU-aaaa\), 1 /);
    const none = begin('--device', 'cpu', '--devices', '0');
    expect(await none.ended).toBe(2);
    expect(none.said()).toContain('--devices names GPUs, and this worker runs no trials on one');
  });

  it(
    'leaves a trial that is too large for its GPUs to a worker that has a larger one',
    async () => {
      const small = await startWorker('--device', 'gpu', '--devices', '2', '--slots', '2');
      const large = await startWorker('--device', 'gpu', '--devices', '1', '--slots', '1');
      const { sweep, handle } = await engine.start({
        ...command('console.log(JSON.stringify({ score: 1 }))', { gpuMemoryBytes: 5e9 }),
        replicates: 3,
      });
      expect(await handle.result()).toMatchObject({ succeeded: 3 });
      const rows = await attemptsOf(sweep.id);
      expect(rows.map(({ attempt, worker }) => [attempt, worker])).toEqual(rows.map(() => [1, large.id]));
      // The other one, with more slots, was asked, too, and had no part in it.
      const logs = await Promise.all(rows.map(({ trial }) => engine.storage.logs(sweep.id, trial)));
      expect(logs.flat().map(({ text }) => text)).toContainEqual(
        expect.stringMatching(/has 2,147 MB: it is left to a worker with a larger one$/),
      );
      expect(await engine.storage.failures(sweep.id, 0)).toEqual([]);
      // Alone, the small one has nobody to leave it to.
      await stop(large);
      const second = await engine.start(command('0', { gpuMemoryBytes: 5e9 }));
      expect(await second.handle.result()).toMatchObject({ failed: 1 });
      const [failed] = await attemptsOf(second.sweep.id);
      expect(failed).toMatchObject({ worker: small.id, outcome: { failure: { code: 'out-of-memory' } } });
    },
    2 * MINUTES,
  );
});
