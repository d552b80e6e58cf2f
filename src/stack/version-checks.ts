/** Checks of a fleet: workers of different builds of elbow, and who runs workflows. */
import type { Connection } from '@temporalio/client';
import { DEPLOYMENT } from '../../workflows/messages.js';
import { messageOf } from '../errors.js';
import { ok, warn, fail } from './checks.js';
import type { Check } from './checks.js';
import type { StackStatus } from './status.js';

type Workers = StackStatus['workers'];

const nameOf = ({ host, pid }: Workers[number]): string => `${host}:${pid}`;

/** Workers by a version; those that have not told one are left out. */
function byVersion(
  workers: Workers,
  versionOf: (worker: Workers[number]) => string | null,
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const worker of workers) {
    const version = versionOf(worker);
    if (version !== null) found.set(version, [...(found.get(version) ?? []), nameOf(worker)]);
  }
  return found;
}

const listOf = (versions: ReadonlyMap<string, readonly string[]>): string =>
  [...versions].map(([version, names]) => `${version} (${names.join(', ')})`).join('; ');

/** Whether a pool has workers of more than one training code, of which a sweep uses one. Nothing to say where none has. */
export function checkTraining(workers: Workers): Check[] {
  const pools = [...new Set(workers.filter(({ slots }) => slots > 0).map(({ pool }) => pool))].sort();
  return pools.flatMap((pool) => {
    const members = workers.filter((worker) => worker.slots > 0 && worker.pool === pool);
    const versions = byVersion(members, ({ trainingVersion }) => trainingVersion ?? 'not told');
    if (versions.size < 2) return [];
    return [
      warn(
        'training code',
        `pool ${pool} has ${versions.size} versions: ${listOf(versions)}`,
        'A sweep is trained by one of them, and the workers of the others leave it alone while one of that version lives (docs/versions.md). End the older ones when the fleet is to go on with the newer.',
      ),
    ];
  });
}

const NOT_FOUND = 5;

/** Whether Temporal sends workflows to a version that has workers. */
export async function checkWorkflowVersions(
  client: Connection,
  namespace: string,
  workers: Workers,
): Promise<Check[]> {
  const name = 'workflow code';
  const versions = byVersion(workers, ({ workflowVersion }) => workflowVersion);
  let current: string | null;
  try {
    const { workerDeploymentInfo } = await client.workflowService.describeWorkerDeployment({
      namespace,
      deploymentName: DEPLOYMENT,
    });
    current = workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId || null;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== NOT_FOUND) {
      const hint =
        'Give all workers that take workflows one version of elbow; docs/versions.md says why, and what a server needs.';
      return [
        warn(name, `the server does not route workflows by worker versions: ${messageOf(error)}`, hint),
      ];
    }
    current = null;
  }
  if (current === null && versions.size === 0) return [];
  if (current === null) {
    const hint = 'If they started just now, look again in a moment; else see their logs.';
    return [warn(name, `workers have ${listOf(versions)}, and Temporal sends workflows to none`, hint)];
  }
  if (versions.has(current)) {
    const others = versions.size - 1;
    const rest =
      others === 0
        ? ''
        : `; ${others} older: ${listOf(new Map([...versions].filter(([id]) => id !== current)))}, which wait`;
    return [ok(name, `workflows are run by ${current} (${versions.get(current)!.join(', ')})${rest}`)];
  }
  return [
    fail(
      name,
      `workflows are sent to version ${current}, of which no worker lives${versions.size === 0 ? '' : `; there are ${listOf(versions)}`}`,
      `A worker of this elbow mends that by itself within a minute. For one of an elbow that has no versions: \`temporal worker deployment set-current-version -n ${namespace} --deployment-name ${DEPLOYMENT} --unversioned --ignore-missing-task-queues --yes\`.`,
    ),
  ];
}
