/** Checks of the Temporal server from where this runs: reached, namespace, search attributes, and who takes work. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { CONTROL_QUEUE, poolQueue } from '../../workflows/messages.js';
import { messageOf } from '../errors.js';
import { fail, ok, warn } from './checks.js';
import type { Check } from './checks.js';
import type { TemporalConnection } from './connections.js';
import { RETENTION_DAYS, attributesCommand, readNamespace } from './namespace-state.js';
import type { NamespaceState } from './namespace-state.js';
import type { ServerStatus, StackStatus } from './status.js';
import { checkWorkflowVersions } from './version-checks.js';

/** `temporal.api.enums.v1.TaskQueueType` */
const QUEUE_TYPES = { workflow: 1, activity: 2 } as const;
/** A poll takes at most a minute; the server names pollers of the last five. */
const POLLED_WITHIN_MS = 150_000;
const CONNECT_LIMIT_MS = 5_000;
/** A worker that has just said in Postgres that it lives asks Temporal for work moments later. */
const SETTLE_LIMIT_MS = 3_000;
const SETTLE_POLL_MS = 250;

type Workers = StackStatus['workers'];

/**
 * @param connection null for a local server that has never been up
 * @param workers those that Postgres knows to be alive; null where it was not to be asked
 */
export async function checkTemporal(
  connection: TemporalConnection | null,
  status: ServerStatus & { readonly address: string | null },
  workers: Workers | null,
): Promise<readonly Check[]> {
  if (connection === null || (status.embedded && !status.up)) {
    return [fail('Temporal', `local server: ${status.problem}`, '`elbow up` starts it.')];
  }
  const { Connection } = await import('@temporalio/client');
  let client: Connection;
  try {
    client = await Connection.connect({
      connectTimeout: CONNECT_LIMIT_MS,
      ...connection.connect.connection,
    });
  } catch (error) {
    const hint = connection.embedded
      ? '`elbow up` starts it again.'
      : 'Check TEMPORAL_ADDRESS and the credentials, and that this machine reaches that address and port.';
    return [fail('Temporal', `expected an answer at ${connection.address}: ${messageOf(error)}`, hint)];
  }
  try {
    const { serverVersion } = await client.workflowService.getSystemInfo({});
    const reached = ok('Temporal', `${connection.address} answers, server ${serverVersion}`);
    return [reached, ...(await checkNamespace(client, connection, workers))];
  } catch (error) {
    return [
      fail(
        'Temporal',
        `${connection.address}: ${messageOf(error)}`,
        'See the credentials (TEMPORAL_API_KEY, TEMPORAL_TLS…).',
      ),
    ];
  } finally {
    await client.close();
  }
}

async function checkNamespace(
  client: Connection,
  { namespace, embedded }: TemporalConnection,
  workers: Workers | null,
): Promise<readonly Check[]> {
  const state = await readNamespace(client, namespace);
  if (state === null) {
    const hint = embedded
      ? '`elbow up` makes it.'
      : '`elbow init` makes it, or says what is to be done by hand; TEMPORAL_NAMESPACE names another.';
    return [fail('namespace', `expected the namespace ${namespace}; the server has none of that name`, hint)];
  }
  return [
    retentionCheck(namespace, state, embedded),
    attributesCheck(namespace, state, embedded),
    ...(workers === null ? [] : await checkPollers(client, namespace, workers)),
    ...(workers === null ? [] : await checkWorkflowVersions(client, namespace, workers)),
  ];
}

function retentionCheck(namespace: string, { retentionDays }: NamespaceState, embedded: boolean): Check {
  if (retentionDays === null || retentionDays >= RETENTION_DAYS) {
    return ok(
      'namespace',
      `${namespace}${retentionDays === null ? '' : `, ended workflows are kept for ${retentionDays} days`}`,
    );
  }
  const found = `${namespace}: expected ended workflows to be kept for ${RETENTION_DAYS} days, it is ${Number(retentionDays.toFixed(2))}`;
  const hint = `${embedded ? '`elbow up`' : '`elbow init`'} raises it where it may. Sooner than that they leave Temporal's UI; results stay in Postgres.`;
  return warn('namespace', found, hint);
}

function attributesCheck(namespace: string, state: NamespaceState, embedded: boolean): Check {
  const { missing, mistyped } = state;
  if (mistyped.length > 0) {
    const list = mistyped.map(({ name, expected, found }) => `${name} expected as ${expected}, is ${found}`);
    const hint =
      'A type cannot be changed: give elbow a namespace of its own (TEMPORAL_NAMESPACE), and run `elbow init`.';
    return fail('search attributes', list.join('; '), hint);
  }
  if (missing.length > 0) {
    const hint = embedded
      ? '`elbow up` registers them.'
      : `\`elbow init\` registers them, or \`${attributesCommand(namespace, missing)}\`.`;
    return fail('search attributes', `missing: ${missing.join(', ')}`, hint);
  }
  return ok('search attributes', 'all there, with their types');
}

/** Workers that say in Postgres that they live, against those that ask Temporal for work. */
async function checkPollers(
  client: Connection,
  namespace: string,
  workers: Workers,
): Promise<readonly Check[]> {
  const ask = async (name: string, type: keyof typeof QUEUE_TYPES): Promise<ReadonlySet<string>> => {
    const described = await client.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name },
      taskQueueType: QUEUE_TYPES[type],
    });
    const recent = described.pollers.filter(({ lastAccessTime }) => {
      const at = Number(lastAccessTime?.seconds ?? 0) * 1000;
      return Date.now() - at < POLLED_WITHIN_MS;
    });
    return new Set(recent.flatMap(({ identity }) => identity || []));
  };
  const end = performance.now() + (workers.length > 0 ? SETTLE_LIMIT_MS : 0);
  /** Asks until it is as wanted, for a worker that started a moment ago, or time is up. */
  const pollers = async (
    name: string,
    type: keyof typeof QUEUE_TYPES,
    isWanted: (polling: ReadonlySet<string>) => boolean,
  ): Promise<ReadonlySet<string>> => {
    for (;;) {
      const polling = await ask(name, type);
      if (isWanted(polling) || performance.now() > end) return polling;
      await pause(SETTLE_POLL_MS);
    }
  };
  return [
    checkControl(await pollers(CONTROL_QUEUE, 'workflow', (polling) => polling.size > 0)),
    ...(await checkPools(workers, (pool, isWanted) => pollers(poolQueue(pool), 'activity', isWanted))),
  ];
}

function checkControl(polling: ReadonlySet<string>): Check {
  const name = 'workflows';
  if (polling.size > 0) return ok(name, `taken by ${[...polling].join(', ')}`);
  return fail(
    name,
    `expected a worker that takes workflows from the queue ${CONTROL_QUEUE}; none has asked in the last minutes`,
    '`elbow worker` runs trials and workflows, `elbow worker --control-only` workflows alone. Without one no sweep moves.',
  );
}

async function checkPools(
  workers: Workers,
  pollers: (
    pool: string,
    isWanted: (polling: ReadonlySet<string>) => boolean,
  ) => Promise<ReadonlySet<string>>,
): Promise<Check[]> {
  const pools = [...new Set(workers.filter(({ slots }) => slots > 0).map(({ pool }) => pool))].sort();
  return Promise.all(
    pools.map(async (pool) => {
      const all = workers.filter((worker) => worker.pool === pool && worker.slots > 0);
      const name = `pool ${pool}`;
      const aside = all.filter((worker) => worker.aside !== null);
      // One that is put aside asks for nothing, as it should.
      const members = all.filter((worker) => worker.aside === null);
      // One whose slots are all taken asks for nothing.
      const deafTo = (polling: ReadonlySet<string>) =>
        members.filter(({ host, pid, busy, slots }) => busy < slots && !polling.has(`${host}:${pid}`));
      const deaf = deafTo(await pollers(pool, (polling) => deafTo(polling).length === 0));
      if (deaf.length === 0 && aside.length > 0) {
        const which = aside.map(({ host, pid, aside: why }) => `${host}:${pid} (${why!.reason})`).join(', ');
        return warn(
          name,
          `put aside: ${which}; ${members.length} of ${all.length} workers take trials`,
          'Mend what its trials failed of, then `elbow workers --release WORKER`.',
        );
      }
      if (deaf.length === 0) {
        const free = members.reduce((sum, { slots, busy }) => sum + slots - busy, 0);
        return ok(
          name,
          `${members.length} ${members.length === 1 ? 'worker' : 'workers'}, ${free} free slots, known to Temporal too`,
        );
      }
      return warn(
        name,
        `expected to ask Temporal for trials: ${deaf.map(({ host, pid }) => `${host}:${pid}`).join(', ')}; Postgres hears of them, Temporal does not`,
        'If they started just now, look again in a minute; else see TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE on their machines.',
      );
    }),
  );
}
