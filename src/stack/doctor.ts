/** `doctor`: looks at the machine, the parts and the servers, and says what to do about what is wrong. */
import { SEARCH_ATTRIBUTES } from '../../workflows/messages.js';
import { checkStore } from '../artifacts/index.js';
import { asElbowError, messageOf } from '../errors.js';
import { elbowHome, elbowVersion } from '../paths.js';
import { fail, ok, warn } from './checks.js';
import type { Check } from './checks.js';
import { connectionsOf, externalServers } from './connections.js';
import type { DatabaseConnection, TemporalConnection } from './connections.js';
import { runningWorker } from './local-worker.js';
import { checkMachine } from './machine-checks.js';
import { isPortFree } from './ports.js';
import { isPostgresUp } from './postgres.js';
import { checkSchema } from './schema-check.js';
import { readState, stackFiles } from './state.js';
import type { StackState } from './state.js';
import { readStatus } from './status.js';
import { runningTemporal } from './temporal.js';
import type { StackStatus } from './status.js';

export type { Check } from './checks.js';

/** Every check, the machine's first. Starts and repairs nothing. */
export async function diagnose(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<readonly Check[]> {
  const home = elbowHome(env);
  const machine = await checkMachine({ env, signal, home });
  try {
    const state = readState(home);
    const external = await externalServers(env);
    const { temporal, database } = connectionsOf(external, state);
    const status = await readStatus(env);
    return [
      ok('elbow', elbowVersion),
      ...machine,
      ...(state ? await checkPorts(home, state, status) : []),
      ...(await checkTemporal(temporal, status)),
      await checkDatabase(home, database, status),
      checkWorkers(status, home),
      ...(await checkArtifacts(env, signal)),
    ];
  } catch (error) {
    return [...machine, fail('settings', messageOf(error), 'Mend the setting and run `elbow doctor` again.')];
  }
}

const isLocalPostgresUp = (home: string): Promise<boolean> =>
  isPostgresUp({ folder: stackFiles.postgres(home) });

/** Kept ports, of which those of servers that run are their own. */
async function checkPorts(home: string, state: StackState, status: StackStatus): Promise<readonly Check[]> {
  const isTemporalUp = runningTemporal(home) !== null;
  const wanted = [
    { what: 'Temporal', port: state.temporal.port, isUp: isTemporalUp, server: status.temporal },
    { what: "Temporal's UI", port: state.temporal.uiPort, isUp: isTemporalUp, server: status.temporal },
    {
      what: 'Postgres',
      port: state.postgres.port,
      isUp: await isLocalPostgresUp(home),
      server: status.database,
    },
  ].filter(({ server }) => server.embedded);
  const taken: string[] = [];
  for (const { what, port, isUp } of wanted) {
    if (!isUp && !(await isPortFree(port))) taken.push(`${port} of ${what}`);
  }
  if (wanted.length === 0) return [];
  if (taken.length === 0) return [ok('ports', wanted.map(({ what, port }) => `${what} ${port}`).join(', '))];
  const hint = '`elbow up` chooses others.';
  return [warn('ports', `taken by another program: ${taken.join(', ')}`, hint)];
}

async function checkTemporal(
  connection: TemporalConnection | null,
  status: StackStatus,
): Promise<readonly Check[]> {
  const { temporal } = status;
  const startHint = temporal.embedded
    ? '`elbow up` starts it.'
    : 'See TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the credentials; `elbow init` prepares a namespace.';
  if (!connection || !temporal.up) {
    return [fail('Temporal', `${temporal.address ?? 'local server'}: ${temporal.problem}`, startHint)];
  }
  const found = `${temporal.address}, namespace ${temporal.namespace}, server ${temporal.version}`;
  const missing = await missingAttributes(connection);
  if (missing.length === 0) return [ok('Temporal', found)];
  const hint = temporal.embedded
    ? '`elbow up` registers them.'
    : `\`elbow init\` registers them, or \`temporal operator search-attribute create -n ${temporal.namespace} --name NAME --type TYPE\`.`;
  return [fail('Temporal', `${found}; search attributes missing: ${missing.join(', ')}`, hint)];
}

/** Search attributes that the namespace does not know, or knows with another type. */
async function missingAttributes(connection: TemporalConnection): Promise<readonly string[]> {
  const { Connection } = await import('@temporalio/client');
  const client = await Connection.connect(connection.connect.connection);
  try {
    const { customAttributes } = await client.operatorService.listSearchAttributes({
      namespace: connection.namespace,
    });
    return Object.keys(SEARCH_ATTRIBUTES).filter((name) => customAttributes?.[name] === undefined);
  } finally {
    await client.close();
  }
}

async function checkDatabase(
  home: string,
  connection: DatabaseConnection | null,
  { database }: StackStatus,
): Promise<Check> {
  const hint = database.embedded
    ? '`elbow up` starts it and brings its schema up to date.'
    : 'See DATABASE_URL; `elbow migrate` brings the schema up to date.';
  const shown = database.url ?? 'local server';
  if (!connection || (database.embedded && !(await isLocalPostgresUp(home))))
    return fail('Postgres', `${shown}: ${database.problem}`, hint);
  try {
    const schema = await checkSchema(connection.url);
    const found = `${shown}, version ${schema.version}`;
    if (schema.unknown.length > 0) {
      const newer = `its schema is a newer elbow's (${schema.unknown.join(', ')})`;
      return fail('Postgres', `${found}; ${newer}`, 'Use that elbow, or another database.');
    }
    if (schema.missing.length > 0) {
      return fail('Postgres', `${found}; migrations missing: ${schema.missing.join(', ')}`, hint);
    }
    return ok('Postgres', `${found}, schema up to date`);
  } catch (error) {
    return fail('Postgres', `${shown}: ${messageOf(error)}`, hint);
  }
}

/** A small file is written to the artifact store and read back, where one is set. */
async function checkArtifacts(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<readonly Check[]> {
  try {
    const place = await checkStore(env, signal);
    return place === null ? [] : [ok('artifacts', `${place} gives back what is written to it`)];
  } catch (thrown) {
    const error = asElbowError(thrown);
    return [fail('artifacts', error.message, error.hint ?? 'See ELBOW_ARTIFACTS.')];
  }
}

function checkWorkers(status: StackStatus, home: string): Check {
  if (!status.database.up)
    return warn('workers', 'not known without Postgres', '`elbow up` starts what is missing.');
  const { workers } = status;
  if (workers.length === 0)
    return fail('workers', 'none is alive', '`elbow up` starts one; `elbow worker` adds more.');
  const found = workers
    .map(
      (worker) =>
        `${worker.host}:${worker.pid} (pool ${worker.pool}, ${worker.busy} of ${worker.slots} slots busy)`,
    )
    .join(', ');
  const others = workers.filter((worker) => worker.version !== elbowVersion);
  if (others.length > 0) {
    const hint = `Restart them with elbow ${elbowVersion}.`;
    return warn('workers', `${found}; ${others.length} of another elbow version`, hint);
  }
  const local = runningWorker(home);
  return ok('workers', local === null ? found : `${found}; the local one is ${local}`);
}
