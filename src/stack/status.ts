/** What is up, and where. */
import { hostname } from 'node:os';
import { ElbowError, messageOf } from '../errors.js';
import { elbowHome } from '../paths.js';
import type { WorkerRow } from '../storage/storage.js';
import { connectionsOf, externalServers } from './connections.js';
import { redact, withoutPassword } from './database-address.js';
import type { DatabaseConnection, TemporalConnection } from './connections.js';
import { WORKER_ALIVE_MS } from './local-worker.js';
import { isPostgresUp } from './postgres.js';
import { identify } from './processes.js';
import { lastLines } from './run-program.js';
import { readState, stackFiles } from './state.js';
import { runningTemporal } from './temporal.js';

export interface ServerStatus {
  readonly up: boolean;
  /** What is wrong; null when it is up. */
  readonly problem: string | null;
  readonly embedded: boolean;
  /** `1.32.0`, of the server; null where it does not answer. */
  readonly version: string | null;
}

export interface StackStatus {
  readonly temporal: ServerStatus & {
    readonly address: string | null;
    readonly namespace: string;
    readonly ui: string | null;
  };
  readonly database: ServerStatus & {
    /** Of the role that can only read, ready for any client; of a server elsewhere without its password. */
    readonly url: string | null;
    /** A command line for psql, without a password: command lines are everybody's to see. */
    readonly psql: string | null;
  };
  readonly workers: readonly Pick<
    WorkerRow,
    | 'host'
    | 'pool'
    | 'slots'
    | 'busy'
    | 'version'
    | 'device'
    | 'pid'
    | 'aside'
    | 'trainingVersion'
    | 'workflowVersion'
  >[];
}

const TIMEOUT_MS = 5_000;

/** Asks both servers; nothing is started. Never throws for a server that does not answer. */
export async function readStatus(env: NodeJS.ProcessEnv): Promise<StackStatus> {
  const home = elbowHome(env);
  const external = await externalServers(env);
  const { temporal, database } = connectionsOf(external, readState(home));
  const [temporalStatus, databaseStatus] = await Promise.all([
    askTemporal(home, temporal),
    askDatabase(home, database),
  ]);
  return {
    temporal: {
      ...temporalStatus,
      address: temporal?.address ?? null,
      namespace: temporal?.namespace ?? external.namespace,
      ui: temporal?.uiUrl ?? null,
    },
    database: {
      ...databaseStatus.server,
      url: database ? (database.readerUrl ?? redact(database.url)) : null,
      psql: database && psqlCommand(database, home),
    },
    workers: databaseStatus.workers.map((worker) => ({
      host: worker.host,
      pool: worker.pool,
      slots: worker.slots,
      busy: worker.busy,
      version: worker.version,
      device: worker.device,
      pid: worker.pid,
      trainingVersion: worker.trainingVersion,
      workflowVersion: worker.workflowVersion,
      aside: worker.aside,
    })),
  };
}

/** Of the local server with the file that holds the password, so that it asks for none. */
function psqlCommand({ embedded, url, readerUrl }: DatabaseConnection, home: string): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const command = `psql ${quoted(withoutPassword(readerUrl ?? url))}`;
  return embedded ? `PGPASSFILE=${quoted(stackFiles.readerPass(home))} ${command}` : command;
}

export const areServersUp = (status: StackStatus): boolean => status.temporal.up && status.database.up;

/** Whether everything is up: both servers, and a worker that runs trials. */
export const isAllUp = (status: StackStatus): boolean =>
  areServersUp(status) && status.workers.some(({ slots }) => slots > 0);

/** A local server that is not there: nothing is asked over the network. */
const NOT_RUNNING: ServerStatus = { up: false, problem: 'it is not running', embedded: true, version: null };

async function askTemporal(home: string, connection: TemporalConnection | null): Promise<ServerStatus> {
  if (!connection || (connection.embedded && !runningTemporal(home))) return NOT_RUNNING;
  const { embedded } = connection;
  const { Connection } = await import('@temporalio/client');
  const client = Connection.lazy({ ...connection.connect.connection, connectTimeout: TIMEOUT_MS });
  try {
    const info = await client.withDeadline(Date.now() + TIMEOUT_MS, async () => {
      const system = await client.workflowService.getSystemInfo({});
      await client.workflowService.describeNamespace({ namespace: connection.namespace });
      return system;
    });
    return { up: true, problem: null, embedded, version: info.serverVersion ?? null };
  } catch (error) {
    return { up: false, problem: oneLine(error), embedded, version: null };
  } finally {
    await client.close().catch(() => undefined);
  }
}

interface DatabaseAnswer {
  readonly server: ServerStatus;
  readonly workers: readonly WorkerRow[];
}

async function askDatabase(home: string, connection: DatabaseConnection | null): Promise<DatabaseAnswer> {
  if (!connection || (connection.embedded && !(await isPostgresUp({ folder: stackFiles.postgres(home) })))) {
    return { server: NOT_RUNNING, workers: [] };
  }
  const { embedded } = connection;
  try {
    const { connectStorage } = await import('../storage/index.js');
    const storage = await connectStorage({ url: connection.url });
    try {
      const seen = await storage.workers(WORKER_ALIVE_MS);
      // A worker of this machine that was killed a moment ago is known to be gone; others are believed for a minute.
      const isGone = (worker: WorkerRow): boolean =>
        embedded && worker.host === hostname() && identify(worker.pid) === null;
      const workers = seen.filter((worker) => !isGone(worker));
      return { server: { up: true, problem: null, embedded, version: null }, workers };
    } finally {
      await storage.close();
    }
  } catch (error) {
    return { server: { up: false, problem: oneLine(error), embedded, version: null }, workers: [] };
  }
}

/** What was thrown in one line: gRPC's details where there are some; Prisma says what it is about last. */
function oneLine(error: unknown): string {
  const details = error instanceof Error && 'details' in error ? String(error.details) : '';
  return (
    lastLines(error instanceof ElbowError || details === '' ? messageOf(error) : details, 1) || String(error)
  );
}
