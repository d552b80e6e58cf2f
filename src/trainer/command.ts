/**
 * A trial that is a program of any language: started without a shell, told its parameters as arguments, as a JSON file and
 * in its environment, and heard by the JSON lines that it writes (docs/command.md).
 */
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ElbowError, asElbowError, messageOf } from '../errors.js';
import { fillPlaceholders } from '../spec/index.js';
import { isDiskFull } from '../stack/index.js';
import type { Outcome } from '../storage/storage.js';
import { usersUmask } from '../umask.js';
import { commandEnvironment, guardEnvironment } from './command/environment.js';
import { endError, folderError, limitError } from './command/failures.js';
import type { ProgramStart } from './command/guard-protocol.js';
import { startGuarded } from './command/guarded.js';
import type { CommandHooks, CommandJob } from './command/job.js';
import { readOutput } from './command/output.js';
import { createRecord } from './command/record.js';
import { cancelled } from './failures.js';

/** From SIGTERM to SIGKILL: less than a worker that is stopped has for its last steps. */
const GRACE_MS = 5_000;
/** For what a program that was ended had written before. */
const LAST_WORDS_MS = 2_000;

export interface Programs {
  /**
   * Runs the program of one execution to its end.
   * @throws ElbowError `program-start`, `program-failed`, `program-timeout`, `objective-missing`, `disk-full`;
   *   `trial-cancelled` once the signal was aborted and the program is gone; what `flush` throws
   */
  run(job: CommandJob, hooks: CommandHooks): Promise<Outcome>;
}

/** @param env of the worker */
export function createPrograms(options: {
  readonly env: NodeJS.ProcessEnv;
  /** From SIGTERM to SIGKILL; left out for 5 s. */
  readonly graceMs?: number;
}): Programs {
  const { env, graceMs = GRACE_MS } = options;
  return { run: (job, hooks) => runProgram(job, hooks, { env, graceMs }) };
}

interface Paths {
  readonly params: string;
  readonly folder: string;
}

async function runProgram(
  job: CommandJob,
  hooks: CommandHooks,
  { env, graceMs }: { readonly env: NodeJS.ProcessEnv; readonly graceMs: number },
): Promise<Outcome> {
  if (hooks.signal.aborted) throw cancelled();
  const { trainable, about, place } = job;
  hooks.onEnvironment({ node: process.version, ...NO_TENSORFLOW });
  // One of each execution: the one before may not have ended yet where its worker is only believed dead.
  const paths = { params: join(place, `params-${job.lease}.json`), folder: join(place, 'files') };
  const { seed, replicate, samplesPerClass } = about;
  const values = {
    ...job.params,
    ...(samplesPerClass === null ? {} : { samplesPerClass }),
    ...{ seed, replicate, params: paths.params, folder: paths.folder },
  };
  const [program = '', ...args] = trainable.command.map((argument) => fillPlaceholders(argument, values));
  hooks.onLog('elbow', `runs ${[program, ...args].map(shown).join(' ')} in ${trainable.cwd}`);
  expectFolder(trainable.cwd);
  try {
    const kept = writeFiles(job, paths);
    if (kept > 0)
      hooks.onLog('elbow', 'its folder holds what an earlier execution of this trial has left there');
    // Entries without a value are none.
    const childEnv = commandEnvironment(env, job, paths) as Record<string, string>;
    const start = { program, args, cwd: trainable.cwd, env: childEnv, umask: usersUmask(), graceMs };
    return await supervise(job, hooks, start);
  } finally {
    rmSync(paths.params, { force: true });
  }
}

async function supervise(
  { objective, trainable: { timeLimitSeconds } }: CommandJob,
  hooks: CommandHooks,
  start: ProgramStart,
): Promise<Outcome> {
  const began = performance.now();
  const clock = (): number => (performance.now() - began) / 1000;
  let hasEpochs = false;
  const record = createRecord(objective, {
    onBegin: (epoch) => {
      hasEpochs = true;
      hooks.onBegin(epoch);
    },
    onEpoch: (metrics) => hooks.onEpoch(metrics),
    onNote: (text) => hooks.onLog('elbow', text),
  });
  const running = await startGuarded(start, guardEnvironment(start.env));
  /** Why it was ended from here; the first reason counts. */
  let reason: (() => unknown) | undefined;
  const stop = (why: () => unknown): void => {
    reason ??= why;
    running.stop();
  };
  const onError = (error: unknown): void => stop(() => error);
  const output = readOutput({ streams: running, record, hooks, clock, onError });
  const onAbort = (): void => stop(cancelled);
  hooks.signal.addEventListener('abort', onAbort);
  if (hooks.signal.aborted) onAbort();
  const limit =
    timeLimitSeconds === undefined
      ? undefined
      : setTimeout(() => stop(() => limitError(timeLimitSeconds, output.lastLines)), 1000 * timeLimitSeconds);
  try {
    const end = await running.ended;
    clearTimeout(limit);
    // A program that goes on later knows what it has printed; but what is to be read may wait for a database that is away.
    await Promise.race([output.drained(), afterAbort(hooks.signal, LAST_WORDS_MS)]);
    record.endEpoch();
    if (hooks.signal.aborted) throw cancelled();
    const failure = reason ? asElbowError(reason()) : endError(end, start, output.lastLines);
    if (failure !== null) throw failure;
    // Epochs of an earlier execution would stand beside the figures of this one.
    if (!hasEpochs) hooks.onBegin(0);
    return record.outcome(clock());
  } finally {
    clearTimeout(limit);
    hooks.signal.removeEventListener('abort', onAbort);
    output.abandon();
  }
}

/** Resolves so long after the signal was aborted. */
function afterAbort(signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const wait = (): void => void setTimeout(resolve, ms);
    if (signal.aborted) wait();
    else signal.addEventListener('abort', wait, { once: true });
  });
}

const NO_TENSORFLOW = { tensorflow: null, device: null, dataDigest: null, threads: null, cpuFeatures: null };

/** @throws ElbowError `program-start` */
function expectFolder(cwd: string): void {
  if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true) throw folderError(cwd, hostname());
}

/**
 * Writes what the program is told, and makes its folder.
 * @returns files and folders that an earlier execution has left in that
 * @throws ElbowError `disk-full`
 */
function writeFiles({ params, about, objective, place }: CommandJob, paths: Paths): number {
  const told = { parameters: params, ...about, objective, folder: paths.folder };
  try {
    mkdirSync(place, { recursive: true, mode: 0o700 });
    mkdirSync(paths.folder, { recursive: true, mode: 0o700 });
    writeFileSync(paths.params, `${JSON.stringify(told, null, 2)}\n`, { mode: 0o600 });
    return readdirSync(paths.folder).length;
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    throw new ElbowError('disk-full', `no space is left for ${place}: ${messageOf(error)}`, { cause: error });
  }
}

/** An argument as a shell would take it. */
const shown = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
