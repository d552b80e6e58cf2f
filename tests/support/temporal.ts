/** A real Temporal server for tests, and workers on it. */
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, NativeConnection, Runtime, Worker, bundleWorkflowCode } from '@temporalio/worker';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { packageRoot } from '../../src/paths.js';
import { obtainTemporal } from '../../src/stack/index.js';
import { serverArguments } from '../../src/stack/temporal.js';
import { CONTROL_QUEUE } from '../../workflows/messages.js';

export const NAMESPACE = 'elbow';

let isQuiet = false;

/** Once in a process; failures of activities are part of the tests and need not be printed. */
export function keepQuiet(): void {
  if (isQuiet) return;
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR', other: 'ERROR' } } },
  });
  isQuiet = true;
}

/**
 * A server of its own in memory, with elbow's namespace and search attributes. To be torn down.
 * @param settings of its dynamic configuration, such as `system.enableDeploymentVersions=false`
 */
export async function startTestTemporal(settings: readonly string[] = []): Promise<TestWorkflowEnvironment> {
  keepQuiet();
  const program = await obtainTemporal({
    env: process.env,
    signal: new AbortController().signal,
    note: () => undefined,
  });
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: absolute(program) },
      namespace: NAMESPACE,
      // As the local stack starts it.
      extraArgs: [
        ...serverArguments(),
        ...settings.flatMap((setting) => ['--dynamic-config-value', setting]),
      ],
      log: { format: 'pretty', level: 'error' },
    },
  });
}

/** The SDK wants a path where a shell takes a name. */
function absolute(program: string): string {
  if (isAbsolute(program)) return program;
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  throw new Error(`${program} is not on PATH`);
}

let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;

/** The workflows as they stand in the sources, bundled once a process. */
export function workflowBundle(): Promise<WorkflowBundleWithSourceMap> {
  bundle ??= bundleWorkflowCode({
    workflowsPath: join(packageRoot, 'workflows', 'index.ts'),
    logger: new DefaultLogger('ERROR'),
  });
  return bundle;
}

export interface RunningWorker {
  stop(): Promise<void>;
}

/** Runs workflows and the given activities on the control queue, and on further queues the activities alone. */
export async function startWorkers(
  environment: TestWorkflowEnvironment,
  queues: Readonly<Record<string, { readonly activities: object; readonly slots?: number }>>,
): Promise<RunningWorker> {
  // Of its own: one connection has room for one worker a queue, and tests have several machines in one process.
  const connection = await NativeConnection.connect({ address: environment.address });
  const workers = await Promise.all(
    Object.entries(queues).map(async ([taskQueue, { activities, slots }]) =>
      Worker.create({
        connection,
        namespace: NAMESPACE,
        taskQueue,
        activities,
        maxHeartbeatThrottleInterval: 100,
        ...(slots === undefined ? {} : { maxConcurrentActivityTaskExecutions: slots }),
        ...(taskQueue === CONTROL_QUEUE ? { workflowBundle: await workflowBundle() } : {}),
      }),
    ),
  );
  const runs = workers.map((worker) => worker.run());
  return {
    stop: async () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.all(runs);
      await connection.close();
    },
  };
}
