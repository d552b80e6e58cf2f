import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createControlActivities } from '../../activities/index.js';
import type { Trainers } from '../../activities/index.js';
import { NO_FIGURES } from '../../src/storage/index.js';
import type { WorkflowVersion } from '../../src/versions.js';
import { openDeployment } from '../../src/workers/deployment.js';
import { CONTROL_QUEUE, DEPLOYMENT } from '../../workflows/messages.js';
import { startEngine } from '../support/engine.js';
import type { Engine } from '../support/engine.js';
import { NAMESPACE, startTestTemporal, workflowBundle } from '../support/temporal.js';
import type { RunningWorker } from '../support/temporal.js';
import { until } from '../support/wait.js';

/** Trainings that may end; the others wait, so that workers come and go within a sweep. */
let permits = Infinity;
const trainers: Trainers = {
  run: async (_job, { signal }) => {
    await until('a permit', () => signal.aborted || (permits > 0 && permits-- > 0), 120_000);
    signal.throwIfAborted();
    return { ...NO_FIGURES, status: 'succeeded', epochs: 0, seconds: 0.2, failure: null };
  },
};
const version = (elbow: string, builtAt = 1000): WorkflowVersion => ({
  id: `${elbow}-${builtAt}`,
  elbow,
  builtAt,
});

let engine: Engine;
let pool: RunningWorker;
const running = new Map<string, RunningWorker>();

beforeAll(async () => {
  engine = await startEngine();
  pool = await engine.pool({ trainers, slots: 2 });
}, 120_000);

afterEach(async () => {
  permits = Infinity;
  for (const one of running.values()) await one.stop();
  running.clear();
});

afterAll(async () => {
  await pool.stop();
  await engine.remove();
}, 60_000);

interface ControlOptions {
  /** False: as elbow did before it had versions. */
  readonly isVersioned?: boolean;
  /** Ends without a word, as one that is killed. */
  readonly isKilled?: boolean;
}

/** A worker for workflows and control activities; what it was told. */
async function control(
  id: string,
  workflows: WorkflowVersion,
  { isVersioned = true, isKilled = false }: ControlOptions = {},
): Promise<string[]> {
  const { storage, temporal } = engine;
  const connection = await NativeConnection.connect({ address: temporal.address });
  const ending = new AbortController();
  const notes: string[] = [];
  const deployment = isVersioned
    ? await openDeployment({
        storage,
        worker: { id },
        training: null,
        workflows,
        temporal: { connection, namespace: NAMESPACE },
        signal: ending.signal,
        note: (line) => void notes.push(line),
        everyMs: 500,
      })
    : null;
  const timeouts = { heartbeatMs: 5_000, startToCloseMs: 120_000 };
  const worker = await Worker.create({
    connection,
    namespace: NAMESPACE,
    identity: id,
    taskQueue: CONTROL_QUEUE,
    workflowBundle: await workflowBundle(),
    stickyQueueScheduleToStartTimeout: 4_000,
    activities: createControlActivities({ storage, timeouts }),
    ...(deployment?.options ? { workerDeploymentOptions: deployment.options } : {}),
  });
  const run = worker.run();
  running.set(id, {
    stop: async () => {
      running.delete(id);
      ending.abort();
      if (!isKilled) await deployment?.end();
      worker.shutdown();
      await run;
      await connection.close();
    },
  });
  return notes;
}

const currentVersion = async (): Promise<string | undefined> => {
  const { workerDeploymentInfo } =
    await engine.temporal.client.connection.workflowService.describeWorkerDeployment({
      namespace: NAMESPACE,
      deploymentName: DEPLOYMENT,
    });
  return workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId ?? undefined;
};

/** Workers that have completed workflow tasks of a workflow and its children, in the order in which they began to. */
async function workersOf(name: string): Promise<string[]> {
  const { client } = engine.temporal;
  const seen = new Map<string, number>();
  for await (const { workflowId, runId } of client.workflow.list({ query: `ElbowSweep = '${name}'` })) {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    for (const event of events ?? []) {
      const id = event.workflowTaskCompletedEventAttributes?.identity;
      const at = Number(event.eventTime?.seconds) * 1000 + Number(event.eventTime?.nanos) / 1e6;
      if (id) seen.set(id, Math.min(seen.get(id) ?? Infinity, at));
    }
  }
  return [...seen].sort(([, a], [, b]) => a - b).map(([id]) => id);
}

async function trialsEnded(sweepId: string, count: number): Promise<void> {
  await until(`${count} trials to end`, async () => {
    const counts = await engine.storage.countTrials(sweepId);
    return counts.succeeded >= count;
  });
}

describe('workers that take workflows', () => {
  it('of an elbow before versions hand a running sweep over to one that has a version', async () => {
    await control('old:1', version('0.1.0'), { isVersioned: false });
    permits = 2;
    const { sweep, handle } = await engine.start({ replicates: 6 });
    await trialsEnded(sweep.id, 2);
    await control('new:1', version('0.1.1'));
    permits = Infinity;
    expect(await currentVersion()).toBe('0.1.1-1000');
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 12 });
    expect(await workersOf(sweep.name)).toEqual(['old:1', 'new:1']);
    // Both live: nothing that begins now goes to the old one.
    const { sweep: next, handle: nextHandle } = await engine.start();
    expect(await nextHandle.result()).toMatchObject({ status: 'finished', succeeded: 6 });
    expect(await workersOf(next.name)).toEqual(['new:1']);
  });

  it('leave all to the newest, whoever starts last, and the next one takes over when it ends', async () => {
    permits = 3;
    await control('new:2', version('0.10.0'));
    await control('old:2', version('0.9.0', 9000));
    expect(await currentVersion()).toBe('0.10.0-1000');
    const { sweep, handle } = await engine.start({ replicates: 8 });
    await trialsEnded(sweep.id, 3);
    expect(await workersOf(sweep.name)).toEqual(['new:2']);
    await running.get('new:2')!.stop();
    permits = Infinity;
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 16 });
    expect(await workersOf(sweep.name)).toEqual(['new:2', 'old:2']);
  });

  it('go on without the newest when it was killed', async () => {
    await control('old:3', version('0.9.0', 9000));
    permits = 1;
    const notes = await control('new:3', version('0.11.0'), { isKilled: true });
    expect(notes.join('\n')).toContain('by version 0.11.0-1000 now, and no more by 0.9.0-9000');
    const { sweep, handle } = await engine.start({ replicates: 4 });
    await trialsEnded(sweep.id, 1);
    await running.get('new:3')!.stop();
    permits = Infinity;
    // Storage counts on a silent worker for half a minute.
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 8 });
    expect(await workersOf(sweep.name)).toEqual(['new:3', 'old:3']);
  });

  it('of one elbow version, built twice, leave all to the later build', async () => {
    await control('later:4', version('0.12.0', 2000));
    await control('earlier:4', version('0.12.0', 1000));
    const { sweep, handle } = await engine.start();
    await handle.result();
    expect(await workersOf(sweep.name)).toEqual(['later:4']);
  });

  it('leave what is asked for while there is none to the next one, whatever it is', async () => {
    permits = 1;
    await control('first:6', version('0.14.0'));
    const { sweep, handle } = await engine.start({ replicates: 4 });
    await trialsEnded(sweep.id, 1);
    await running.get('first:6')!.stop();
    expect(await currentVersion()).toBeUndefined();
    const { handle: otherHandle } = await engine.start();
    await control('unversioned:6', version('0.1.0'), { isVersioned: false });
    permits = 2;
    await until('the sweep to go on', async () => (await workersOf(sweep.name)).includes('unversioned:6'));
    await running.get('unversioned:6')!.stop();
    permits = Infinity;
    await control('second:6', version('0.14.1'));
    expect(await handle.result()).toMatchObject({ status: 'finished', succeeded: 8 });
    expect(await otherHandle.result()).toMatchObject({ status: 'finished', succeeded: 6 });
    expect(await workersOf(sweep.name)).toEqual(['first:6', 'unversioned:6', 'second:6']);
  });

  it('take them as before versions where the server has none, and say so', async () => {
    const server = await startTestTemporal(['system.enableDeploymentVersions=false']);
    const connection = await NativeConnection.connect({ address: server.address });
    const ending = new AbortController();
    try {
      const notes: string[] = [];
      const deployment = await openDeployment({
        storage: engine.storage,
        worker: { id: 'plain:7' },
        training: 'A',
        workflows: version('0.15.0'),
        temporal: { connection, namespace: NAMESPACE },
        signal: ending.signal,
        note: (line) => void notes.push(line),
      });
      expect(deployment.options).toBeNull();
      expect(notes).toEqual([expect.stringContaining('Versions are disabled on this namespace')]);
      await deployment.end();
    } finally {
      ending.abort();
      await connection.close();
      await server.teardown();
    }
  });

  it('see to it again when somebody has set another version by hand', async () => {
    await control('only:5', version('0.13.0'));
    await engine.temporal.client.connection.workflowService.setWorkerDeploymentCurrentVersion({
      namespace: NAMESPACE,
      deploymentName: DEPLOYMENT,
      buildId: '',
      ignoreMissingTaskQueues: true,
      allowNoPollers: true,
    });
    await until('the version to be current again', async () => (await currentVersion()) === '0.13.0-1000');
    const { handle } = await engine.start();
    expect(await handle.result()).toMatchObject({ status: 'finished' });
  });
});
