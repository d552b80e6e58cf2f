/** The local Temporal dev server: started detached, its namespace kept as elbow needs it. */
import { mkdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { SEARCH_ATTRIBUTES } from '../../workflows/messages.js';
import { ElbowError, asElbowError } from '../errors.js';
import { homeFolders } from '../paths.js';
import type { StackOptions } from './options.js';
import { doesPortAnswer, isPortFree } from './ports.js';
import {
  isRunning,
  readPidFile,
  removePidFile,
  startDetached,
  stopProcess,
  writePidFile,
} from './processes.js';
import { lastLines, runProgram } from './run-program.js';
import { readText } from './read-text.js';
import { stackFiles } from './state.js';
import { stackMark, stopStrays } from './strays.js';
import { waitUntilReady } from './wait-ready.js';
import { isDiskFull } from './ways.js';

/** Days for which ended workflows stay to be looked at. */
const RETENTION = { text: '90d', seconds: 90 * 24 * 3600 };
const START_LIMIT_MS = 30_000;

export interface TemporalPlace {
  readonly port: number;
  readonly uiPort: number;
}

export interface TemporalOptions extends StackOptions {
  readonly home: string;
  /** The CLI. */
  readonly program: string;
  readonly namespace: string;
  readonly place: TemporalPlace;
}

interface TemporalPid extends TemporalPlace {
  readonly program: string;
}

/** The server's process and place, if it runs. */
export function runningTemporal(home: string): (TemporalPlace & { pid: number }) | null {
  const file = readPidFile<TemporalPid>(stackFiles.temporalPid(home));
  if (!file || !isRunning(file) || file.port === undefined || file.uiPort === undefined) return null;
  return { pid: file.pid, port: file.port, uiPort: file.uiPort };
}

/**
 * Starts the server unless it runs and answers, and sees to its namespace.
 * @throws ElbowError `stack-start` with the server's last log lines
 */
export async function startTemporal(options: TemporalOptions): Promise<void> {
  const running = runningTemporal(options.home);
  if (running && running.port === options.place.port && (await answersWithin(running.port, 5_000))) {
    return ensureNamespace(options);
  }
  if (running) {
    options.note('the local Temporal server runs but does not answer; starting it again');
  }
  // Also one that no pid file knows: it would hold the database file.
  await stopTemporal(options.home);
  await launch(options);
  await ensureNamespace(options);
}

/**
 * How a server of ours is started beside its place: elbow's search attributes, how it keeps what it knows, and how it hands
 * out tasks.
 */
export const serverArguments = (): string[] => [
  // By default each of the dozen transactions of a trial is synced to the disk four times, one after the other. So none is
  // but at checkpoints: a server that is killed has lost nothing, and one whose machine lost power finds the state of some
  // moments ago, and gives the trials since then out again, which Postgres knows to have ended.
  ...['journal_mode=WAL', 'synchronous=NORMAL'].flatMap((value) => ['--sqlite-pragma', value]),
  ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
  ...[
    // One partition a queue: with the usual four, trials start in any order, and a task of a partition that no poller of
    // the few looks at waited for a minute while slots were idle (seen).
    'matching.numTaskqueueReadPartitions=1',
    'matching.numTaskqueueWritePartitions=1',
    // Sweeps take turns, by their fairness keys.
    'matching.enableFairness=true',
    // Workflows that have ended are kept in memory for an hour, 45 kB each, up to 128,000 of them: a sweep of 10,000 trials
    // would cost half a gigabyte. At most about 120 are open at once.
    'history.hostLevelCacheMaxSize=1000',
  ].flatMap((value) => ['--dynamic-config-value', value]),
];

async function launch(options: TemporalOptions): Promise<void> {
  const { home, place } = options;
  mkdirSync(homeFolders.stack(home), { recursive: true, mode: 0o700 });
  const log = stackFiles.temporalLog(home);
  const logged = readText(log).length;
  const flags = {
    ip: '127.0.0.1',
    port: place.port,
    'ui-port': place.uiPort,
    'db-filename': stackFiles.temporalDatabase(home),
    namespace: options.namespace,
    'log-level': 'warn',
  };
  const args = [
    'server',
    'start-dev',
    ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, `${value}`]),
    ...serverArguments(),
  ];
  const id = await startDetached(options.program, {
    args,
    env: { ...withoutTemporalSettings(options.env), ELBOW_HOME: home, ...stackMark(home, 'temporal') },
    cwd: home,
    log,
  });
  const pid: typeof id & TemporalPid = { ...id, ...place, program: options.program };
  writePidFile(stackFiles.temporalPid(home), pid);
  await waitUntilReady({
    id,
    name: 'the local Temporal server',
    lacks: 'did not answer',
    log,
    logged,
    limitMs: START_LIMIT_MS,
    signal: options.signal,
    isReady: async () => (await doesPortAnswer(place.port)) && (await doesPortAnswer(place.uiPort)),
    stop: () => stopTemporal(home),
  });
}

/** The CLI must talk to this server, whatever server the user's settings name. */
function withoutTemporalSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

async function answersWithin(port: number, limitMs: number): Promise<boolean> {
  const end = performance.now() + limitMs;
  for (;;) {
    if (await doesPortAnswer(port)) return true;
    if (performance.now() > end) return false;
    await pause(50);
  }
}

/** Runs `temporal operator …` against the local server. */
async function operator(
  options: TemporalOptions,
  ...args: readonly string[]
): Promise<{ code: number | null; out: string; err: string }> {
  const all = ['operator', ...args, '--address', `127.0.0.1:${options.place.port}`, '--disable-config-file'];
  const ended = await runProgram(options.program, all, {
    env: withoutTemporalSettings(options.env),
    signal: options.signal,
    timeoutMs: 15_000,
  });
  return { code: ended.code, out: ended.stdout, err: ended.stderr };
}

interface NamespaceDescription {
  readonly config?: {
    readonly workflowExecutionRetentionTtl?: string;
    readonly customSearchAttributeAliases?: Readonly<Record<string, string>>;
  };
}

/** The namespace exists, keeps for 90 days and knows elbow's search attributes; made so where it is not. */
async function ensureNamespace(options: TemporalOptions): Promise<void> {
  const end = performance.now() + START_LIMIT_MS;
  for (;;) {
    const described = await operator(options, 'namespace', 'describe', '-n', options.namespace, '-o', 'json');
    if (described.code === 0)
      return repairNamespace(options, JSON.parse(described.out) as NamespaceDescription);
    if (/not found/i.test(described.err)) {
      await expectDone(
        options,
        'namespace',
        'create',
        '-n',
        options.namespace,
        '--retention',
        RETENTION.text,
      );
    } else if (performance.now() > end) {
      throw new ElbowError(
        'stack-start',
        `the local Temporal server does not answer: ${lastLines(described.err, 2)}`,
        {
          hint: `Its log is ${stackFiles.temporalLog(options.home)}.`,
        },
      );
    }
    await pause(50);
  }
}

async function repairNamespace(options: TemporalOptions, namespace: NamespaceDescription): Promise<void> {
  if (namespace.config?.workflowExecutionRetentionTtl !== `${RETENTION.seconds}s`) {
    await expectDone(options, 'namespace', 'update', '-n', options.namespace, '--retention', RETENTION.text);
  }
  const known = new Set(Object.values(namespace.config?.customSearchAttributeAliases ?? {}));
  const missing = Object.entries(SEARCH_ATTRIBUTES).filter(([name]) => !known.has(name));
  for (const [name, type] of missing) {
    await expectDone(
      options,
      'search-attribute',
      'create',
      '-n',
      options.namespace,
      '--name',
      name,
      '--type',
      type,
    );
  }
}

async function expectDone(options: TemporalOptions, ...args: readonly string[]): Promise<void> {
  const ended = await operator(options, ...args);
  // Two `up` of different homes never meet here; a name that exists by now is what was wanted.
  if (ended.code === 0 || /already (exists|registered)/i.test(ended.err)) return;
  throw new ElbowError(
    'stack-start',
    `\`temporal operator ${args.join(' ')}\` failed: ${lastLines(ended.err, 2)}`,
  );
}

const STOP_LIMIT_MS = 10_000;

/** Stops the local server if it runs. */
export async function stopTemporal(home: string): Promise<boolean> {
  const path = stackFiles.temporalPid(home);
  const file = readPidFile(path);
  const wasRunning = file ? await stopProcess(file, STOP_LIMIT_MS) : false;
  const wasStray = await stopStrays(home, 'temporal', STOP_LIMIT_MS);
  removePidFile(path);
  return wasRunning || wasStray;
}

/** Whether a failed start may be due to a port that somebody took in the meantime. */
export async function isPortTaken(error: unknown, ports: readonly number[]): Promise<boolean> {
  if (asElbowError(error).code !== 'stack-start' || isDiskFull(error)) return false;
  for (const port of ports) if (!(await isPortFree(port))) return true;
  return false;
}
