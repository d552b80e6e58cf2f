/** Worker processes of tests, on real servers, in an `ELBOW_HOME` of their own with a stand-in for nvidia-smi. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { compiled, homeFolders } from '../../src/paths.js';
import type { SweepSpec } from '../../src/spec/types.js';
import type { AttemptRow } from '../../src/storage/index.js';
import { pathFirst, standIn } from '../stack/support.js';
import { linkDataset } from '../support/dataset.js';
import { startEngine } from '../support/engine.js';
import type { Engine } from '../support/engine.js';
import { NAMESPACE } from '../support/temporal.js';
import { until } from '../support/wait.js';
import { node } from '../trainer/command/support.js';

export const MINUTES = 60_000;
/** Two GPUs of 80 GB and one of 2. */
const LISTS_THREE = `
echo "0, GPU-aaaa, NVIDIA H100 80GB HBM3, 81559"
echo "1, GPU-bbbb, NVIDIA H100 80GB HBM3, 81559"
echo "2, GPU-cccc, NVIDIA T400, 2048"`;

export let engine: Engine;
let home: string;
let programs: string;
const started: Started[] = [];

export interface Started {
  readonly child: ChildProcess;
  readonly id: string;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
  readonly said: () => string;
}

/** Starts the servers and a worker for workflows before the tests of a file, and ends everything after them. */
export function useWorkers(): void {
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
}

/** Starts a worker for trials, and returns at once. */
export function begin(...args: readonly string[]): Started {
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

/** Starts one and waits until it has registered. */
export async function startWorker(...args: readonly string[]): Promise<Started> {
  const worker = begin(...args);
  await until('the worker to register', async () => {
    if (worker.child.exitCode !== null) throw new Error(`the worker has ended:\n${worker.said()}`);
    return (await engine.storage.workers(MINUTES)).some(({ id }) => id === worker.id);
  });
  return worker;
}

/** Tells a worker to end. @returns how long it took, in seconds */
export async function stop(worker: Started): Promise<number> {
  const told = performance.now();
  worker.child.kill('SIGTERM');
  expect(await worker.ended, worker.said()).toBe(0);
  return (performance.now() - told) / 1000;
}

/** One trial of a program. @param source of Node */
export const command = (source: string, more: object = {}): Partial<SweepSpec> => ({
  trainable: { kind: 'command', command: node(source), cwd: home, ...more },
  objective: { metric: 'score', direction: 'maximize' },
  space: { samplesPerClass: [10] },
  replicates: 1,
});

export const attemptsOf = (sweepId: string): Promise<readonly AttemptRow[]> =>
  engine.storage.attempts(sweepId);

/** What the first trial has logged. */
export const logOf = async (sweepId: string): Promise<string[]> =>
  (await engine.storage.logs(sweepId, 0)).map(({ text }) => text);

/** Processes of a worker's trainers. */
export function trainersOf({ child }: Started): number[] {
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
