/** The parts of a worker process, put together: servers, storage, trainers. */
import { setTimeout as pause } from 'node:timers/promises';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { LogEntry } from '@temporalio/worker';
import { elbowHome, homeFolders } from '../paths.js';
import { DEFAULT_THREADS } from '../spec/index.js';
import { readConnections } from '../stack/index.js';
import { connectStorage } from '../storage/index.js';
import {
  allowedCores,
  canPin,
  createPrograms,
  createSlotDesk,
  createTrainerPool,
  dealSlots,
  machineMb,
} from '../trainer/index.js';
import type { Slot, Trainer } from '../trainer/index.js';
import { openArtifacts } from './artifacts.js';
import { createDrain } from './drain.js';
import type { Drain } from './drain.js';
import type { WorkerSettings } from './settings.js';
import { withDatasets } from './datasets.js';
import { runWorker } from './worker.js';

export interface WorkerProcess extends WorkerSettings {
  readonly env: NodeJS.ProcessEnv;
  /** Ends the worker within its grace period: trials that run are left to other workers. */
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
}

/** A Postgres that restarts is back within seconds; one that was moved, within two minutes. */
const DATABASE_PATIENCE_MS = 120_000;
/** For what is left to do at the end: a process that is told to stop must not wait for servers that are away. */
const LAST_STEPS_MS = 2_000;

/**
 * Runs a worker until the signal is aborted. To be called once in a process: it sets up Temporal's runtime.
 * @throws ElbowError `stack-down`, `database-unreachable`; or what ends a worker for good
 */
export async function startWorkerProcess(options: WorkerProcess): Promise<void> {
  const { signal, note } = options;
  Runtime.install({
    // Signals are ours: Temporal's own handlers would stop the worker behind the back of its trainers.
    shutdownSignals: [],
    logger: new DefaultLogger('WARN', sdkLog(note)),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } } },
  });
  const drain = createDrain(signal, options.graceSeconds);
  const work = run(options, drain);
  // Whatever it waits for then: the process ends, and what it did not hand over is taken over.
  const isLate = new Promise<true>((resolve) => drain.after('all', () => resolve(true)));
  try {
    const late = await Promise.race([work, isLate]);
    if (late === true) note(`the grace period of ${options.graceSeconds} s is over: ends as it is`);
  } finally {
    drain.end();
    work.catch(() => undefined);
  }
}

async function run(options: WorkerProcess, drain: Drain): Promise<void> {
  const { env, signal, note } = options;
  const connections = await readConnections(env);
  const storage = await connectStorage({
    url: connections.database.url,
    retryForMs: DATABASE_PATIENCE_MS,
  });
  const limitMb = machineMb();
  const desk = createSlotDesk<Trainer>(await slotsOf(options), limitMb);
  const trainers = createTrainerPool({
    slots: desk,
    env,
    memoryLimitMb: options.trainerMemoryMb,
    stopping: signal,
    ...(options.slots > 0 ? { spareThreads: DEFAULT_THREADS } : {}),
  });
  // A program is killed by its guard, which is told when.
  const programs = createPrograms({
    env,
    slots: desk,
    machineMb: limitMb,
    stopMs: () => drain.leftMs('trainers'),
  });
  drain.after('trainers', () => trainers.kill());
  try {
    const home = elbowHome(env);
    const places = {
      data: homeFolders.data(home),
      models: homeFolders.models(home),
      checkpoints: homeFolders.checkpoints(home),
      checkpointSeconds: options.checkpointSeconds,
    };
    const bringing = withDatasets(trainers, { env, signal, note });
    const artifacts =
      options.store && (await openArtifacts(options.store, { storage, models: places.models, signal, note }));
    try {
      await runWorker({
        ...options,
        connections,
        storage,
        trainers: bringing,
        programs,
        places,
        artifacts,
        drain,
        note,
      });
    } finally {
      artifacts?.store.close();
    }
  } finally {
    await trainers.close();
    await Promise.race([storage.close(), pause(LAST_STEPS_MS)]);
  }
}

/** What each slot has of the machine. */
async function slotsOf({ slots, devices, pinsCores, note }: WorkerProcess): Promise<readonly Slot[]> {
  const canBePinned = pinsCores && slots > 0 && (await canPin());
  if (pinsCores && slots > 0 && !canBePinned)
    note('slots have no cores of their own: `taskset` is not there');
  const dealt = dealSlots(Math.max(1, slots), devices, canBePinned ? allowedCores() : null);
  for (const { number, device, cores } of slots > 0 ? dealt : []) {
    const parts = [
      ...(device ? [`GPU ${device.index ?? device.uuid} (${device.name})`] : []),
      ...(cores ? [`${cores.length === 1 ? 'core' : 'cores'} ${cores.join(', ')}`] : []),
    ];
    if (parts.length > 0) note(`slot ${number} has ${parts.join(' and ')}`);
  }
  return dealt;
}

/** A server that is away is told of by every poller, several times a second. */
const REPEAT_AFTER_MS = 60_000;
/** The worker of a pool runs no workflows, by design. */
const EXPECTED = /^No workflows registered/;

/** Lines of Temporal's SDK, each sort at most once a minute unless it is about a workflow. */
function sdkLog(note: (line: string) => void): (entry: LogEntry) => void {
  const said = new Map<string, number>();
  return ({ level, message, meta }) => {
    const { error, workflowId } = (meta ?? {}) as { readonly error?: unknown; readonly workflowId?: unknown };
    const about = typeof workflowId === 'string' ? ` (${workflowId})` : '';
    if (EXPECTED.test(message)) return;
    if (about === '') {
      const sort = message.replace(/\d+/g, '#');
      const now = performance.now();
      if (now - (said.get(sort) ?? -Infinity) < REPEAT_AFTER_MS) return;
      said.set(sort, now);
    }
    const why = error instanceof Error ? `: ${error.message}` : '';
    note(`temporal ${level.toLowerCase()}: ${message}${why}${about}`);
  };
}
