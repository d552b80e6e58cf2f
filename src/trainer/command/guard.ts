/**
 * The guard of a program: a process between the worker and the program, which runs in a process group of its own and
 * writes straight into the worker's pipes. It ends the whole group when it is told to, when the program has ended and left
 * processes behind, and when its channel to the worker closes: a worker that is killed leaves no program behind. (Linux'
 * own way, PR_SET_PDEATHSIG, cannot be had from Node and would not reach the program's children.)
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { FromGuard, ProgramPipes, ProgramStart, ToGuard } from './guard-protocol.js';

const LOOK_EVERY_MS = 20;
/** After SIGKILL. Where nobody reaps orphans (a container without an init), a dead group stays visible. */
const GONE_WITHIN_MS = 1_000;

let child: ChildProcess | undefined;
let graceMs = 0;
/** The end of the group, once it was asked for. */
let ending: Promise<void> | undefined;

function say(message: FromGuard): Promise<void> {
  if (!process.connected) return Promise.resolve();
  return new Promise((resolve) => {
    process.send?.(message, () => resolve());
  });
}

/** @returns false when no process of the group is left */
function signalGroup(signal: NodeJS.Signals | 0): boolean {
  if (child?.pid === undefined) return false;
  try {
    process.kill(-child.pid, signal);
    return true;
  } catch (error) {
    // One that changed its user may not be signalled, and is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Ends the group, whether or not the program itself still runs: SIGTERM, and after the grace SIGKILL. */
async function endGroup(): Promise<void> {
  const killAt = performance.now() + graceMs;
  signalGroup('SIGTERM');
  // A stopped process hears of SIGTERM when it goes on.
  signalGroup('SIGCONT');
  while (signalGroup(0) && performance.now() < killAt) await pause(LOOK_EVERY_MS);
  const goneBy = performance.now() + GONE_WITHIN_MS;
  while (signalGroup('SIGKILL') && performance.now() < goneBy) await pause(LOOK_EVERY_MS);
}

async function finish(message: FromGuard): Promise<void> {
  await say(message);
  process.exit(0);
}

function start({ program, args, cwd, env, umask, graceMs: grace }: ProgramStart, pipes: ProgramPipes): void {
  graceMs = grace;
  process.umask(umask);
  const refuse = (error: unknown): void => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
    void finish({ type: 'refused', code, message: error instanceof Error ? error.message : String(error) });
  };
  const outputs: number[] = [];
  try {
    for (const path of [pipes.stdout, pipes.stderr]) outputs.push(openSync(path, 'w'));
    child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', ...outputs] });
  } catch (error) {
    return refuse(error);
  } finally {
    // The program alone holds them: they end with it.
    for (const output of outputs) closeSync(output);
  }
  const { pid } = child;
  child.once('error', refuse);
  if (pid === undefined) return;
  void say({ type: 'started', pid });
  child.once('exit', (code, signal) => {
    void stop().then(() => finish({ type: 'ended', code, signal }));
  });
}

const stop = (): Promise<void> => (ending ??= endGroup());

process.on('message', (message: ToGuard) => {
  if (message.type === 'start') return start(message.start, message.pipes);
  graceMs = message.graceMs;
  void stop();
});
process.on('disconnect', () => {
  if (child === undefined) process.exit(0);
  void stop();
});
process.on('SIGTERM', () => void stop());
// The worker decides when a program ends: Ctrl-C and a closed terminal reach the worker.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
