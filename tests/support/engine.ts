/** Real Temporal, real Postgres, elbow's workflows and activities; trainings are what the test says. */
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createControlActivities, createTrainActivities } from '../../activities/index.js';
import type { Trainers } from '../../activities/index.js';
import type { SweepSpec } from '../../src/spec/types.js';
import { createPrograms } from '../../src/trainer/index.js';
import { connectStorage } from '../../src/storage/index.js';
import type { Storage, SweepRow } from '../../src/storage/index.js';
import { CONTROL_QUEUE, WORKFLOWS, poolQueue, sweepPriority, workflowIds } from '../../workflows/messages.js';
import type { SweepEnd, SweepInput, TrainTimeouts } from '../../workflows/messages.js';
import { startTestPostgres } from './postgres.js';
import type { TestPostgres } from './postgres.js';
import { sweepSpec } from './rows.js';
import { startTestTemporal, startWorkers } from './temporal.js';
import type { RunningWorker } from './temporal.js';

export interface Engine {
  readonly storage: Storage;
  readonly temporal: TestWorkflowEnvironment;
  readonly postgres: TestPostgres;
  readonly databaseUrl: string;
  /** Starts a worker for workflows and control activities. */
  control(timeouts?: Partial<TrainTimeouts>): Promise<RunningWorker>;
  /** Starts a worker that trains. */
  pool(options: {
    trainers: Trainers;
    slots?: number;
    pool?: string;
    id?: string;
    /** Folder of checkpoints. */
    checkpoints?: string;
  }): Promise<RunningWorker>;
  /** Stores a sweep and starts its workflow. */
  start(
    changes?: Partial<SweepSpec>,
  ): Promise<{ sweep: SweepRow; handle: WorkflowHandle<(input: SweepInput) => Promise<SweepEnd>> }>;
  /** Starts the workflow of a stored sweep (again). */
  startAgain(sweep: SweepRow): Promise<WorkflowHandle<(input: SweepInput) => Promise<SweepEnd>>>;
  remove(): Promise<void>;
}

/** Seconds instead of minutes, still far above what a busy machine needs between two heartbeats. */
const TIMEOUTS: TrainTimeouts = { heartbeatMs: 5_000, startToCloseMs: 120_000 };

let count = 0;

/** A spec of 3 replicates at sizes 10 and 20: 6 trials. */
const engineSpec = (changes: Partial<SweepSpec> = {}): SweepSpec =>
  sweepSpec(`sweep-${++count}`, { replicates: 3, ...changes });

export const noop = (seconds: number): Partial<SweepSpec> => ({
  trainable: { kind: 'noop', seconds },
  objective: { metric: 'score', direction: 'maximize' },
});

export async function startEngine(): Promise<Engine> {
  const postgres = await startTestPostgres();
  const temporal = await startTestTemporal().catch(async (error: unknown) => {
    await postgres.remove();
    throw error;
  });
  const { url } = await postgres.database();
  const storage = await connectStorage({ url, retryForMs: 30_000 });
  const startAgain: Engine['startAgain'] = (sweep) =>
    temporal.client.workflow.start<(input: SweepInput) => Promise<SweepEnd>>(WORKFLOWS.sweep, {
      workflowId: workflowIds.sweep(sweep.name),
      taskQueue: CONTROL_QUEUE,
      args: [{ sweepId: sweep.id, name: sweep.name }],
      priority: sweepPriority(sweep.name, sweep.spec.priority ?? 3),
    });
  return {
    storage,
    temporal,
    postgres,
    databaseUrl: url,
    control: (timeouts = {}) =>
      startWorkers(temporal, {
        [CONTROL_QUEUE]: {
          activities: createControlActivities({ storage, timeouts: { ...TIMEOUTS, ...timeouts } }),
        },
      }),
    pool: ({ trainers, slots = 4, pool = 'default', id = 'test:1', checkpoints = '/nowhere' }) =>
      startWorkers(temporal, {
        [poolQueue(pool)]: {
          activities: createTrainActivities({
            storage,
            trainers,
            programs: createPrograms({ env: process.env }),
            worker: { id, host: id.split(':')[0]!, gitCommit: null },
            places: { data: '/nowhere', models: '/nowhere', checkpoints, checkpointSeconds: 0 },
            artifacts: null,
          }),
          slots,
        },
      }),
    start: async (changes) => {
      const { sweep } = await storage.createSweep(engineSpec(changes), '');
      return { sweep, handle: await startAgain(sweep) };
    },
    startAgain,
    remove: async () => {
      await storage.close();
      await temporal.teardown();
      await postgres.remove();
    },
  };
}
