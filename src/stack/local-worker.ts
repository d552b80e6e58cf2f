/** The one worker of the local stack: pool `default`, started detached, found again by its pid file. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { readArtifactsSetting } from '../artifacts/index.js';
import { ElbowError } from '../errors.js';
import { compiled, elbowVersion, packageRoot } from '../paths.js';
import type { Connections } from './connections.js';
import { readGraceSeconds } from './grace.js';
import type { StackOptions } from './options.js';
import { readText } from './read-text.js';
import {
  isRunning,
  readPidFile,
  removePidFile,
  startDetached,
  stopProcess,
  writePidFile,
} from './processes.js';
import { stackFiles } from './state.js';
import { stackMark, stopStrays } from './strays.js';
import type { Tensorflow } from './tensorflow.js';
import { waitUntilReady } from './wait-ready.js';

const POOL = 'default';
const START_LIMIT_MS = 60_000;
/** Beyond a worker's grace period: then it is killed. */
const STOP_LATER_MS = 3_000;
/** A worker that reported within this counts as alive. */
export const WORKER_ALIVE_MS = 60_000;

interface WorkerPid {
  /** Of what it was started with; a worker of other servers or of another build is replaced. */
  readonly setup: string;
  /** That it was started with; left out by earlier versions. */
  readonly graceSeconds?: number;
}

/** Servers, build and device as one string. */
function setupOf(connections: Connections, tensorflow: Tensorflow): string {
  const { temporal, database } = connections;
  const build = readText(join(packageRoot, 'dist', 'build.json'));
  const parts = [
    temporal.address,
    temporal.namespace,
    database.url,
    elbowVersion,
    build,
    packageRoot,
    tensorflow.kind,
  ];
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}

/** A worker of this machine as it registers. */
const workerId = (pid: number): string => `${hostname()}:${pid}`;

/** The local worker's pid, if it runs. */
export function runningWorker(home: string): number | null {
  const file = readPidFile<WorkerPid>(stackFiles.workerPid(home));
  return file && isRunning(file) ? file.pid : null;
}

export interface WorkerOptions extends StackOptions {
  readonly home: string;
  readonly connections: Connections;
  readonly tensorflow: Tensorflow;
}

/**
 * Starts the worker unless it runs with these servers and this build, and waits until it is registered.
 * @returns whether it had to be started
 * @throws ElbowError `stack-start` with the worker's last log lines; `usage` when ELBOW_ARTIFACTS is wrong
 */
export async function startWorker(options: WorkerOptions): Promise<boolean> {
  const { home, connections } = options;
  // A worker would end with that, and say so in its log alone.
  readArtifactsSetting(options.env);
  const graceSeconds = readGraceSeconds(undefined, options.env);
  const path = stackFiles.workerPid(home);
  const setup = setupOf(connections, options.tensorflow);
  const file = readPidFile<WorkerPid>(path);
  if (file && isRunning(file)) {
    if (file.setup === setup) return false;
    options.note('the local worker was started by another build or for other servers; replacing it');
  }
  // Also what a worker that was killed left behind.
  await stopWorker(home);
  const main = compiled('src/workers/main.js');
  if (!existsSync(main)) {
    throw new ElbowError('stack-start', `elbow is not built: ${main} is missing`, {
      hint: 'Run `npm run build`.',
    });
  }
  const log = stackFiles.workerLog(home);
  const logged = readText(log).length;
  const id = await startDetached(process.execPath, {
    args: [main, '--pool', POOL, '--device', options.tensorflow.kind],
    env: { ...options.env, ELBOW_HOME: home, ...stackMark(home, 'worker') },
    cwd: home,
    log,
    isElbow: true,
  });
  const pid: typeof id & WorkerPid = { ...id, setup, graceSeconds };
  writePidFile(path, pid);
  const { connectStorage } = await import('../storage/index.js');
  const storage = await connectStorage({ url: connections.database.url });
  try {
    // One that was killed could not sign off itself.
    if (file && file.pid !== id.pid) await storage.removeWorker(workerId(file.pid));
    const name = workerId(id.pid);
    await waitUntilReady({
      id,
      name: 'the local worker',
      lacks: 'did not register',
      log,
      logged,
      limitMs: START_LIMIT_MS,
      signal: options.signal,
      isReady: async () => (await storage.workers(WORKER_ALIVE_MS)).some((worker) => worker.id === name),
      stop: () => stopWorker(home),
    });
    return true;
  } finally {
    await storage.close();
  }
}

/** Stops the local worker and its trainers. */
export async function stopWorker(home: string): Promise<boolean> {
  const path = stackFiles.workerPid(home);
  const file = readPidFile<WorkerPid>(path);
  const graceSeconds = file?.graceSeconds ?? readGraceSeconds(undefined, {});
  const limitMs = 1000 * graceSeconds + STOP_LATER_MS;
  const wasRunning = file ? await stopProcess(file, limitMs) : false;
  const wasStray = await stopStrays(home, 'worker', limitMs);
  removePidFile(path);
  return wasRunning || wasStray;
}
