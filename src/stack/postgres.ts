/** The embedded Postgres: initialised once, started and stopped with `pg_ctl`, loopback only. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { ElbowError, messageOf } from '../errors.js';
import { scramVerifier } from '../scram.js';
import { runPostgres } from './postgres-programs.js';
import { readText } from './read-text.js';
import { lastLines } from './run-program.js';

const USER = 'elbow';
const DATABASE = 'elbow';
/** The role of `elbow query`. */
const READER = 'elbow_reader';
/** A dead server's children end within moments, but until then its shared memory is in use. */
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_S = 30;

export interface PostgresOptions {
  /** The data folder; its parent must exist. */
  readonly folder: string;
  readonly port: number;
  readonly password: string;
  readonly readerPassword: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  note(line: string): void;
}

export interface PostgresServer {
  readonly pid: number;
  readonly url: string;
  /** Of the role that can only read. */
  readonly readerUrl: string;
}

const isInitialised = (folder: string): boolean =>
  existsSync(join(folder, 'PG_VERSION')) && existsSync(join(folder, 'global', 'pg_control'));

/** Makes the data folder beside its place and moves it there when it is whole. */
async function initialise(options: PostgresOptions): Promise<void> {
  const { folder } = options;
  if (isInitialised(folder)) return;
  const parent = dirname(folder);
  for (const name of readdirSync(parent).filter((entry) => entry.startsWith(`${basename(folder)}.draft-`))) {
    rmSync(join(parent, name), { recursive: true, force: true });
  }
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    const aside = `${folder}.broken-${process.pid}-${readdirSync(parent).length}`;
    options.note(`${folder} is no whole database; it is moved to ${aside} and a new one is made`);
    renameSync(folder, aside);
  }
  const draft = `${folder}.draft-${process.pid}`;
  const passwordFile = `${draft}.password`;
  writeFileSync(passwordFile, options.password, { mode: 0o600 });
  try {
    const { code, output } = await runPostgres(
      'initdb',
      [
        '-D',
        draft,
        '-U',
        USER,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--data-checksums',
      ],
      options,
    );
    if (code !== 0) {
      const isFull = /No space left/i.test(output);
      throw new ElbowError(
        isFull ? 'install-disk-full' : 'stack-start',
        `initdb failed with ${code}: ${lastLines(output, 6)}`,
        {
          hint: isFull ? `Make room on the device of ${folder}.` : '`elbow doctor` says what is wrong.',
        },
      );
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(draft, { recursive: true, force: true });
  }
}

/** The postmaster's pid as its own file says, if that process is a Postgres of this folder. */
function postmaster(folder: string): number | null {
  const pid = Number(readText(join(folder, 'postmaster.pid')).split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  const commandLine = readText(`/proc/${pid}/cmdline`).split('\0');
  const isOurs = commandLine[0]?.endsWith('postgres') === true && commandLine.includes(folder);
  return isOurs ? pid : null;
}

/** Whether the server of this folder runs. */
export async function isPostgresUp({ folder }: { folder: string }): Promise<boolean> {
  return postmaster(folder) !== null;
}

/** Port that a running server listens on: line 4 of its pid file. */
const runningPort = (folder: string): number =>
  Number(readText(join(folder, 'postmaster.pid')).split('\n')[3]);

/**
 * Starts Postgres unless it runs, and waits until it answers. Recovers from a stale pid file and a half-initialised
 * folder.
 * @throws ElbowError `stack-start` with the last log lines; `install-disk-full`
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { folder } = options;
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
  const end = performance.now() + START_LIMIT_MS;
  for (;;) {
    if (postmaster(folder) === null) {
      await initialise(options);
      await start(options);
    }
    const pid = postmaster(folder);
    const server = pid === null ? null : serverOf(options, pid);
    try {
      if (server) {
        await prepare(server.url, options.readerPassword);
        return server;
      }
    } catch (error) {
      // One that runs but is on its way down, as after a kill, hangs up; then it is started again.
      if (!isHangUp(error) || performance.now() > end) throw error;
    }
    if (performance.now() > end) {
      throw new ElbowError('stack-start', `Postgres in ${folder} ended right after its start`);
    }
    await pause(200);
  }
}

/** Whether the server was not there, hung up, or is starting or stopping (57P01 to 57P03). */
function isHangUp(error: unknown): boolean {
  const { code, message } = (error instanceof ElbowError ? error.cause : error) as {
    code?: string;
    message?: string;
  };
  return /^(ECONN|EPIPE|57P0)/.test(code ?? '') || /terminated unexpectedly/.test(message ?? '');
}

function serverOf(options: PostgresOptions, pid: number): PostgresServer {
  const port = runningPort(options.folder);
  const address = (user: string, password: string): string =>
    `postgresql://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${DATABASE}`;
  return {
    pid,
    url: address(USER, options.password),
    readerUrl: address(READER, options.readerPassword),
  };
}

async function start(options: PostgresOptions): Promise<void> {
  const { folder, port } = options;
  const log = join(folder, 'server.log');
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    log_min_messages: 'warning',
  };
  const flags = Object.entries(settings).map(([name, value]) => `-c ${name}=${value === '' ? "''" : value}`);
  const end = performance.now() + START_LIMIT_MS;
  for (;;) {
    // Nobody's, or a recycled pid's: Postgres itself would take the latter for a running server.
    if (postmaster(folder) === null) rmSync(join(folder, 'postmaster.pid'), { force: true });
    const before = readText(log).length;
    const { code, output } = await runPostgres(
      'pg_ctl',
      ['start', '-D', folder, '-l', log, '-w', '-t', '60', '-s', '-o', flags.join(' ')],
      options,
    );
    if (code === 0) return;
    const said = readText(log).slice(before);
    if (/shared memory block.*still in use/s.test(said) && performance.now() < end) {
      await pause(200);
      continue;
    }
    if (/No space left/i.test(said + output)) {
      throw new ElbowError('install-disk-full', `no space left to start Postgres in ${folder}`, {
        hint: `Make room on the device of ${folder}.`,
      });
    }
    throw new ElbowError(
      'stack-start',
      `Postgres did not start on 127.0.0.1:${port}:\n${lastLines(said || output, 8)}`,
      {
        hint: `Its log is ${log}; \`elbow doctor\` says what is wrong.`,
      },
    );
  }
}

/** The database and the role that can only read; both are left as they are where they exist. */
async function prepare(url: string, readerPassword: string): Promise<void> {
  const admin = new pg.Client({ connectionString: url.replace(/\/[^/]*$/, '/postgres') });
  await admin.connect();
  try {
    const { rowCount } = await admin.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await admin.query(`create database ${DATABASE}`);
    const roles = await admin.query('select 1 from pg_roles where rolname = $1', [READER]);
    if (roles.rowCount === 0) await admin.query(`create role ${READER} login`);
    const verifier = pg.escapeLiteral(scramVerifier(readerPassword));
    await admin.query(`alter role ${READER} login password ${verifier}`);
  } catch (error) {
    throw new ElbowError(
      'stack-start',
      `Postgres runs, but its database cannot be prepared: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  } finally {
    await admin.end();
  }
}

/**
 * Stops the server of this folder; false when none runs.
 * @param mode `fast`: connections are closed, transactions rolled back, everything is on disk; `immediate`: what it has is
 *   of no use any more
 */
export async function stopPostgres({
  folder,
  mode = 'fast',
}: {
  folder: string;
  mode?: 'fast' | 'immediate';
}): Promise<boolean> {
  if (postmaster(folder) === null) return false;
  const { code, output } = await runPostgres(
    'pg_ctl',
    ['stop', '-D', folder, '-m', mode, '-w', '-s', '-t', String(STOP_LIMIT_S)],
    {
      env: process.env,
    },
  );
  if (code !== 0 && postmaster(folder) !== null) {
    throw new ElbowError('stack-start', `Postgres in ${folder} does not stop: ${lastLines(output, 4)}`);
  }
  return true;
}
