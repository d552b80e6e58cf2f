/** The workflow of a sweep, as the CLI starts, looks at and cancels it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { CONTROL_QUEUE, WORKFLOWS, workflowIds } from '../../workflows/messages.js';
import { ElbowError, messageOf } from '../errors.js';
import { countTrials, datasetName } from '../spec/index.js';
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
  await told(session, async () => {
    await client.workflow.start(WORKFLOWS.sweep, {
      workflowId: workflowIds.sweep(name),
      taskQueue: CONTROL_QUEUE,
      args: [{ sweepId: sweep.id, name }],
      // A sweep that is run again keeps its id, and one that runs is the one that is wanted.
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: `${name}: ${countTrials(spec)} trials, ${datasetName(spec.dataset)}, pool ${spec.pool}`,
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
const CLOSING_LIMIT_MS = 20_000;

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
