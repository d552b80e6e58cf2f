/** Worker processes with a stand-in for nvidia-smi: no GPU is here, and their trainers train on the CPU. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compiled, homeFolders } from '../../src/paths.js';
import type { SweepSpec } from '../../src/spec/types.js';
import { isPostgresUp } from '../../src/stack/postgres.js';
import { pathFirst, standIn } from '../stack/support.js';
import { linkDataset } from '../support/dataset.js';
import { startEngine } from '../support/engine.js';
import type { Engine } from '../support/engine.js';
import { NAMESPACE } from '../support/temporal.js';
import { until } from '../support/wait.js';
import { node } from '../trainer/command/support.js';

const MINUTES = 60_000;
/** Two GPUs of 80 GB and one of 2. */
const LISTS_THREE = `
echo "0, GPU-aaaa, NVIDIA H100 80GB HBM3, 81559"
echo "1, GPU-bbbb, NVIDIA H100 80GB HBM3, 81559"
echo "2, GPU-cccc, NVIDIA T400, 2048"`;

let engine: Engine;
let home: string;
let programs: string;
const started: Started[] = [];

interface Started {
  readonly child: ChildProcess;
  readonly id: string;
  /** Its exit code, and how long it took since the last signal, in milliseconds. */
  readonly ended: Promise<number | null>;
  readonly said: () => string;
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'elbow-pools-'));
  await linkDataset('cifar10', homeFolders.data(home));
  programs = standIn(join(home, 'bin'), 'nvidia-smi', LISTS_THREE);
  engine = await startEngine();
  await engine.control();
}, 2 * MINUTES);

afterEach(async () => {
  for (const worker of started.splice(0)) {
    worker.child.kill('SIGKILL');
    await worker.ended;
  }
}, MINUTES);

afterAll(async () => {
  await engine.remove();
  rmSync(home, { recursive: true, force: true });
}, MINUTES);

function begin(...args: readonly string[]): Started {
  const child = spawn(process.execPath, [compiled('src/workers/main.js'), '--no-control', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...pathFirst(programs),
      CUDA_VISIBLE_DEVICES: undefined,
      ELBOW_HOME: home,
      ELBOW_CHECKPOINT_SECONDS: '0',
      TEMPORAL_ADDRESS: engine.temporal.address,
      TEMPORAL_NAMESPACE: NAMESPACE,
      DATABASE_URL: engine.databaseUrl,
    },
  });
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const worker = {
    child,
    id: `${hostname()}:${child.pid}`,
    ended: new Promise<number | null>((resolve) => child.on('close', resolve)),
    said: () => text,
  };
  started.push(worker);
  return worker;
}

async function startWorker(...args: readonly string[]): Promise<Started> {
  const worker = begin(...args);
  await until('the worker to register', async () => {
    if (worker.child.exitCode !== null) throw new Error(`the worker has ended:\n${worker.said()}`);
    return (await engine.storage.workers(MINUTES)).some(({ id }) => id === worker.id);
  });
  return worker;
}

/** Tells a worker to end. @returns how long it took, in seconds */
async function stop(worker: Started): Promise<number> {
  const told = performance.now();
  worker.child.kill('SIGTERM');
  expect(await worker.ended, worker.said()).toBe(0);
  return (performance.now() - told) / 1000;
}

/** @param source of a program of Node */
const command = (source: string, more: object = {}): Partial<SweepSpec> => ({
  trainable: { kind: 'command', command: node(source), cwd: home, ...more },
  objective: { metric: 'score', direction: 'maximize' },
  space: { samplesPerClass: [10] },
  replicates: 1,
});
const attemptsOf = async (sweepId: string) => engine.storage.attempts(sweepId);
const logOf = async (sweepId: string): Promise<string[]> =>
  (await engine.storage.logs(sweepId, 0)).map(({ text }) => text);

/** Processes of a worker's trainers. */
function trainersOf({ child }: Started): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        const parent = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        return (
          parent === `${child.pid}` &&
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('trainer/process.js')
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

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
