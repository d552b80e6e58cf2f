/** A namespace of a Temporal server that elbow did not start: made, and taught elbow's search attributes. */
import { setTimeout as pause } from 'node:timers/promises';
import { isGrpcServiceError } from '@temporalio/client';
import type { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { SEARCH_ATTRIBUTES } from '../../workflows/messages.js';
import { ElbowError, messageOf } from '../errors.js';

const RETENTION_MS = 90 * 24 * 3600 * 1000;
/** `temporal.api.enums.v1.IndexedValueType`, by the names of the Temporal CLI. */
const VALUE_TYPES = { Keyword: 2, Int: 3 } as const;
/** gRPC status codes. */
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
/** A new namespace is known to every part of a server after some seconds. */
const SETTLE_LIMIT_MS = 60_000;
const SETTLE_POLL_MS = 500;

export interface PreparedNamespace {
  readonly namespace: string;
  readonly isNew: boolean;
  /** Search attributes that were missing. */
  readonly added: readonly string[];
}

/**
 * May be repeated.
 * @param client from `connectTemporal`, thus over a plain connection
 * @throws ElbowError `temporal-unreachable` when the server refuses
 */
export async function prepareNamespace(client: Client, address: string): Promise<PreparedNamespace> {
  const { namespace } = client.options;
  // The client was made from a connection, which has the operator's service.
  const connection = client.connection as Connection;
  try {
    const isNew = await ensureNamespace(connection, namespace);
    const added = await settled(() => ensureSearchAttributes(connection, namespace));
    return { namespace, isNew, added };
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error;
    throw new ElbowError(
      'temporal-unreachable',
      `the Temporal server at ${address} refused to prepare the namespace ${namespace}: ${error.details || messageOf(error)}`,
      {
        hint: 'It takes the rights of an operator; `temporal operator namespace create` does the same by hand.',
        cause: error,
      },
    );
  }
}

async function ensureNamespace(connection: Connection, namespace: string): Promise<boolean> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return false;
  } catch (error) {
    if (!isGrpcServiceError(error) || Number(error.code) !== NOT_FOUND) throw error;
  }
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      description: 'elbow: sweeps and their trials',
      workflowExecutionRetentionPeriod: msToTs(RETENTION_MS),
    });
    return true;
  } catch (error) {
    if (isGrpcServiceError(error) && Number(error.code) === ALREADY_EXISTS) return false;
    throw error;
  }
}

async function ensureSearchAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.entries(SEARCH_ATTRIBUTES).filter(([name]) => !(name in customAttributes));
  if (missing.length === 0) return [];
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map(([name, type]) => [name, VALUE_TYPES[type]])),
  });
  return missing.map(([name]) => name);
}

/** Tries until a namespace that was made just now is known. */
async function settled<T>(work: () => Promise<T>): Promise<T> {
  const end = performance.now() + SETTLE_LIMIT_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const isEarly = isGrpcServiceError(error) && Number(error.code) === NOT_FOUND;
      if (!isEarly || performance.now() > end) throw error;
      await pause(SETTLE_POLL_MS);
    }
  }
}
