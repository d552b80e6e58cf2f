/** `up`: everything that is missing is brought and started; what is there is left alone. */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ElbowError } from '../errors.js';
import { elbowHome, packageRoot } from '../paths.js';
import { embeddedTemporal, externalServers } from './connections.js';
import type { Connections, DatabaseConnection, ExternalServers, TemporalConnection } from './connections.js';
import { runningWorker, startWorker, WORKER_ALIVE_MS } from './local-worker.js';
import { withLock } from './lock.js';
import type { StackOptions } from './options.js';
import { choosePort, isPortFree } from './ports.js';
import { isPostgresUp, startPostgres } from './postgres.js';
import { keepHomePrivate } from './private-home.js';
import { createState, readState, stackFiles, stackLock, writeState } from './state.js';
import type { StackState } from './state.js';
import { STRAY_GRACE_MS, stackMark, stopStrays } from './strays.js';
import { obtainTemporal } from './temporal-cli.js';
import { isPortTaken, runningTemporal, startTemporal, stopTemporal } from './temporal.js';
import { ensureTensorflow } from './tensorflow.js';

/** The state that the parts of one `up` share and change. */
interface Kept {
  state: StackState;
}

/**
 * Brings and starts what is missing: parts, Temporal, Postgres with its migrations, one worker. Running it again, or
 * twice at once, changes nothing.
 * @throws ElbowError of the exit codes 4 and 5; what was started by then stays up, and the next `up` goes on from there
 */
export async function ensureUp(options: StackOptions): Promise<Connections> {
  const home = elbowHome(options.env);
  keepHomePrivate(home);
  const onWait = (): void => options.note('another elbow is starting or stopping the stack; waiting for it');
  return withLock(stackLock(home), { signal: options.signal, onWait }, async () => {
    const external = await externalServers(options.env);
    // Parts first: a machine that cannot have them learns it before anything runs.
    const program = external.temporal ? null : await obtainTemporal(options);
    // With both servers elsewhere nothing is trained here, unless no worker is to be had.
    const isElsewhere = external.temporal !== null && external.database !== null;
    if (!isElsewhere) await ensureTensorflow(options);
    const kept: Kept = { state: readState(home) ?? (await createState()) };
    if (!external.temporal || !external.database) writeState(home, kept.state);
    const [temporal, database] = await allSettled(
      external.temporal ?? upTemporal(home, kept, external, program!, options),
      external.database ?? upPostgres(home, kept, options),
    );
    await upSchema(home, kept, database, options);
    const connections: Connections = { temporal, database };
    if (await needsWorker(home, external, options)) {
      await startWorker({ ...options, home, connections, tensorflow: await ensureTensorflow(options) });
    }
    return connections;
  });
}

/** Waits for both, and throws the first error only then: no half-started server goes on behind the caller's back. */
async function allSettled<A, B>(a: Promise<A> | A, b: Promise<B> | B): Promise<[A, B]> {
  const [x, y] = await Promise.allSettled([a, b]);
  if (x.status === 'rejected') throw x.reason;
  if (y.status === 'rejected') throw y.reason;
  return [x.value, y.value];
}

/** Chooses another port for one that somebody else has taken, and says so. */
async function settlePort(
  what: string,
  port: number,
  state: StackState,
  note: (line: string) => void,
): Promise<number> {
  if (await isPortFree(port)) return port;
  const taken = new Set([state.temporal.port, state.temporal.uiPort, state.postgres.port]);
  const other = await choosePort(taken);
  note(`port ${port} of ${what} is taken by another program; ${what} is now at ${other}`);
  return other;
}

async function upTemporal(
  home: string,
  kept: Kept,
  external: ExternalServers,
  program: string,
  options: StackOptions,
): Promise<TemporalConnection> {
  const start = (): Promise<void> =>
    startTemporal({ ...options, home, program, namespace: external.namespace, place: kept.state.temporal });
  const movePorts = async (): Promise<void> => {
    const { port, uiPort } = kept.state.temporal;
    const temporal = {
      port: await settlePort('Temporal', port, kept.state, (line) => options.note(line)),
      uiPort: await settlePort("Temporal's UI", uiPort, kept.state, (line) => options.note(line)),
    };
    kept.state = { ...kept.state, temporal };
    writeState(home, kept.state);
  };
  const running = runningTemporal(home);
  if (running) {
    // The pid file knows best, should the state have been lost or replaced.
    kept.state = { ...kept.state, temporal: { port: running.port, uiPort: running.uiPort } };
    writeState(home, kept.state);
  } else {
    options.note('starting Temporal');
    // One that no pid file knows would hold the ports.
    await stopTemporal(home);
    await movePorts();
  }
  try {
    await start();
  } catch (error) {
    // Somebody took a port between the look and the start.
    const { port, uiPort } = kept.state.temporal;
    if (options.signal.aborted || !(await isPortTaken(error, [port, uiPort]))) throw error;
    await movePorts();
    await start();
  }
  return embeddedTemporal(kept.state, external.namespace);
}

async function upPostgres(home: string, kept: Kept, options: StackOptions): Promise<DatabaseConnection> {
  const folder = stackFiles.postgres(home);
  if (!(await isPostgresUp({ folder }))) {
    options.note('starting Postgres');
    // A killed CLI's initdb would go on beside the next one.
    await stopStrays(home, 'postgres', STRAY_GRACE_MS);
    const port = await settlePort('Postgres', kept.state.postgres.port, kept.state, (line) =>
      options.note(line),
    );
    kept.state = { ...kept.state, postgres: { ...kept.state.postgres, port } };
    writeState(home, kept.state);
  }
  const { port, password, readerPassword } = kept.state.postgres;
  const { url, readerUrl } = await startPostgres({
    ...options,
    env: { ...options.env, ELBOW_HOME: home, ...stackMark(home, 'postgres') },
    folder,
    port,
    password,
    readerPassword,
  });
  if (url !== kept.state.postgres.url || readerUrl !== kept.state.postgres.readerUrl) {
    // Another address may mean another data folder: what was migrated before says nothing about it.
    kept.state = { ...kept.state, postgres: { ...kept.state.postgres, url, readerUrl, migrated: null } };
    writeState(home, kept.state);
  }
  return { embedded: true, url, readerUrl };
}

/** Digest over names and contents of the migrations. */
function migrationsDigest(): string {
  const folder = join(packageRoot, 'prisma', 'migrations');
  const hash = createHash('sha256');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.sql'),
  );
  for (const name of names.sort()) hash.update(`${name}\n`).update(readFileSync(join(folder, name)));
  return hash.digest('hex');
}

/** Migrates; the local database only when there are other migrations than last time. */
async function upSchema(
  home: string,
  kept: Kept,
  database: DatabaseConnection,
  options: StackOptions,
): Promise<void> {
  const digest = migrationsDigest();
  if (database.embedded && kept.state.postgres.migrated === digest) return;
  const { migrate } = await import('../storage/index.js');
  await migrate({ url: database.url, note: (line) => options.note(line) });
  if (!database.embedded) return;
  kept.state = { ...kept.state, postgres: { ...kept.state.postgres, migrated: digest } };
  writeState(home, kept.state);
}

/**
 * With both servers elsewhere, a worker elsewhere may serve the pool already; then none is started here. Nor is one where
 * ELBOW_LOCAL_WORKER says no: in a container for commands, or on a machine that is not to train.
 */
async function needsWorker(
  home: string,
  external: ExternalServers,
  { env }: Pick<StackOptions, 'env'>,
): Promise<boolean> {
  if (wantsNoWorker(env)) return false;
  if (!external.temporal || !external.database || runningWorker(home) !== null) return true;
  const { connectStorage } = await import('../storage/index.js');
  const storage = await connectStorage({ url: external.database.url });
  try {
    const workers = await storage.workers(WORKER_ALIVE_MS);
    return !workers.some((worker) => worker.pool === 'default');
  } finally {
    await storage.close();
  }
}

/** @throws ElbowError `usage` for another word than yes or no */
export function wantsNoWorker(env: NodeJS.ProcessEnv): boolean {
  const word = env['ELBOW_LOCAL_WORKER'] || 'yes';
  if (word === 'yes' || word === 'no') return word === 'no';
  throw new ElbowError('usage', `ELBOW_LOCAL_WORKER takes yes or no, not ${JSON.stringify(word)}`);
}
