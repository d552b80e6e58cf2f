/** An engine whose trainings are what the running test says. */
import type { WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Trainers } from '../../activities/index.js';
import { ElbowError } from '../../src/errors.js';
import type { TrainJob } from '../../src/trainer/index.js';
import { startEngine, type Engine } from '../support/engine.js';
import { outcome } from '../support/rows.js';
import type { RunningWorker } from '../support/temporal.js';
import { until } from '../support/wait.js';

export const MINUTES = 60_000;

export interface Stage {
  readonly engine: Engine;
  readonly workers: RunningWorker[];
  /** What the trainings of the test that runs do; each test sets its own. */
  run: Trainers['run'];
}

/** Real servers and workers for the tests of a file. */
export function useStage(): Stage {
  let engine: Engine | undefined;
  const stage: Stage = {
    get engine() {
      if (!engine) throw new Error('expected an engine');
      return engine;
    },
    workers: [],
    run: () => Promise.resolve(outcome()),
  };
  beforeAll(async () => {
    engine = await startEngine();
    stage.workers.push(await engine.control());
    const trainers: Trainers = { run: (job, hooks) => stage.run(job, hooks) };
    stage.workers.push(await engine.pool({ trainers, slots: 10 }));
  }, 2 * MINUTES);
  // What a test that failed left running would hold the slots of the next one.
  afterEach(async ({ task }) => {
    const { workflow } = stage.engine.temporal.client;
    for await (const { workflowId } of workflow.list({ query: 'ExecutionStatus="Running"' })) {
      if (task.result?.state === 'fail') await tellWhere(workflow.getHandle(workflowId));
      await workflow
        .getHandle(workflowId)
        .terminate('its test has ended')
        .catch(() => undefined);
    }
  }, MINUTES);
  afterAll(async () => {
    for (const worker of stage.workers) await worker.stop();
    await engine?.remove();
  }, MINUTES);
  return stage;
}

/** Prints how far a workflow is that a test which failed has left open. */
async function tellWhere(handle: WorkflowHandle): Promise<void> {
  const { events } = await handle.fetchHistory();
  const names = (events ?? []).map(({ eventType }) => temporal.api.enums.v1.EventType[eventType!]);
  const { pendingActivities } = (await handle.describe()).raw;
  console.error(handle.workflowId, names.slice(-12).join(' '), JSON.stringify(pendingActivities));
}

export async function statuses({ engine }: Stage, sweepId: string): Promise<string[]> {
  return (await engine.storage.trialResults(sweepId)).map((result) => result.status);
}

/** Trial workflows that match, once the server's index has seen as many as are expected. */
export async function expectFound({ engine }: Stage, query: string, count: number): Promise<void> {
  await until(`${count} workflows with ${query}`, async () => {
    return (await engine.temporal.client.workflow.count(query)).count === count;
  });
}

/** A training that goes on until it is cancelled. */
export const endless: Trainers['run'] = (_job, { signal }) =>
  new Promise((_resolve, reject) => {
    const stop = (): void => reject(new ElbowError('trial-cancelled', 'the trial was cancelled'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
  });

export const isTrialOne = (job: TrainJob): boolean => job.samplesPerClass === 20 && job.replicate === 0;
