/** The workflow of a sweep, as the CLI starts, looks at and cancels it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { CONTROL_QUEUE, WORKFLOWS, sweepPriority, workflowIds } from '../../workflows/messages.js';
import type { SweepStanding } from '../../workflows/messages.js';
import { ElbowError, messageOf } from '../errors.js';
import { countTrials, DEFAULT_PRIORITY, trainableText } from '../spec/index.js';
import type { SweepRow } from '../storage/storage.js';
import type { Session } from './session.js';

/**
 * Starts the sweep's workflow; one that runs already is left alone, so this may be repeated. It runs the trials that
 * have not ended, also those that a workflow which is gone has left behind.
 * @throws ElbowError `temporal-unreachable`
 */
export async function startSweepWorkflow(session: Session, sweep: SweepRow): Promise<void> {
  const client = await session.temporal();
  const { defineSearchAttributeKey } = await import('@temporalio/common');
  const { name, spec } = sweep;
  if (session.server !== null) await session.storage.setServer(sweep.id, session.server);
  await told(session, async () => {
    await client.workflow.start(WORKFLOWS.sweep, {
      workflowId: workflowIds.sweep(name),
      taskQueue: CONTROL_QUEUE,
      args: [{ sweepId: sweep.id, name }],
      // A sweep that is run again keeps its id, and one that runs is the one that is wanted.
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'USE_EXISTING',
      priority: sweepPriority(name, spec.priority ?? DEFAULT_PRIORITY),
      staticSummary: `${name}: ${countTrials(spec)} trials, ${trainableText(spec)}, pool ${spec.pool}`,
      typedSearchAttributes: [
        { key: defineSearchAttributeKey('ElbowSweep', 'KEYWORD'), value: name },
        { key: defineSearchAttributeKey('ElbowStatus', 'KEYWORD'), value: 'planning' },
      ],
    });
  });
}

/** How the newest workflow of a sweep stands: Temporal's word such as `RUNNING`; null where there never was one. */
export async function workflowState(session: Session, name: string): Promise<string | null> {
  const client = await session.temporal();
  return told(session, async () => {
    try {
      return (await handleOf(client, name).describe()).status.name;
    } catch (error) {
      if (await isNotFound(error)) return null;
      throw error;
    }
  });
}

const CLOSING_POLL_MS = 100;
/** A sweep whose trials have ended makes its report, for which it has five minutes. */
const CLOSING_LIMIT_MS = 6 * 60_000;

/**
 * A sweep is stored as ended a moment before its workflow closes; a start in that moment would join the old workflow,
 * which runs nothing any more. This waits until it has closed.
 * @throws ElbowError `state-forbids` when it stays open
 */
export async function waitUntilClosed(session: Session, name: string, signal: AbortSignal): Promise<void> {
  const end = performance.now() + CLOSING_LIMIT_MS;
  while ((await workflowState(session, name)) === 'RUNNING') {
    if (signal.aborted) throw new ElbowError('interrupted', 'Nothing was started.');
    if (performance.now() > end) {
      throw new ElbowError('state-forbids', `the workflow of the sweep ${name} has not closed yet`, {
        hint: 'A worker closes it: `elbow status` shows whether one is up, `elbow up` starts one.',
      });
    }
    await pause(CLOSING_POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Asks the sweep's workflow to cancel; false where none runs. */
export async function cancelSweepWorkflow(session: Session, name: string): Promise<boolean> {
  const client = await session.temporal();
  return told(session, async () => {
    try {
      await handleOf(client, name).cancel();
      return true;
    } catch (error) {
      if (await isNotFound(error)) return false;
      throw error;
    }
  });
}

/** A worker answers within milliseconds; one that is busy, or a server that restarts, within seconds. */
const UPDATE_LIMIT_MS = 20_000;

/**
 * Tells the sweep's workflow something, and waits until it is true.
 * @param update a name of UPDATES
 * @returns how the sweep stands then; null where no workflow of it runs
 * @throws ElbowError `no-worker` where none answers, `state-forbids` where the sweep ends meanwhile
 */
export async function updateSweepWorkflow(
  session: Session,
  { name }: SweepRow,
  update: string,
  argument?: unknown,
): Promise<SweepStanding | null> {
  const client = await session.temporal();
  const { ApplicationFailure, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } =
    await import('@temporalio/client');
  return told(session, async () => {
    try {
      const handle = handleOf(client, name);
      return await client.connection.withDeadline(Date.now() + UPDATE_LIMIT_MS, () =>
        argument === undefined
          ? handle.executeUpdate<SweepStanding, []>(update)
          : handle.executeUpdate<SweepStanding, [unknown]>(update, { args: [argument] }),
      );
    } catch (error) {
      if (await isNotFound(error)) return null;
      if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) throw noWorker(name, error);
      if (error instanceof WorkflowUpdateFailedError) {
        // What the workflow refuses for good is told as it is: it is not about to end.
        const isUsage = error.cause instanceof ApplicationFailure && error.cause.type === 'usage';
        throw new ElbowError(
          isUsage ? 'usage' : 'state-forbids',
          `the sweep ${name}: ${messageOf(error.cause)}`,
          {
            hint: `\`elbow show ${name}\` shows how it stands.`,
            cause: error,
          },
        );
      }
      throw error;
    }
  });
}

const noWorker = (name: string, cause: Error): ElbowError =>
  new ElbowError(
    'no-worker',
    `no worker has taken the request to the sweep ${name} within ${UPDATE_LIMIT_MS / 1000} s`,
    {
      hint: '`elbow up` starts one, `elbow workers` shows those that are up. Ask again once there is one.',
      cause,
    },
  );

const handleOf = (client: Client, name: string): ReturnType<Client['workflow']['getHandle']> =>
  client.workflow.getHandle(workflowIds.sweep(name));

async function isNotFound(error: unknown): Promise<boolean> {
  const { WorkflowNotFoundError } = await import('@temporalio/client');
  return error instanceof WorkflowNotFoundError;
}

/** Turns what the client throws into words. */
async function told<T>(session: Session, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { NamespaceNotFoundError, isGrpcServiceError } = await import('@temporalio/client');
    // Without a place nothing was asked: the error says so already.
    if (session.temporalPlace === null) throw error;
    const { address, namespace, embedded } = session.temporalPlace;
    if (error instanceof NamespaceNotFoundError) {
      throw new ElbowError('temporal-unreachable', `the Temporal server has no namespace ${namespace}`, {
        hint: embedded ? '`elbow up` makes it.' : '`elbow init` makes it, and its search attributes.',
        cause: error,
      });
    }
    const cause = error instanceof Error ? error.cause : undefined;
    const grpc = isGrpcServiceError(error) ? error : isGrpcServiceError(cause) ? cause : undefined;
    if (grpc === undefined) throw error;
    if (/search attribute/i.test(grpc.details)) {
      throw new ElbowError(
        'temporal-unreachable',
        `the namespace ${namespace} lacks elbow's search attributes: ${grpc.details}`,
        { hint: embedded ? '`elbow up` adds them.' : '`elbow init` adds them.', cause: error },
      );
    }
    throw new ElbowError(
      'temporal-unreachable',
      `the Temporal server at ${address} did not take the request: ${grpc.details || messageOf(grpc)}`,
      {
        hint: embedded ? '`elbow up` starts what is down.' : '`elbow init` prepares a server.',
        cause: error,
      },
    );
  }
}
