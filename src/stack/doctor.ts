/** `doctor`: looks at the machine, the parts and the servers, and says what to do about what is wrong. */
import { checkStore } from '../artifacts/index.js';
import { asElbowError, messageOf } from '../errors.js';
import { elbowHome, elbowVersion } from '../paths.js';
import { fail, ok, warn } from './checks.js';
import type { Check } from './checks.js';
import { connectionsOf, externalServers } from './connections.js';
import { checkDatabase } from './database-checks.js';
import { runningWorker } from './local-worker.js';
import { checkMachine } from './machine-checks.js';
import { isPortFree } from './ports.js';
import { isPostgresUp } from './postgres.js';
import { readState, stackFiles } from './state.js';
import type { StackState } from './state.js';
import { readStatus } from './status.js';
import type { StackStatus } from './status.js';
import { checkTemporal } from './temporal-checks.js';
import { runningTemporal } from './temporal.js';
import { checkTraining } from './version-checks.js';

export type { Check } from './checks.js';

export interface DiagnoseOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Whether this machine is to run trials; a machine for workflows alone needs no TensorFlow. */
  readonly hasTrials: boolean;
}

/** Every check, the machine's first, from where this runs. Starts and repairs nothing. */
export async function diagnose({ env, signal, hasTrials }: DiagnoseOptions): Promise<readonly Check[]> {
  const home = elbowHome(env);
  const machine = async (hasOwnTemporal: boolean): Promise<readonly Check[]> => [
    ok('elbow', elbowVersion),
    ...(await checkMachine({ env, signal, home, hasTrials, hasOwnTemporal })),
  ];
  try {
    const external = await externalServers(env);
    const state = readState(home);
    const { temporal, database } = connectionsOf(external, state);
    const status = await readStatus(env);
    const isDatabaseThere = database !== null && (!database.embedded || (await isLocalPostgresUp(home)));
    return [
      ...(await machine(external.temporal === null)),
      ...(state ? await checkPorts(home, state, status) : []),
      ...(await checkTemporal(temporal, status.temporal, status.database.up ? status.workers : null)),
      ...(await checkDatabase(isDatabaseThere ? database : null, status.database)),
      checkWorkers(status, home),
      ...checkTraining(status.workers),
      ...(await checkArtifacts(env, signal)),
    ];
  } catch (error) {
    const check = fail('settings', messageOf(error), 'Mend the setting and run `elbow doctor` again.');
    return [...(await machine(false)), check];
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
  const start = status.temporal.embedded
    ? '`elbow up` starts one; `elbow worker` adds more.'
    : '`elbow worker` starts one, on any machine that reaches both servers.';
  const shown = workers.map(({ host, pid, pool, busy, slots }) => {
    const runs = slots === 0 ? 'workflows alone' : `pool ${pool}, ${busy} of ${slots} slots busy`;
    return `${host}:${pid} (${runs})`;
  });
  const found = shown.join(', ');
  if (workers.length === 0) return fail('workers', 'none is alive', start);
  if (!workers.some(({ slots }) => slots > 0)) return fail('workers', `${found}; none runs trials`, start);
  const others = workers.filter((worker) => worker.version !== elbowVersion);
  if (others.length > 0) {
    const hint = `Restart them with elbow ${elbowVersion}.`;
    return warn('workers', `${found}; ${others.length} of another elbow version`, hint);
  }
  const local = runningWorker(home);
  return ok('workers', local === null ? found : `${found}; the local one is ${local}`);
}
