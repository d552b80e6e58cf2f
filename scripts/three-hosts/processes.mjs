/** Programs of a try: run to their end or started, each marked, so that what stays behind is found and ended. */
import { spawn } from 'node:child_process';
import { openSync, closeSync, readFileSync, readdirSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

const MARK = 'ELBOW_THREE_HOSTS';
const runId = randomUUID();

/** The variable by which processes of this try are known. */
export const mark = () => ({ [MARK]: runId });

/** What a program of the try inherits: nothing of this machine's servers. */
export function environment(extra = {}) {
  const own = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(TEMPORAL_|DATABASE_URL$|ELBOW_|PG)/.test(name)),
  );
  return { ...own, NO_COLOR: '1', ...extra, [MARK]: runId };
}

/** Runs a program to its end. */
export function run(command, { env = environment(), cwd } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0], command.slice(1), { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs a program that must succeed; returns what it printed. */
export async function must(command, options) {
  const { code, stdout, stderr } = await run(command, options);
  if (code === 0) return stdout;
  throw new Error(`${command.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
}

/** Starts a program whose output goes to a file. */
export function start(command, { env = environment(), cwd, log }) {
  const output = openSync(log, 'a');
  const child = spawn(command[0], command.slice(1), { env, cwd, stdio: ['ignore', output, output] });
  closeSync(output);
  let hasEnded = false;
  const ended = new Promise((resolve) => {
    child.on('error', resolve);
    child.on('close', resolve);
  }).then(() => (hasEnded = true));
  return {
    pid: child.pid,
    log,
    isRunning: () => !hasEnded,
    /** Null while it runs, and where a signal ended it. */
    exitCode: () => child.exitCode,
    /** Tells it to stop, and waits; after the limit it is killed. Returns whether it ended by itself. */
    stop: async (limitMs = 20_000) => {
      if (hasEnded) return true;
      child.kill('SIGTERM');
      const inTime = await Promise.race([ended, pause(limitMs, false)]);
      if (!inTime) child.kill('SIGKILL');
      await ended;
      return inTime;
    },
  };
}

/** Processes of this try that live, as `{ pid, line }`. */
export function leftovers() {
  const found = [];
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    if (Number(name) === process.pid) continue;
    try {
      if (!readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(`${MARK}=${runId}`)) continue;
      const line = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      if (line !== '') found.push({ pid: Number(name), line });
    } catch {
      // It has ended meanwhile, or is another user's.
    }
  }
  return found;
}

/** Waits until something is true. */
export async function until(what, isTrue, limitMs = 120_000) {
  const end = performance.now() + limitMs;
  for (;;) {
    const value = await isTrue();
    if (value) return value;
    if (performance.now() > end) throw new Error(`waited ${limitMs / 1000} s in vain for ${what}`);
    await pause(200);
  }
}
