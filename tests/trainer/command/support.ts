/** Programs for tests: Node's own, so that nothing else is needed. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandTrainable } from '../../../src/spec/types.js';
import type { EpochMetrics, Outcome } from '../../../src/storage/index.js';
import { createPrograms, type CommandHooks, type CommandJob } from '../../../src/trainer/index.js';
import type { ProgramsOptions } from '../../../src/trainer/command.js';

export interface Run {
  readonly ended: Promise<Outcome>;
  /** Of the log, `stream: text` each, as they come. */
  readonly lines: string[];
  readonly epochs: EpochMetrics[];
  /** Epochs after which it went on. */
  readonly begins: number[];
  /** Times that the program had to wait for what it wrote. */
  flushes: number;
  abort(): void;
}

export interface RunOptions extends Pick<ProgramsOptions, 'machineMb' | 'slots' | 'stopMs'> {
  readonly trainable?: Partial<CommandTrainable>;
  readonly job?: Partial<CommandJob>;
  readonly env?: NodeJS.ProcessEnv;
  readonly graceMs?: number;
  readonly threads?: number;
  readonly flush?: () => Promise<void>;
}

/** Folders of a test, removed with `removeFolders`. */
const folders: string[] = [];

export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'elbow-command-'));
  folders.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Runs a program of one execution of an attempt. */
export function runCommand(command: readonly string[], options: RunOptions = {}): Run {
  const place = options.job?.place ?? makeFolder();
  const { threads = 2 } = options;
  const job: CommandJob = {
    params: {},
    objective: 'score',
    lease: 1,
    about: {
      sweep: 'mine',
      arm: 'rate=0.1',
      trial: 3,
      attempt: 2,
      replicate: 1,
      seed: 1234,
      samplesPerClass: null,
      threads,
    },
    ...options.job,
    trainable: { kind: 'command', command, cwd: place, ...options.trainable },
    place,
  };
  const controller = new AbortController();
  const run = { lines: [] as string[], epochs: [] as EpochMetrics[], begins: [] as number[], flushes: 0 };
  const hooks: CommandHooks = {
    signal: controller.signal,
    onBegin: (epoch) => run.begins.push(epoch),
    onEpoch: (metrics) => run.epochs.push(metrics),
    onStep: () => undefined,
    onLog: (stream, text) => run.lines.push(`${stream}: ${text}`),
    onEnvironment: () => undefined,
    flush: async () => {
      run.flushes++;
      await options.flush?.();
    },
  };
  const programs = createPrograms({
    env: options.env ?? process.env,
    ...(options.graceMs === undefined ? {} : { graceMs: options.graceMs }),
    ...(options.machineMb === undefined ? {} : { machineMb: options.machineMb }),
    ...(options.slots === undefined ? {} : { slots: options.slots }),
    ...(options.stopMs === undefined ? {} : { stopMs: options.stopMs }),
  });
  return Object.assign(run, { ended: programs.run(job, hooks), abort: () => controller.abort() });
}

/** A command that runs a text as a program of Node. */
export const node = (source: string, ...args: readonly string[]): string[] => [
  process.execPath,
  '-e',
  source.replaceAll('{', '{{').replaceAll('}', '}}'),
  ...args,
];

/** Whether a process runs; one that is dead and not yet reaped does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !/^State:\s+Z/m.test(readStatus(pid));
}

function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return 'State:\tZ';
  }
}
