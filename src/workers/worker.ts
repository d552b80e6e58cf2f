/** A worker process: workflows and control activities, the trials of one pool, or both. */
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { createControlActivities, createTrainActivities } from '../../activities/index.js';
import type { Artifacts, Places, Trainers } from '../../activities/index.js';
import { CONTROL_QUEUE, poolQueue } from '../../workflows/messages.js';
import { compiled, elbowVersion, packageRoot } from '../paths.js';
import { readVersions } from '../versions.js';
import type { Versions } from '../versions.js';
import type { Connections } from '../stack/index.js';
import type { Storage } from '../storage/index.js';
import type { Programs } from '../trainer/index.js';
import { openDeployment } from './deployment.js';
import type { Deployment } from './deployment.js';
import type { Drain } from './drain.js';
import { createGate } from './gate.js';
import type { Gate } from './gate.js';
import { gitCommit } from './git-commit.js';
import { register } from './registration.js';
import { retryUntilDone } from './retry.js';
import type { WorkerSettings } from './settings.js';

export interface RunWorkerOptions extends WorkerSettings {
  readonly connections: Connections;
  readonly storage: Storage;
  readonly trainers: Trainers;
  readonly programs: Programs;
  readonly places: Places;
  /** Null where everything stays on this machine. */
  readonly artifacts: Artifacts | null;
  /** The bundle of the workflows; the built one when left out. */
  readonly workflowBundle?: string;
  /** Of its code; the build's when left out. */
  readonly versions?: Versions;
  /** Ends the worker: trials that run are left to other workers. */
  readonly drain: Drain;
  readonly note: (line: string) => void;
}

/**
 * Heartbeats reach the server at least this often, far below their timeout, and with the answer comes what was
 * cancelled: a trainer is told within seconds.
 */
const HEARTBEAT_MS = 3_000;
/**
 * Workflow tasks go first to the worker that has the workflow in memory; when that one died they wait this long before
 * another may have them. Replaying a workflow takes milliseconds, waiting ten seconds (the default) for a dead worker
 * would be longer.
 */
const STICKY_LIMIT_MS = 4_000;
const SIGN_OFF_LIMIT_MS = 2_000;

/**
 * Runs until the signal is aborted. Temporal and Postgres may be away meanwhile: the worker waits for them.
 * @throws what ends a worker for good, such as a namespace that does not exist
 */
export async function runWorker(options: RunWorkerOptions): Promise<void> {
  const { connections, storage, drain, note } = options;
  const { signal } = drain;
  const { address, namespace, connect } = connections.temporal;
  const host = hostname();
  const id = `${host}:${process.pid}`;
  const connection = await retryUntilDone(() => NativeConnection.connect(nativeOptions(connect.connection)), {
    what: `Temporal at ${address}`,
    signal,
    note,
  });
  let deployment: Deployment | null = null;
  try {
    const common = {
      connection,
      namespace,
      identity: id,
      maxHeartbeatThrottleInterval: HEARTBEAT_MS,
      defaultHeartbeatThrottleInterval: HEARTBEAT_MS,
      shutdownGraceTime: 0,
      // What has not ended by then is taken over when it has been silent for long enough.
      shutdownForceTime: drain.limitMs('handover'),
    };
    const gate = createGate(note);
    const versions = options.versions ?? readVersions();
    deployment = await openDeployment({
      storage,
      worker: { id },
      training: options.slots > 0 ? versions.training : null,
      workflows: versions.workflows,
      temporal: options.control ? { connection, namespace } : null,
      signal,
      note,
    });
    const control = options.control
      ? await Worker.create({
          ...common,
          taskQueue: CONTROL_QUEUE,
          stickyQueueScheduleToStartTimeout: STICKY_LIMIT_MS,
          ...(deployment.options ? { workerDeploymentOptions: deployment.options } : {}),
          workflowBundle: { codePath: options.workflowBundle ?? compiled('workflow-bundle.js') },
          activities: { ...createControlActivities({ storage, timeouts: options.timeouts }) },
        })
      : null;
    const activities = createTrainActivities({
      storage,
      trainers: options.trainers,
      programs: options.programs,
      worker: { id, host, gitCommit: gitCommit(packageRoot), trainingVersion: versions.training },
      places: options.places,
      artifacts: options.artifacts,
      onAside: () => gate.set(false),
      stopMs: () => drain.leftMs('uploads'),
    });
    const createPool = (): Promise<Worker> =>
      Worker.create({
        ...common,
        taskQueue: poolQueue(options.pool),
        activities: { ...activities },
        maxConcurrentActivityTaskExecutions: options.slots,
      });
    await runAll(control, createPool, gate, options, {
      id,
      host,
      pid: process.pid,
      pool: options.pool,
      slots: options.slots,
      version: elbowVersion,
      device: options.device,
      devices: options.devices,
    });
  } finally {
    await Promise.race([deployment?.end().catch(() => undefined), pause(SIGN_OFF_LIMIT_MS)]);
    await connection.close();
  }
}

async function runAll(
  control: Worker | null,
  createPool: () => Promise<Worker>,
  gate: Gate,
  { storage, drain: { signal }, note }: RunWorkerOptions,
  row: Parameters<typeof register>[1],
): Promise<void> {
  // One that ends by itself ends the others, so that no half of a worker stays.
  const ending = new AbortController();
  const end = (): void => ending.abort();
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  const runs = [
    ...(control ? [runOnce(control, ending.signal)] : []),
    ...(row.slots > 0 ? [runWhileOpen(createPool, gate, ending.signal, note)] : []),
  ];
  const all = Promise.allSettled(runs.map((run) => run.finally(end)));
  const registration = await register(storage, row, gate, note).catch(async (error: unknown) => {
    end();
    await all;
    throw error;
  });
  const trials = `trials of pool ${row.pool} in ${row.slots} ${row.slots === 1 ? 'slot' : 'slots'}`;
  note(`worker ${row.id} takes ${row.slots === 0 ? 'workflows alone' : trials}`);
  try {
    const ends = await all;
    const failed = ends.find((one) => one.status === 'rejected');
    if (failed && !signal.aborted) throw failed.reason;
  } finally {
    signal.removeEventListener('abort', end);
    // A Postgres that is away must not hold up the end; workers that are silent drop off the list anyway.
    await Promise.race([registration.end().catch(() => undefined), pause(SIGN_OFF_LIMIT_MS)]);
  }
}

/** Runs a worker until the signal is aborted. */
async function runOnce(worker: Worker, signal: AbortSignal): Promise<void> {
  const stop = (): void => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const run = worker.run();
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  try {
    await run;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Runs a pool's worker whenever the gate is open: while it is shut, nothing asks the server for trials. */
async function runWhileOpen(
  create: () => Promise<Worker>,
  gate: Gate,
  signal: AbortSignal,
  note: (line: string) => void,
): Promise<void> {
  let isFirst = true;
  while (!signal.aborted) {
    await gate.until(true, signal);
    if (signal.aborted) return;
    const round = new AbortController();
    void gate.until(false, AbortSignal.any([signal, round.signal])).then(() => round.abort());
    try {
      // What is wrong at the first time is told; later ones may meet a Temporal that is away.
      const worker = isFirst
        ? await create()
        : await retryUntilDone(create, { what: 'the pool', signal, note });
      isFirst = false;
      await runOnce(worker, round.signal);
      // A worker that ended by itself is not begun anew.
      if (!round.signal.aborted) return;
    } finally {
      round.abort();
    }
  }
}

/** The worker's connection takes a key as text, where the client's also takes a function. */
function nativeOptions({
  apiKey,
  ...options
}: Connections['temporal']['connect']['connection']): NativeConnectionOptions {
  const { address, tls, metadata } = options;
  return {
    ...(address === undefined ? {} : { address }),
    ...(tls === undefined || tls === null ? {} : { tls }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(apiKey === undefined ? {} : { apiKey: typeof apiKey === 'string' ? apiKey : apiKey() }),
  };
}
