/**
 * Processes that outlive the CLI: started detached, found again by pid *and* start time, stopped with their group. A
 * pid that now belongs to somebody else is never signalled.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ElbowError, messageOf } from '../errors.js';
import { underUsersUmask } from '../umask.js';

/** A process, told apart from every other that ever had or will have its pid. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks between boot and the process's start. */
  readonly startTicks: number;
  readonly bootId: string;
}

interface Stat {
  readonly state: string;
  readonly group: number;
  readonly startTicks: number;
}

/** Fields of /proc/PID/stat; null when there is no such process. */
function readStat(pid: number): Stat | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // The second field is the program's name in brackets and may itself hold spaces and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', group: Number(fields[2]), startTicks: Number(fields[19]) };
}

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** Who runs under a pid now; null for none and for a process that has ended but was not collected. */
export function identify(pid: number): ProcessId | null {
  const stat = readStat(pid);
  if (!stat || stat.state === 'Z' || stat.state === 'X') return null;
  return { pid, startTicks: stat.startTicks, bootId: bootId() };
}

/** Whether this very process still runs. */
export function isRunning(id: ProcessId): boolean {
  const now = identify(id.pid);
  return now !== null && now.startTicks === id.startTicks && now.bootId === id.bootId;
}

export interface DetachedOptions {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** stdout and stderr are appended here (mode 0600); beyond 16 MiB it is set aside as `.old` first. */
  readonly log: string;
  /** Whether it is elbow's own, which sees to the modes of its files itself and hands the user's umask on. */
  readonly isElbow?: boolean;
}

const LOG_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * Starts a program in a session of its own, so that neither Ctrl-C nor the end of the CLI reaches it, and with nothing
 * of the CLI's open.
 * @throws ElbowError `stack-start` when the program cannot be run
 */
export async function startDetached(program: string, options: DetachedOptions): Promise<ProcessId> {
  mkdirSync(dirname(options.log), { recursive: true, mode: 0o700 });
  if ((statSync(options.log, { throwIfNoEntry: false })?.size ?? 0) > LOG_LIMIT_BYTES) {
    renameSync(options.log, `${options.log}.old`);
  }
  const log = openSync(options.log, 'a', 0o600);
  try {
    const start = (): ChildProcess =>
      spawn(program, options.args, {
        cwd: options.cwd,
        env: options.env,
        detached: true,
        stdio: ['ignore', log, log],
      });
    const child = options.isElbow ? underUsersUmask(start) : start();
    await new Promise<void>((resolve, reject) => {
      child.on('spawn', resolve);
      child.on('error', (error) =>
        reject(new ElbowError('stack-start', `cannot run ${program}: ${messageOf(error)}`, { cause: error })),
      );
    });
    child.unref();
    // One that ended in this instant is still known by its pid: `isRunning` then says no.
    return identify(child.pid!) ?? { pid: child.pid!, startTicks: -1, bootId: bootId() };
  } finally {
    closeSync(log);
  }
}

/** Members of the process group that a process led, once the leader itself has ended, collected or not. */
function orphansOf({ pid, startTicks }: ProcessId): number[] {
  const leader = readStat(pid);
  if (leader && !(leader.state === 'Z' && leader.startTicks === startTicks)) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((member) => {
      const stat = readStat(member);
      return stat !== null && stat.group === pid && stat.state !== 'Z';
    });
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // ESRCH: it has ended meanwhile. Anything else (EPERM) is told by the wait that follows.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Stops a process that was started by `startDetached`: SIGTERM, then SIGKILL to its whole group.
 * @param graceMs how long it may take to end by itself
 * @returns whether it was running
 * @throws ElbowError `stack-start` when it does not end even then
 */
export async function stopProcess(id: ProcessId, graceMs: number): Promise<boolean> {
  const wasRunning = isRunning(id);
  if (wasRunning) {
    signalQuietly(id.pid, 'SIGTERM');
    await waitForEnd(id, graceMs);
    if (isRunning(id)) {
      signalQuietly(-id.pid, 'SIGKILL');
      await waitForEnd(id, 10_000);
    }
    if (isRunning(id)) {
      throw new ElbowError('stack-start', `process ${id.pid} does not end, not even after SIGKILL`);
    }
  }
  // What the leader left behind; its group's number cannot be reused while a member lives.
  if (id.bootId === bootId()) for (const orphan of orphansOf(id)) signalQuietly(orphan, 'SIGKILL');
  return wasRunning;
}

async function waitForEnd(id: ProcessId, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  while (isRunning(id) && performance.now() < end) await pause(20);
}

/** Reads a pid file; null when there is none or it is damaged (then nobody is known to run). */
export function readPidFile<T extends object = object>(path: string): (ProcessId & Partial<T>) | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value !== 'object' || value === null) return null;
    const { pid, startTicks, bootId: boot } = value as Record<string, unknown>;
    if (!Number.isSafeInteger(pid) || (pid as number) <= 1) return null;
    if (typeof startTicks !== 'number' || typeof boot !== 'string') return null;
    // The identity was checked above; what else stands in the file is optional by type.
    return value as ProcessId & Partial<T>;
  } catch {
    return null;
  }
}

/** Writes a pid file at once or not at all, readable by its owner only. */
export function writePidFile(path: string, id: ProcessId & object): void {
  const draft = `${path}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(draft, `${JSON.stringify(id)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

export function removePidFile(path: string): void {
  rmSync(path, { force: true });
}
