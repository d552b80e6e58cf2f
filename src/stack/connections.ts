/** Which servers are used: those the settings name, else the local ones. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from '@temporalio/client';
import { ElbowError, messageOf } from '../errors.js';
import { elbowHome } from '../paths.js';
import { readDatabaseAddress } from './database-address.js';
import { isPostgresUp } from './postgres.js';
import { readState, stackFiles } from './state.js';
import type { StackState } from './state.js';
import { runningTemporal } from './temporal.js';

/** elbow's own namespace; a dev server's `default` forgets after a day. */
export const DEFAULT_NAMESPACE = 'elbow';

export interface TemporalConnection {
  /** Whether it is the local server that elbow starts. */
  readonly embedded: boolean;
  /** host:port */
  readonly address: string;
  readonly namespace: string;
  /** Null where it is not known. */
  readonly uiUrl: string | null;
  /** For `Connection.connect` and `NativeConnection.connect`, TLS and API key included. */
  readonly connect: { readonly connection: ConnectionOptions; readonly namespace: string };
}

export interface DatabaseConnection {
  readonly embedded: boolean;
  readonly url: string;
  /** Of the role that can only read; null where elbow does not know its password. */
  readonly readerUrl: string | null;
}

export interface Connections {
  readonly temporal: TemporalConnection;
  readonly database: DatabaseConnection;
}

/** Servers named by settings; what is null is embedded. */
export interface ExternalServers {
  readonly temporal: TemporalConnection | null;
  readonly database: DatabaseConnection | null;
  /** Namespace of the embedded server as well. */
  readonly namespace: string;
}

/**
 * Reads TEMPORAL_* and the Temporal CLI's profiles as `@temporalio/envconfig` does, and DATABASE_URL.
 * @throws ElbowError `usage` when a setting cannot be read
 */
export async function externalServers(env: NodeJS.ProcessEnv): Promise<ExternalServers> {
  const addressOf = (name: string): string | null =>
    env[name] ? readDatabaseAddress(name, env[name]) : null;
  const url = addressOf('DATABASE_URL');
  const database = url === null ? null : { embedded: false, url, readerUrl: addressOf('ELBOW_READER_URL') };
  const hasSettings = Object.entries(env).some(([name, value]) => name.startsWith('TEMPORAL_') && value);
  const file = join(
    env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'),
    'temporalio',
    'temporal.toml',
  );
  // Reading profiles takes a tenth of a second; most machines have none.
  if (!hasSettings && !existsSync(file)) return { temporal: null, database, namespace: DEFAULT_NAMESPACE };
  try {
    const { loadClientConfigProfile, toClientOptions } = await import('@temporalio/envconfig');
    const settings = Object.fromEntries(
      Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    const profile = loadClientConfigProfile({ overrideEnvVars: settings });
    const namespace = profile.namespace || DEFAULT_NAMESPACE;
    if (!profile.address) return { temporal: null, database, namespace };
    const { connectionOptions: options } = toClientOptions(profile);
    // The same settings in the words of the client, which takes no null for TLS.
    const connection: ConnectionOptions = {
      address: profile.address,
      ...(options.tls === undefined || options.tls === null ? {} : { tls: options.tls }),
      ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
      ...(options.metadata === undefined ? {} : { metadata: options.metadata }),
    };
    const temporal = {
      embedded: false,
      address: profile.address,
      namespace,
      uiUrl: env['ELBOW_TEMPORAL_UI'] || null,
      connect: { connection, namespace },
    };
    return { temporal, database, namespace };
  } catch (error) {
    throw new ElbowError('usage', `the Temporal settings cannot be read: ${messageOf(error)}`, {
      hint: 'See the TEMPORAL_ variables and the profile in temporal.toml; `temporal config list` shows what it says.',
      cause: error,
    });
  }
}

/** The local Temporal server as a connection. */
export function embeddedTemporal(state: StackState, namespace: string): TemporalConnection {
  const address = `127.0.0.1:${state.temporal.port}`;
  return {
    embedded: true,
    address,
    namespace,
    uiUrl: `http://127.0.0.1:${state.temporal.uiPort}`,
    connect: { connection: { address }, namespace },
  };
}

/** Connections from settings and the kept state; null for an embedded server that has never been up. */
export function connectionsOf(
  external: ExternalServers,
  state: StackState | null,
): { temporal: TemporalConnection | null; database: DatabaseConnection | null } {
  const url = state?.postgres.url;
  return {
    temporal: external.temporal ?? (state ? embeddedTemporal(state, external.namespace) : null),
    database:
      external.database ?? (url ? { embedded: true, url, readerUrl: state.postgres.readerUrl } : null),
  };
}

/** Servers that can be asked; null for a local one that does not run. */
export interface FoundServers {
  readonly temporal: TemporalConnection | null;
  readonly database: DatabaseConnection | null;
}

/** How to reach the servers, without starting anything. */
export async function findServers(env: NodeJS.ProcessEnv): Promise<FoundServers> {
  const home = elbowHome(env);
  const { temporal, database } = connectionsOf(await externalServers(env), readState(home));
  const isTemporalUp = temporal !== null && (!temporal.embedded || runningTemporal(home) !== null);
  const folder = stackFiles.postgres(home);
  const isDatabaseUp = database !== null && (!database.embedded || (await isPostgresUp({ folder })));
  return { temporal: isTemporalUp ? temporal : null, database: isDatabaseUp ? database : null };
}

/** @throws ElbowError `stack-down` when the local Temporal is meant and does not run */
export function requireTemporal({ temporal }: FoundServers): TemporalConnection {
  if (temporal === null) throw notUp('Temporal');
  return temporal;
}

/** @throws ElbowError `stack-down` when the local Postgres is meant and does not run */
export function requireDatabase({ database }: FoundServers): DatabaseConnection {
  if (database === null) throw notUp('Postgres');
  return database;
}

/**
 * How to reach both servers, without starting anything.
 * @throws ElbowError `stack-down` when a local one is meant and does not run
 */
export async function readConnections(env: NodeJS.ProcessEnv): Promise<Connections> {
  const { temporal, database } = await findServers(env);
  if (temporal === null && database === null) throw notUp('Temporal', 'Postgres');
  return {
    temporal: requireTemporal({ temporal, database }),
    database: requireDatabase({ temporal, database }),
  };
}

function notUp(...names: readonly string[]): ElbowError {
  const verb = names.length > 1 ? 'are' : 'is';
  return new ElbowError('stack-down', `the local ${names.join(' and ')} ${verb} not up`, {
    hint: '`elbow up` starts what is missing.',
  });
}
