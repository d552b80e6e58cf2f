/**
 * Workers of several builds on one Temporal: a workflow is run by the newest workflow code that a worker takes workflows
 * with, and by one alone. Temporal's worker versioning sends its tasks there: the newest version is made the deployment's
 * current one, and workflows follow it (AUTO_UPGRADE; new code replays the histories of older code, old code those of
 * newer code need not). Which versions have workers is known from Postgres; when the newest has none any more, the next one
 * takes over, so that nothing stalls.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { NativeConnection, WorkerDeploymentOptions } from '@temporalio/worker';
import { ElbowError, messageOf } from '../errors.js';
import type { Storage } from '../storage/index.js';
import { compareVersions } from '../versions.js';
import type { WorkflowVersion } from '../versions.js';
import { DEPLOYMENT } from '../../workflows/messages.js';
import { retryUntilDone } from './retry.js';

/** Storage counts on a worker for three times as long. */
const EVERY_MS = 10_000;

/** gRPC's codes of a server that does not know of versions, or does not let these credentials route by them. */
const REFUSALS = new Set([3, 5, 7, 9, 12, 16]);
const NOT_FOUND = 5;

export interface DeploymentParts {
  readonly storage: Storage;
  readonly worker: { readonly id: string };
  /** Null where this worker runs no trials. */
  readonly training: string | null;
  readonly workflows: WorkflowVersion;
  /** Null where this worker takes no workflows. */
  readonly temporal: { readonly connection: NativeConnection; readonly namespace: string } | null;
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
  readonly everyMs?: number;
}

export interface Deployment {
  /** For the worker that takes workflows; null where Temporal does not route by versions, or it takes none. */
  readonly options: WorkerDeploymentOptions | null;
  /** Takes the worker off the list of those that have its versions. */
  end(): Promise<void>;
}

/**
 * Says in Postgres what this worker is made of, and has Temporal send workflows to its version where that is the newest
 * one; goes on doing both until the signal is aborted. A server that is away is waited for.
 */
export async function openDeployment(parts: DeploymentParts): Promise<Deployment> {
  const { storage, worker, temporal, workflows, signal, note } = parts;
  const isVersioned = temporal !== null && (await isRouted(parts, temporal));
  const beat = (): Promise<void> =>
    isVersioned ? settle(parts, temporal) : tell(parts, false).then(() => undefined);
  if (!isVersioned) await beat();
  const ending = new AbortController();
  const until = AbortSignal.any([signal, ending.signal]);
  const everyMs = parts.everyMs ?? EVERY_MS;
  const work = async (): Promise<void> => {
    let said = '';
    for (;;) {
      await pause(everyMs, undefined, { signal: until, ref: false }).catch(() => undefined);
      if (until.aborted) return;
      try {
        await beat();
        said = '';
      } catch (error) {
        // Servers that are away are told of by others, too; what is refused is told once.
        const text = `the newest workflow code could not be seen to: ${messageOf(error)}`;
        if (text !== said && !until.aborted) note(text);
        said = text;
      }
    }
  };
  const working = work();
  return {
    options: isVersioned
      ? {
          version: { deploymentName: DEPLOYMENT, buildId: workflows.id },
          useWorkerVersioning: true,
          defaultVersioningBehavior: 'AUTO_UPGRADE',
        }
      : null,
    end: async () => {
      ending.abort();
      await working;
      const others = await storage.forgetVersions(worker.id);
      if (isVersioned && others.length === 0) await giveBack(parts, temporal);
    },
  };
}

const tell = (
  { storage, worker, training, workflows }: DeploymentParts,
  takesWorkflows: boolean,
): Promise<readonly WorkflowVersion[]> =>
  storage.seeVersions(worker.id, { training, workflows, takesWorkflows });

type Temporal = NonNullable<DeploymentParts['temporal']>;

/** Whether the server routes workflows by versions; this one's is current then, where it is the newest. */
async function isRouted(parts: DeploymentParts, temporal: Temporal): Promise<boolean> {
  const { signal, note } = parts;
  try {
    await retryUntilDone(
      () =>
        settle(parts, temporal).catch((error: unknown) => {
          if (REFUSALS.has(codeOf(error) ?? -1)) return Promise.reject(new Refusal(error));
          throw error;
        }),
      { what: 'workflow versions', signal, note, isFinal: (error) => error instanceof Refusal },
    );
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // A namespace that is not there the worker itself tells of.
    if (codeOf(error.cause) === NOT_FOUND) return false;
    note(
      `Temporal does not route workflows by versions here (${messageOf(error.cause)}): give all workers that take workflows one version of elbow, docs/versions.md says why`,
    );
    return false;
  }
}

class Refusal extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
  }
}

/** Has this worker's version current, unless there is a newer one that has workers. */
async function settle(parts: DeploymentParts, { connection, namespace }: Temporal): Promise<void> {
  const { workflows, note } = parts;
  // Temporal comes first: one that it does not hear of does not say that it takes workflows.
  const current = await currentVersion(connection, namespace);
  const live = await tell(parts, true);
  if (live.some((one) => compareVersions(one, workflows) > 0) || current === workflows.id) return;
  await setCurrent(parts, { connection, namespace }, workflows.id);
  if (current !== null) note(`workflows are run by version ${workflows.id} now, and no more by ${current}`);
}

/** The last worker leaves workflows to whoever comes, be it one of an elbow that has no versions. */
async function giveBack(parts: DeploymentParts, temporal: Temporal): Promise<void> {
  const current = await currentVersion(temporal.connection, temporal.namespace);
  if (current === parts.workflows.id) await setCurrent(parts, temporal, '');
}

async function setCurrent(
  { worker }: DeploymentParts,
  { connection, namespace }: Temporal,
  buildId: string,
): Promise<void> {
  await connection.workflowService.setWorkerDeploymentCurrentVersion({
    namespace,
    deploymentName: DEPLOYMENT,
    buildId,
    identity: worker.id,
    // It asks for tasks a moment later.
    allowNoPollers: true,
    ignoreMissingTaskQueues: true,
  });
}

/** Id of the version that Temporal sends workflows to; null where that is none. */
async function currentVersion(connection: NativeConnection, namespace: string): Promise<string | null> {
  try {
    const { workerDeploymentInfo } = await connection.workflowService.describeWorkerDeployment({
      namespace,
      deploymentName: DEPLOYMENT,
    });
    return workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId || null;
  } catch (error) {
    if (codeOf(error) === NOT_FOUND) return null;
    throw error;
  }
}

function codeOf(error: unknown): number | null {
  if (error instanceof ElbowError) return null;
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'number' ? code : null;
}
