/**
 * Records the histories that tests/replay replays: `node scripts/record-histories.mjs NAME…` after `npm run build`,
 * without names every one that is not there yet. A recorded history is never edited: it stands for a workflow that
 * runs while elbow is upgraded. Activities are stand-ins, because a history holds only what they answered.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import proto from '@temporalio/proto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'tests', 'replay', 'histories');
const built = (path) => import(pathToFileURL(join(root, 'dist', path)).href);
const { obtainTemporal } = await built('src/stack/index.js');
const { SEARCH_ATTRIBUTES, CONTROL_QUEUE, poolQueue, workflowIds } = await built('workflows/messages.js');

const NAME = 'recorded';
const RANGES = [
  { first: 0, last: 3, count: 4, isLast: false },
  { first: 4, last: 6, count: 3, isLast: true },
];

const refOf = (number) => ({
  number,
  attemptId: `attempt-${number}`,
  attempt: 1,
  arm: 'lenet',
  samplesPerClass: number % 2 === 0 ? 10 : 20,
  replicate: Math.floor(number / 2),
});

const endOf = (number, status, failureCode = null) => ({
  number,
  status,
  testAccuracy: status === 'succeeded' ? 0.25 : null,
  valAccuracy: status === 'succeeded' ? 0.3 : null,
  objective: status === 'succeeded' ? 0.3 : null,
  epochs: 4,
  failureCode,
  failure: failureCode === null ? null : 'what went wrong',
});

/** Stand-ins for activities/; `train` and `plan` may be others. */
function activities({ train, plan, trialsPerWorkflow = 1 }) {
  // Shards claim their trials: what was handed out is not handed out again.
  const ranges = [...RANGES];
  return {
    plan:
      plan ??
      (() => ({
        trials: 7,
        queued: 7,
        concurrency: 3,
        pool: 'default',
        trialsPerWorkflow,
        timeouts: { heartbeatMs: 400, startToCloseMs: 60_000 },
      })),
    nextShard: () => ranges.shift() ?? null,
    trialsOf: (_id, { first, last }) => Array.from({ length: last - first + 1 }, (_, i) => refOf(first + i)),
    record: ({ trials, status, failure }) => trials.map((ref) => endOf(ref.number, status, failure.code)),
    closeTrials: () => 0,
    report: () => 'the report',
    finish: (_id, status) => ({ status, succeeded: 7, pruned: 0, failed: 0, cancelled: 0 }),
    train: async (id, ref, behind) => {
      const end = train ? await train(id, ref) : endOf(ref.number, 'succeeded');
      if (behind === undefined) return end;
      // As if a trial took five seconds that is stopped, and two of others did.
      if (train) return end === null ? [] : [end];
      return [end, endOf(behind[0].number, 'succeeded')];
    },
    pause: () => ({ status: 'pausing', running: 3 }),
    settlePause: () => ({ status: 'paused', running: 0 }),
    resume: () => ({ status: 'running', running: 0 }),
    limit: () => ({ status: 'running', running: 3 }),
    hold: () => null,
  };
}

const untilCancelled = async (_id, ref) => {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat({ trial: ref.number }), 50);
  try {
    await context.cancelled;
  } catch {
    throw new CancelledFailure('the trial was cancelled');
  } finally {
    clearInterval(timer);
  }
};
/** Trainings of a sweep that is paused once, and stops what runs. */
let isResumed = false;
const untilPaused = async (id, ref) => {
  if (isResumed) return endOf(ref.number, 'succeeded');
  await untilCancelled(id, ref).catch(() => undefined);
  return null;
};
const failing = (_id, ref) => {
  throw ApplicationFailure.create({
    type: 'out-of-memory',
    message: 'the trial used 9 MB and may use 8 MB',
    nonRetryable: true,
    details: [endOf(ref.number, 'failed', 'out-of-memory')],
  });
};
/** What is left when every execution was lost: nothing was stored, and the workflow does it. */
const lost = () => {
  throw ApplicationFailure.create({
    type: 'worker-lost',
    message: 'the worker was stopped',
    nonRetryable: true,
  });
};
const refusing = () => {
  throw ApplicationFailure.create({
    type: 'sweep-unknown',
    message: 'there is no such sweep',
    nonRetryable: true,
  });
};

/** What people do once a trial runs. */
const cancelling = (sweep) => sweep.cancel();
const pausing = async (sweep) => {
  await sweep.executeUpdate('concurrency', { args: [2] });
  await sweep.executeUpdate('pause', { args: [{ now: true }] });
  // Until the shards have said that nothing runs, and the sweep has heard it.
  while (!(await saysPaused(sweep))) await new Promise((resolve) => setTimeout(resolve, 50));
  isResumed = true;
  await sweep.signal('resume');
};
const saysPaused = async (sweep) => {
  const { events } = await sweep.fetchHistory();
  return events.some(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'settlePause',
  );
};

/** What is recorded: which workflow's history, of a sweep with which activities, and what is done to it. */
const recordings = {
  'sweep-finished': { of: workflowIds.sweep(NAME) },
  'sweep-cancelled': { of: workflowIds.sweep(NAME), train: untilCancelled, act: cancelling },
  'sweep-failed': { of: workflowIds.sweep(NAME), plan: refusing },
  'shard-finished': { of: workflowIds.shard(NAME, 0) },
  'shard-cancelled': { of: workflowIds.shard(NAME, 0), train: untilCancelled, act: cancelling },
  'trial-succeeded': { of: workflowIds.trial(NAME, 2) },
  'trial-failed': { of: workflowIds.trial(NAME, 2), train: failing },
  'trial-lost': { of: workflowIds.trial(NAME, 0), train: lost },
  'trial-cancelled': { of: workflowIds.trial(NAME, 0), train: untilCancelled, act: cancelling },
  'sweep-paused': { of: workflowIds.sweep(NAME), train: untilPaused, act: pausing },
  'shard-paused': { of: workflowIds.shard(NAME, 0), train: untilPaused, act: pausing },
  'trial-paused': { of: workflowIds.trial(NAME, 0), train: untilPaused, act: pausing },
  // The one that is there has an activity for each trial: it was recorded before one ran several.
  'trial-batch': { of: workflowIds.trial(NAME, 0), trialsPerWorkflow: 3 },
  'trial-series': { of: workflowIds.trial(NAME, 0), trialsPerWorkflow: 3 },
  'trial-series-paused': {
    of: workflowIds.trial(NAME, 0),
    trialsPerWorkflow: 3,
    train: untilPaused,
    act: pausing,
  },
};

/**
 * A history as plain JSON. The SDK's own historyToJSON fails where npm has installed protobufjs twice, as it does here:
 * it compares classes of one copy with objects of the other.
 */
function plain(history) {
  const { History } = proto.temporal.api.history.v1;
  return History.toObject(History.fromObject(history), { longs: String, enums: String, bytes: String });
}

async function record(environment, name) {
  const { of, act, ...parts } = recordings[name];
  isResumed = false;
  const workers = await Promise.all(
    [CONTROL_QUEUE, poolQueue('default')].map((taskQueue) =>
      Worker.create({
        connection: environment.nativeConnection,
        namespace: environment.namespace,
        identity: 'recorder',
        taskQueue,
        maxHeartbeatThrottleInterval: 100,
        activities: activities(parts),
        ...(taskQueue === CONTROL_QUEUE
          ? { workflowBundle: { codePath: join(root, 'dist', 'workflow-bundle.js') } }
          : {}),
      }),
    ),
  );
  const runs = workers.map((worker) => worker.run());
  const sweep = await environment.client.workflow.start('sweep', {
    workflowId: workflowIds.sweep(NAME),
    taskQueue: CONTROL_QUEUE,
    args: [{ sweepId: '00000000-0000-4000-8000-000000000000', name: NAME }],
  });
  if (act) {
    const trial = environment.client.workflow.getHandle(workflowIds.trial(NAME, 0));
    const isRunning = async () => {
      try {
        return ((await trial.describe()).raw.pendingActivities ?? []).some(
          ({ attempt, lastStartedTime }) => attempt && lastStartedTime,
        );
      } catch {
        return false;
      }
    };
    while (!(await isRunning())) await new Promise((resolve) => setTimeout(resolve, 50));
    await act(sweep);
  }
  await sweep.result().catch(() => undefined);
  const history = await environment.client.workflow.getHandle(of).fetchHistory();
  mkdirSync(folder, { recursive: true });
  // Stack traces name the checkout's folder, which is nobody else's.
  const text = JSON.stringify({ workflowId: of, history: plain(history) }, null, 1).replaceAll(
    `${root}/`,
    '/elbow/',
  );
  writeFileSync(join(folder, `${name}.json`), `${text}\n`);
  console.log(`${name}: ${history.events.length} events`);
  for (const worker of workers) worker.shutdown();
  await Promise.all(runs);
}

const wanted = process.argv.slice(2);
const names =
  wanted.length > 0
    ? wanted
    : Object.keys(recordings).filter((name) => !existsSync(join(folder, `${name}.json`)));
Runtime.install({ logger: new DefaultLogger('ERROR') });
const program = await obtainTemporal({
  env: process.env,
  signal: new AbortController().signal,
  note: (line) => console.error(line),
});
const environment = await TestWorkflowEnvironment.createLocal({
  client: { identity: 'recorder' },
  server: {
    executable: { type: 'existing-path', path: program },
    namespace: 'elbow',
    extraArgs: Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => [
      '--search-attribute',
      `${name}=${type}`,
    ]),
  },
});
for (const name of names) await record(environment, name);
await environment.teardown();
process.exit(0);
