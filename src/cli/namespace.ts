/** A namespace of a Temporal server that elbow did not start: made, kept long enough, and taught elbow's search attributes. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { SEARCH_ATTRIBUTES } from '../../workflows/messages.js';
import { ElbowError, messageOf } from '../errors.js';
import { RETENTION_DAYS, VALUE_TYPES, attributesCommand, grpcCode, readNamespace } from '../stack/index.js';
import type { NamespaceState } from '../stack/index.js';

const DAY_MS = 24 * 3600 * 1000;
/** gRPC status codes. */
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const PERMISSION_DENIED = 7;
const UNIMPLEMENTED = 12;
const UNAUTHENTICATED = 16;
/** A new namespace is known to every part of a server after some seconds. */
const SETTLE_LIMIT_MS = 60_000;
const SETTLE_POLL_MS = 500;

export interface PreparedNamespace {
  readonly namespace: string;
  readonly isNew: boolean;
  /** Search attributes that were missing. */
  readonly added: readonly string[];
  /** For how long ended workflows are kept now. */
  readonly retentionDays: number | null;
  /** For how long they were kept before this raised it; null where it did not. */
  readonly raisedFromDays: number | null;
  /** Why the retention could not be raised; null where it was, or was long enough. */
  readonly retentionRefused: string | null;
}

/**
 * May be repeated. A retention that is longer than elbow's is left alone.
 * @param client from `connectTemporal`, thus over a plain connection
 * @throws ElbowError `temporal-refused` with what to do by hand where these credentials may not do it, or where the
 *   namespace cannot take what is missing; `temporal-unreachable`
 */
export async function prepareNamespace(client: Client, address: string): Promise<PreparedNamespace> {
  const { namespace } = client.options;
  // The client was made from a connection, which has the operator's service.
  const connection = client.connection as Connection;
  const step = async <T>(what: string, byHand: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw grpcCode(error) === null ? error : refusal(error, `${what} at ${address}`, byHand);
    }
  };

  const create = `temporal operator namespace create -n ${namespace} --retention ${RETENTION_DAYS}d`;
  const isNew = await step(
    `make the namespace ${namespace}`,
    `Somebody who may makes it: \`${create}\`; then run \`elbow init\` again.`,
    () => ensureNamespace(connection, namespace),
  );
  const state = await step(`read the namespace ${namespace}`, 'See the credentials.', () =>
    settled(async () => {
      const found = await readNamespace(connection, namespace);
      if (found === null)
        throw Object.assign(new Error('the namespace is not known yet'), { code: NOT_FOUND });
      return found;
    }),
  );
  if (state.mistyped.length > 0) throw mistyped(namespace, state);
  const retention = await ensureRetention(connection, namespace, state.retentionDays);
  if (state.missing.length > 0) {
    const command = attributesCommand(namespace, state.missing);
    await step(
      `add the search attributes ${state.missing.join(', ')} to the namespace ${namespace}`,
      `${othersText(state)}Somebody who may adds them: \`${command}\`; or give elbow a namespace of its own with TEMPORAL_NAMESPACE. Then run \`elbow init\` again.`,
      () => settled(() => addAttributes(connection, namespace, state.missing)),
    );
  }
  return { namespace, isNew, added: state.missing, ...retention };
}

async function ensureNamespace(connection: Connection, namespace: string): Promise<boolean> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return false;
  } catch (error) {
    if (grpcCode(error) !== NOT_FOUND) throw error;
  }
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      description: 'elbow: sweeps and their trials',
      workflowExecutionRetentionPeriod: msToTs(RETENTION_DAYS * DAY_MS),
    });
    return true;
  } catch (error) {
    if (grpcCode(error) === ALREADY_EXISTS) return false;
    throw error;
  }
}

/** Raises a retention that is too short. What is refused is told, and is no reason not to go on: results are in Postgres. */
async function ensureRetention(
  connection: Connection,
  namespace: string,
  days: number | null,
): Promise<Pick<PreparedNamespace, 'retentionDays' | 'raisedFromDays' | 'retentionRefused'>> {
  if (days === null || days >= RETENTION_DAYS) {
    return { retentionDays: days, raisedFromDays: null, retentionRefused: null };
  }
  try {
    await connection.workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: msToTs(RETENTION_DAYS * DAY_MS) },
    });
    return { retentionDays: RETENTION_DAYS, raisedFromDays: days, retentionRefused: null };
  } catch (error) {
    if (grpcCode(error) === null) throw error;
    return { retentionDays: days, raisedFromDays: null, retentionRefused: detailsOf(error) };
  }
}

async function addAttributes(
  connection: Connection,
  namespace: string,
  names: NamespaceState['missing'],
): Promise<void> {
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(names.map((name) => [name, VALUE_TYPES[SEARCH_ATTRIBUTES[name]]])),
  });
}

/** Tries until a namespace that was made just now is known. */
async function settled<T>(work: () => Promise<T>): Promise<T> {
  const end = performance.now() + SETTLE_LIMIT_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (grpcCode(error) !== NOT_FOUND || performance.now() > end) throw error;
      await pause(SETTLE_POLL_MS);
    }
  }
}

/** gRPC's details, which say what the server thinks. */
function detailsOf(error: unknown): string {
  const { details } = error as { details?: unknown };
  return typeof details === 'string' && details !== '' ? details : messageOf(error);
}

function refusal(error: unknown, what: string, byHand: string): ElbowError {
  const details = detailsOf(error);
  const code = grpcCode(error);
  const isForbidden = [PERMISSION_DENIED, UNIMPLEMENTED, UNAUTHENTICATED].includes(code ?? 0);
  const isRefused = isForbidden || code === INVALID_ARGUMENT;
  const why = isForbidden ? `these credentials may not (${details})` : details;
  return new ElbowError(isRefused ? 'temporal-refused' : 'temporal-unreachable', `cannot ${what}: ${why}`, {
    hint: isRefused ? byHand : 'See whether the server runs, and run `elbow init` again.',
    cause: error,
  });
}

function mistyped(namespace: string, { mistyped: found }: NamespaceState): ElbowError {
  const list = found
    .map(({ name, expected, found: type }) => `${name} is ${type}, not ${expected}`)
    .join('; ');
  return new ElbowError(
    'temporal-refused',
    `the namespace ${namespace} has search attributes of elbow's names with other types: ${list}`,
    {
      hint: 'A type cannot be changed. Give elbow a namespace of its own: set TEMPORAL_NAMESPACE, and run `elbow init` again.',
    },
  );
}

/** What others have taken of the room that an SQL visibility store has in each namespace. */
function othersText({ others }: NamespaceState): string {
  const list = Object.entries(others).map(([type, count]) => `${count} ${type}`);
  if (list.length === 0) return '';
  return `The namespace has ${list.join(', ')} of others; where visibility is in SQL there is room for 10 Keyword and 3 Int in all, of which elbow takes 4 and 3. `;
}
