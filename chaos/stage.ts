/** Real servers behind proxies, two workers, and the CLI: what a chaos run breaks. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { elbowHome, homeFolders } from '../src/paths.js';
import { choosePort } from '../src/stack/ports.js';
import { startPostgres, stopPostgres } from '../src/stack/postgres.js';
import type { PostgresServer } from '../src/stack/postgres.js';
import { runningTemporal, startTemporal, stopTemporal } from '../src/stack/temporal.js';
import { obtainTemporal } from '../src/stack/index.js';
import { processesOf, signal, start } from './programs.js';
import type { Program } from './programs.js';
import { openProxy } from './proxy.js';
import type { Proxy } from './proxy.js';

/** Short, so that what they cover happens often: seconds in place of a quarter of a minute. */
export const HEARTBEAT_MS = 3_000;
/** File system for checkpoints: larger than those of all trials that run. */
const CHECKPOINT_DISK = '48m';

export interface Stage {
  readonly home: string;
  /** Files of the run. */
  readonly scratch: string;
  /** Straight to the server, without the proxy. */
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly proxies: { readonly postgres: Proxy; readonly temporal: Proxy };
  /** By place; one that was killed is started again in its place. */
  readonly workers: Program[];
  /** Whether checkpoints have a small disk of their own, which root alone can mount. */
  readonly hasCheckpointDisk: boolean;
  elbow(...args: readonly string[]): Program;
  /** @param env further settings of the new worker */
  startWorker(place: number, env?: NodeJS.ProcessEnv): void;
  killPostgres(): void;
  startPostgres(): Promise<void>;
  killTemporal(): void;
  startTemporal(): Promise<void>;
  stopWorkers(): Promise<void>;
  /** Stops everything, once. */
  stop(): Promise<void>;
  /** Removes what it had on disk. */
  remove(): void;
}

export async function openStage(note: (line: string) => void): Promise<Stage> {
  const outer = mkdtempSync(join(tmpdir(), 'elbow-chaos-'));
  const home = join(outer, 'home');
  const scratch = join(outer, 'scratch');
  const checkpoints = homeFolders.checkpoints(home);
  for (const folder of [home, scratch, checkpoints]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const folder of [homeFolders.parts, homeFolders.data]) symlinkSync(folder(elbowHome()), folder(home));
  const hasCheckpointDisk =
    spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${CHECKPOINT_DISK},mode=700`, 'tmpfs', checkpoints])
      .status === 0;
  if (!hasCheckpointDisk) note('without disk-full: only root can mount a small file system');

  const plain: NodeJS.ProcessEnv = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(TEMPORAL_|DATABASE_URL$|ELBOW_|VITEST|NODE_OPTIONS$)/.test(name),
    ),
  );
  const options = {
    env: { ...plain, ELBOW_HOME: home },
    signal: new AbortController().signal,
    note: () => undefined,
  };
  const ports: number[] = [];
  for (let i = 0; i < 3; i++) ports.push(await choosePort(new Set(ports)));
  const [postgresPort, temporalPort, uiPort] = ports as [number, number, number];
  mkdirSync(homeFolders.stack(home), { recursive: true, mode: 0o700 });
  const folder = join(homeFolders.stack(home), 'postgres');
  let postgres: PostgresServer | undefined;
  const upPostgres = async (): Promise<void> => {
    postgres = await startPostgres({
      ...options,
      folder,
      port: postgresPort,
      password: 'chaos',
      readerPassword: 'reader',
    });
  };
  const program = await obtainTemporal(options);
  const place = { port: temporalPort, uiPort };
  const upTemporal = (): Promise<void> =>
    startTemporal({ ...options, home, program, namespace: 'elbow', place });
  await Promise.all([upPostgres(), upTemporal()]);
  const databaseUrl = postgres!.url;
  const proxies = { postgres: await openProxy(postgresPort), temporal: await openProxy(temporalPort) };
  const env: NodeJS.ProcessEnv = {
    ...options.env,
    NO_COLOR: '1',
    TEMPORAL_ADDRESS: `127.0.0.1:${proxies.temporal.port}`,
    DATABASE_URL: databaseUrl.replace(`:${postgresPort}/`, `:${proxies.postgres.port}/`),
    ELBOW_HEARTBEAT_TIMEOUT_MS: `${HEARTBEAT_MS}`,
    ELBOW_CHECKPOINT_SECONDS: '0',
  };
  const elbow: Stage['elbow'] = (...args) => start('src/cli/main.js', args, { env, cwd: scratch });
  const prepared = await elbow('init').ended;
  if (prepared.code !== 0) throw new Error(`elbow init failed: ${prepared.stderr}`);
  const workers: Program[] = [];
  const stopWorkers = async (): Promise<void> => {
    // Also one that the CLI started while ours were away.
    const pids = (): number[] =>
      processesOf(home)
        .filter(({ command }) => command.includes('workers/main.js'))
        .map(({ pid }) => pid);
    for (const pid of pids()) {
      signal(pid, 'SIGCONT');
      signal(pid, 'SIGTERM');
    }
    await Promise.all(workers.map(({ ended }) => ended));
    while (pids().length > 0) await pause(50);
  };
  return {
    home,
    scratch,
    databaseUrl,
    temporalAddress: `127.0.0.1:${temporalPort}`,
    proxies,
    workers,
    hasCheckpointDisk,
    elbow,
    startWorker: (at, further = {}) => {
      const worker = start('src/workers/main.js', ['--slots', '1'], {
        env: { ...env, ...further },
        cwd: scratch,
      });
      workers[at] = worker;
      void worker.ended.then(({ code, stderr }) => {
        writeFileSync(join(scratch, `worker-${at}.log`), `${stderr}ended with ${code}\n`, { flag: 'a' });
      });
    },
    killPostgres: () => void signal(postgres?.pid, 'SIGKILL'),
    startPostgres: upPostgres,
    killTemporal: () => void signal(runningTemporal(home)?.pid, 'SIGKILL'),
    startTemporal: upTemporal,
    stopWorkers,
    stop: async () => {
      await stopWorkers();
      await Promise.all([proxies.postgres.close(), proxies.temporal.close()]);
      await stopTemporal(home);
      await stopPostgres({ folder, mode: 'fast' });
    },
    remove: () => {
      if (hasCheckpointDisk) spawnSync('umount', [checkpoints]);
      rmSync(outer, { recursive: true, force: true });
    },
  };
}
