import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { hostname } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compiled } from '../../src/paths.js';
import { isPostgresUp } from '../../src/stack/postgres.js';
import { noop, startEngine } from '../support/engine.js';
import type { Engine } from '../support/engine.js';
import { NAMESPACE } from '../support/temporal.js';
import { until } from '../support/wait.js';

const MINUTES = 60_000;
let engine: Engine;
const started: WorkerProcess[] = [];

interface WorkerProcess {
  readonly child: ChildProcess;
  readonly id: string;
  readonly ended: Promise<number | null>;
  readonly said: () => string;
}

beforeAll(async () => {
  engine = await startEngine();
}, 2 * MINUTES);

afterEach(async () => {
  for (const worker of started.splice(0)) {
    worker.child.kill('SIGKILL');
    await worker.ended;
  }
});

afterAll(async () => {
  await engine.remove();
}, MINUTES);

function fork(args: readonly string[], env: NodeJS.ProcessEnv = {}): WorkerProcess {
  const child = spawn(process.execPath, [compiled('src/workers/main.js'), ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      TEMPORAL_ADDRESS: engine.temporal.address,
      TEMPORAL_NAMESPACE: NAMESPACE,
      DATABASE_URL: engine.databaseUrl,
      ELBOW_HEARTBEAT_TIMEOUT_MS: '3000',
      ...env,
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

/** Starts a worker and waits until it has registered. */
async function startWorker(...args: readonly string[]): Promise<WorkerProcess> {
  const worker = fork(args);
  await until(`the worker to register; it said:\n${worker.said()}`, async () => {
    if (worker.child.exitCode !== null) throw new Error(`the worker has ended:\n${worker.said()}`);
    return isListed(worker);
  });
  return worker;
}

async function isListed(worker: WorkerProcess): Promise<boolean> {
  return (await engine.storage.workers(MINUTES)).some((row) => row.id === worker.id);
}

describe('a worker process', () => {
  it('is on the list while it runs, ends with 0 on SIGTERM, and is off it then', async () => {
    const worker = await startWorker('--pool', 'listed', '--slots', '3', '--device', 'cpu');
    const row = (await engine.storage.workers(MINUTES)).find((one) => one.id === worker.id);
    expect(row).toMatchObject({ pool: 'listed', slots: 3, busy: 0, device: 'cpu', host: hostname() });
    worker.child.kill('SIGTERM');
    expect(await worker.ended, worker.said()).toBe(0);
    expect(await isListed(worker)).toBe(false);
  });

  it(
    'that runs workflows alone and one that runs trials alone do together what one does',
    async () => {
      const control = await startWorker('--control-only');
      expect((await engine.storage.workers(MINUTES)).find((one) => one.id === control.id)).toMatchObject({
        pool: '',
        slots: 0,
      });
      const { sweep, handle } = await engine.start({ ...noop(0), replicates: 1 });
      // It plans, and leaves the trials to others.
      await until(
        'the trials to be planned',
        async () => (await engine.storage.countTrials(sweep.id)).queued === 2,
      );
      const trials = await startWorker('--no-control', '--slots', '1');
      expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 2 });
      const attempts = await Promise.all([0, 1].map((trial) => engine.storage.attempts(sweep.id, trial)));
      expect(attempts.map(([row]) => row!.worker)).toEqual([trials.id, trials.id]);
      control.child.kill('SIGTERM');
      expect(await control.ended, control.said()).toBe(0);
    },
    MINUTES,
  );

  it('says what is wrong with its options, and ends with 2', async () => {
    for (const [args, expected] of [
      [['--slots', '0'], /--slots takes a whole number from 1 on, not "0"/],
      [['--pool', 'Ä'], /lower-case letters/],
      [['--device', 'tpu'], /cpu or gpu/],
      [['--solts', '3'], /--solts/],
    ] as const) {
      const worker = fork(args);
      expect(await worker.ended).toBe(2);
      expect(worker.said()).toMatch(expected);
    }
  });

  it(
    'that is killed loses its trials to another, in the same attempt',
    async () => {
      const first = await startWorker('--slots', '2');
      const { sweep, handle } = await engine.start({ ...noop(2), replicates: 2 });
      await until('two to run', async () => (await engine.storage.countTrials(sweep.id)).running === 2);
      first.child.kill('SIGKILL');
      await first.ended;
      const second = await startWorker('--slots', '4');
      expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 4 });
      const attempts = await Promise.all(
        [0, 1, 2, 3].map((trial) => engine.storage.attempts(sweep.id, trial)),
      );
      expect(attempts.map((rows) => rows.length)).toEqual([1, 1, 1, 1]);
      expect(attempts.map(([row]) => row!.worker)).toEqual(Array<string>(4).fill(second.id));
      // The two that ran were taken over, the two that waited were not.
      expect(attempts.map(([row]) => row!.lease).sort()).toEqual([1, 1, 2, 2]);
    },
    MINUTES,
  );

  it(
    'that is stopped gives its trials back at once, and none of them fails',
    async () => {
      const first = await startWorker('--slots', '2');
      const { sweep, handle } = await engine.start({ ...noop(60), replicates: 1 });
      await until('two to run', async () => (await engine.storage.countTrials(sweep.id)).running === 2);
      first.child.kill('SIGTERM');
      expect(await first.ended, first.said()).toBe(0);
      expect(await engine.storage.countTrials(sweep.id)).toMatchObject({ queued: 2, running: 0, failed: 0 });
      const second = await startWorker('--slots', '2');
      await until('the other to take them over', async () => {
        const attempts = await Promise.all([0, 1].map((trial) => engine.storage.attempts(sweep.id, trial)));
        return attempts.every(([row]) => row!.worker === second.id && row!.lease === 2);
      });
      await handle.cancel();
      await expect(handle.result()).rejects.toThrow();
      expect(await engine.storage.countTrials(sweep.id)).toMatchObject({ cancelled: 2, failed: 0 });
    },
    MINUTES,
  );

  it(
    'that is put aside hands over what it runs and takes nothing, until it is released',
    async () => {
      const worker = await startWorker('--slots', '2');
      const { sweep, handle } = await engine.start({ ...noop(60), replicates: 1 });
      const running = async (): Promise<number> => (await engine.storage.countTrials(sweep.id)).running;
      await until('two to run', async () => (await running()) === 2);
      await engine.storage.setAside(worker.id, 'its fan rattles');
      await until('both to be handed over', async () => (await running()) === 0);
      const rows = await engine.storage.workers(MINUTES);
      expect(rows.find(({ id }) => id === worker.id)).toMatchObject({
        busy: 0,
        aside: { reason: 'its fan rattles', seconds: null },
      });
      await engine.storage.setAside(worker.id, null);
      await until('it to take them again', async () => (await running()) === 2);
      expect(worker.said()).toMatch(/is put aside[^]+takes trials again/);
      await handle.cancel();
      await expect(handle.result()).rejects.toThrow();
      worker.child.kill('SIGTERM');
      expect(await worker.ended, worker.said()).toBe(0);
    },
    MINUTES,
  );

  it(
    'outlives a Postgres that is killed and started again, with all that runs on it',
    async () => {
      const worker = await startWorker('--slots', '2');
      const { sweep, handle } = await engine.start({ ...noop(1), replicates: 4 });
      await until(
        'some to have ended',
        async () => (await engine.storage.countTrials(sweep.id)).succeeded > 1,
      );
      process.kill(engine.postgres.server.pid, 'SIGKILL');
      await until('it to be gone', async () => !(await isPostgresUp({ folder: engine.postgres.folder })));
      await engine.postgres.restart();
      expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 8 });
      expect(worker.child.exitCode).toBeNull();
      const attempts = await Promise.all(
        Array.from({ length: 8 }, (_, trial) => engine.storage.attempts(sweep.id, trial)),
      );
      expect(attempts.every((rows) => rows.length === 1 && rows[0]!.status === 'succeeded')).toBe(true);
    },
    2 * MINUTES,
  );
});
