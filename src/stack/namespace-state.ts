/** How a namespace of a Temporal server stands: whether it is there, how long it keeps, what it can be searched by. */
import type { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../workflows/messages.js';

/** Ended workflows stay to be looked at for so long, in days. */
export const RETENTION_DAYS = 90;
const DAY_S = 24 * 3600;
/** gRPC's status code. */
const NOT_FOUND = 5;

/** `temporal.api.enums.v1.IndexedValueType`, by the names of the Temporal CLI. */
export const VALUE_TYPES = {
  Text: 1,
  Keyword: 2,
  Int: 3,
  Double: 4,
  Bool: 5,
  Datetime: 6,
  KeywordList: 7,
} as const;

export interface Mistyped {
  readonly name: string;
  /** As the Temporal CLI spells types. */
  readonly expected: string;
  readonly found: string;
}

export interface NamespaceState {
  /** Days, may be a fraction; null where the server does not say. */
  readonly retentionDays: number | null;
  /** Of elbow's search attributes, those that are not there. */
  readonly missing: readonly (keyof typeof SEARCH_ATTRIBUTES)[];
  /** Those that are there with another type. */
  readonly mistyped: readonly Mistyped[];
  /** Search attributes of others, by type: an SQL visibility store has room for few of each. */
  readonly others: Readonly<Record<string, number>>;
}

/** The gRPC status code of anything that was thrown; null where it has none. */
export function grpcCode(thrown: unknown): number | null {
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === 'number' ? code : null;
}

const typeName = (value: number): string =>
  Object.entries(VALUE_TYPES).find(([, number]) => number === value)?.[0] ?? `type ${value}`;

/**
 * @returns null where there is no such namespace
 * @throws what gRPC throws: the server does not answer, or refuses
 */
export async function readNamespace(
  connection: Connection,
  namespace: string,
): Promise<NamespaceState | null> {
  const described = await connection.workflowService
    .describeNamespace({ namespace })
    .catch((error: unknown) => {
      if (grpcCode(error) === NOT_FOUND) return null;
      throw error;
    });
  if (described === null) return null;
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const wanted = Object.entries(SEARCH_ATTRIBUTES) as [keyof typeof SEARCH_ATTRIBUTES, string][];
  const isOurs = (name: string): boolean => Object.hasOwn(SEARCH_ATTRIBUTES, name);
  const others: Record<string, number> = {};
  for (const [name, type] of Object.entries(customAttributes)) {
    if (!isOurs(name)) others[typeName(type)] = (others[typeName(type)] ?? 0) + 1;
  }
  const seconds = described.config?.workflowExecutionRetentionTtl?.seconds;
  return {
    retentionDays: seconds === undefined || seconds === null ? null : Number(seconds) / DAY_S,
    missing: wanted.filter(([name]) => customAttributes[name] === undefined).map(([name]) => name),
    mistyped: wanted
      .map(([name, expected]) => ({ name, expected, type: customAttributes[name] }))
      .filter(({ type, expected }) => type !== undefined && typeName(type) !== expected)
      .map(({ name, expected, type }) => ({ name, expected, found: typeName(type!) })),
    others,
  };
}

/** The command of the Temporal CLI that makes search attributes, for those who may. */
export const attributesCommand = (
  namespace: string,
  names: readonly (keyof typeof SEARCH_ATTRIBUTES)[],
): string =>
  `temporal operator search-attribute create -n ${namespace} ${names
    .map((name) => `--name ${name} --type ${SEARCH_ATTRIBUTES[name]}`)
    .join(' ')}`;
