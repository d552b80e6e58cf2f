/** Processes looked at from outside, in /proc: what they take of memory and of the processor. */
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

const SAMPLE_MS = 20;
/** Of /proc/PID/stat on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has ended.
    return '';
  }
};

const megabytes = (status: string, key: string): number =>
  Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;

/** Resident memory in MB; 0 for one that has ended. */
export const residentMb = (pid: number): number => megabytes(read(`/proc/${pid}/status`), 'VmRSS');

/** Processor seconds, user and system, of a process and of the children it has waited for. */
export function processorSeconds(pid: number): number {
  const text = read(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return [11, 12, 13, 14].reduce((sum, place) => sum + Number(fields[place] ?? 0), 0) / TICKS_PER_SECOND;
}

export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** Every process whose environment has this ELBOW_HOME, or whose command line or a parent's names it. */
export function processesOf(home: string): ProcessFacts[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name): ProcessFacts => {
      const stat = read(`/proc/${name}/stat`);
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
      return {
        pid: Number(name),
        parent,
        command: read(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim(),
      };
    });
  const own = new Set(
    all
      .filter(
        ({ pid, command }) =>
          pid !== process.pid &&
          (command.includes(home) || read(`/proc/${pid}/environ`).split('\0').includes(`ELBOW_HOME=${home}`)),
      )
      .map(({ pid }) => pid),
  );
  // Postgres' processes clear their environment: they are found by their postmaster.
  for (let before = -1; before !== own.size;) {
    before = own.size;
    for (const one of all) if (own.has(one.parent)) own.add(one.pid);
  }
  return all.filter(({ pid }) => own.has(pid));
}

/** Seconds of the processor of all processes of a home whose command matches, ended children among them. */
export const processorOf = (home: string, command: RegExp): number =>
  processesOf(home)
    .filter((one) => command.test(one.command))
    .reduce((sum, { pid }) => sum + processorSeconds(pid), 0);

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
  /** Of the processor; less than `seconds` where it waits for others, or for its turn. */
  readonly processorSeconds: number;
  /** The most it held, as often as was looked. */
  readonly peakMb: number;
}

export interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Ends it as soon as it has written this to stdout or stderr; a measurement of the first line. */
  readonly until?: RegExp;
  /** Interrupts it. */
  readonly signal?: AbortSignal;
}

/** Runs a program to its end, and looks at it meanwhile. */
export function runWatched(program: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(program, args, {
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    let stdout = '';
    let stderr = '';
    let [peakMb, processor] = [0, 0];
    let firstAt: number | null = null;
    const look = (): void => {
      if (child.pid === undefined) return;
      peakMb = Math.max(peakMb, megabytes(read(`/proc/${child.pid}/status`), 'VmHWM'));
      processor = Math.max(processor, processorSeconds(child.pid));
    };
    const timer = setInterval(look, SAMPLE_MS);
    options.signal?.addEventListener('abort', () => {
      look();
      child.kill('SIGINT');
    });
    const hear = (): void => {
      if (firstAt !== null || !options.until?.test(`${stdout}\n${stderr}`)) return;
      firstAt = performance.now();
      look();
      child.kill('SIGINT');
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      hear();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      hear();
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(timer);
      const seconds = ((firstAt ?? performance.now()) - began) / 1000;
      resolve({ code, stdout, stderr, seconds, processorSeconds: processor, peakMb });
    });
  });
}
