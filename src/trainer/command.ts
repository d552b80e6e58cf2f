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
import type { Need } from './admission.js';
import { commandEnvironment, guardEnvironment } from './command/environment.js';
import { endError, folderError, limitError } from './command/failures.js';
import type { ProgramStart } from './command/guard-protocol.js';
import { startGuarded } from './command/guarded.js';
import type { CommandHooks, CommandJob } from './command/job.js';
import { readOutput } from './command/output.js';
import { createRecord } from './command/record.js';
import { dealSlots } from './dealing.js';
import type { Slot } from './dealing.js';
import { waitText } from './desk.js';
import type { SlotDesk, Warm } from './desk.js';
import { deviceEnvironment } from './environment.js';
import { cancelled } from './failures.js';
import { coresFor } from './pinning.js';
import { megabytes } from './plan.js';
import { TooLarge } from './too-large.js';

/** From SIGTERM to SIGKILL, unless the worker stops, which has a time of its own. */
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

/** A slot without a GPU and without cores of its own. */
const [ANY_SLOT] = dealSlots(1) as [Slot];

export interface ProgramsOptions {
  /** Of the worker. */
  readonly env: NodeJS.ProcessEnv;
  /** From SIGTERM to SIGKILL, in milliseconds; left out for 5 s. */
  readonly graceMs?: number;
  /** The same of a program that is ended while the worker stops; null while it does not. */
  readonly stopMs?: () => number | null;
  /** Slots that programs share with trainers; left out where as many run as are asked for, anywhere. */
  readonly slots?: SlotDesk<Warm>;
  /** Memory of the machine in MB; left out for whatever there is. */
  readonly machineMb?: number;
}

export function createPrograms(options: ProgramsOptions): Programs {
  const { env, slots: desk, machineMb = Infinity, stopMs } = options;
  const settings = { env, graceMs: () => stopMs?.() ?? options.graceMs ?? GRACE_MS };
  return {
    run: async (job, hooks) => {
      if (!desk) return runProgram(job, hooks, { ...settings, slot: ANY_SLOT });
      const need = needOf(job, desk, machineMb);
      const { signal } = hooks;
      const hold = await desk.take({
        need,
        signal,
        onWait: () => hooks.onLog('elbow', waitText(need)),
      });
      try {
        return await runProgram(job, hooks, { ...settings, slot: hold.slot });
      } finally {
        hold.release();
      }
    },
  };
}

/**
 * The memory that a program asks for.
 * @throws ElbowError `out-of-memory` where this worker has not as much
 */
function needOf({ trainable }: CommandJob, { slots }: SlotDesk<Warm>, machineMb: number): Need {
  const { memoryBytes = 0, gpuMemoryBytes = 0 } = trainable;
  const need = { hostMb: memoryBytes / 1e6, deviceMb: gpuMemoryBytes / 1e6 };
  if (need.hostMb > machineMb) {
    throw new ElbowError(
      'out-of-memory',
      `the trial asks for ${megabytes(need.hostMb)} (\`trainable.memory\`), and ${hostname()} has ${megabytes(machineMb)}`,
    );
  }
  const sizes = slots.map(({ device }) => (device ? (device.memoryMb ?? Infinity) : 0));
  const largestMb = Math.max(...sizes);
  if (need.deviceMb <= largestMb) return need;
  throw new TooLarge(
    `the trial asks for ${megabytes(need.deviceMb)} of a GPU (\`trainable.gpuMemory\`), and ` +
      (largestMb === 0
        ? `the worker on ${hostname()} has none`
        : `the largest of the worker on ${hostname()} has ${megabytes(largestMb)}`),
    'Give the sweep a pool with a larger GPU.',
    largestMb,
  );
}

interface Paths {
  readonly params: string;
  readonly folder: string;
}

interface RunSettings {
  readonly env: NodeJS.ProcessEnv;
  readonly graceMs: () => number;
  readonly slot: Slot;
}

async function runProgram(
  job: CommandJob,
  hooks: CommandHooks,
  { env, graceMs, slot }: RunSettings,
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
    const childEnv = commandEnvironment({ ...env, ...deviceEnvironment(slot) }, job, paths) as Record<
      string,
      string
    >;
    const cores = coresFor(slot.cores, about.threads);
    const start = {
      program,
      args,
      cwd: trainable.cwd,
      env: childEnv,
      umask: usersUmask(),
      graceMs: graceMs(),
    };
    return await supervise(job, hooks, { start, cores, graceMs });
  } finally {
    rmSync(paths.params, { force: true });
  }
}

interface Supervision extends Pick<RunSettings, 'graceMs'> {
  readonly start: ProgramStart;
  readonly cores: Slot['cores'];
}

async function supervise(
  { objective, trainable: { timeLimitSeconds } }: CommandJob,
  hooks: CommandHooks,
  { start, cores, graceMs }: Supervision,
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
  const running = await startGuarded(start, { env: guardEnvironment(start.env), cores });
  /** Why it was ended from here; the first reason counts. */
  let reason: (() => unknown) | undefined;
  const stop = (why: () => unknown): void => {
    reason ??= why;
    running.stop(graceMs());
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
