/** Runs a program to its end and keeps what it wrote. */
import { spawn } from 'node:child_process';
import { ElbowError, messageOf } from '../errors.js';

export interface Ended {
  /** Exit code; 128 + signal is not used, a signal gives null. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  readonly cwd?: string;
  /** After this the program is killed and counts as failed. */
  readonly timeoutMs?: number;
  /** Sees stdout and stderr as they come. */
  onOutput?(text: string): void;
}

/**
 * Runs a program without a shell, stdin closed.
 * @returns its exit code and output, whatever the code
 * @throws ElbowError `install-prerequisite` when there is no such program, `interrupted` when the signal is aborted
 */
export function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    if (options.signal?.aborted) return reject(interrupted());
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that what the program starts (compilers, downloaders) ends with it.
      detached: true,
    });
    const killAll = (): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    };
    const timer = options.timeoutMs === undefined ? undefined : setTimeout(killAll, options.timeoutMs);
    options.signal?.addEventListener('abort', killAll, { once: true });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      options.onOutput?.(chunk.toString());
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      options.onOutput?.(chunk.toString());
    });
    const settle = (): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', killAll);
    };
    child.on('error', (error) => {
      settle();
      reject(
        new ElbowError('install-prerequisite', `cannot run ${program}: ${messageOf(error)}`, {
          hint: `Install ${program}, or put it on PATH.`,
          cause: error,
        }),
      );
    });
    child.on('close', (code) => {
      settle();
      if (options.signal?.aborted) reject(interrupted());
      else resolve({ code, stdout, stderr });
    });
  });
}

/** The error of a step that Ctrl-C ended. */
export function interrupted(): ElbowError {
  return new ElbowError('interrupted', 'interrupted', {
    hint: 'Run the same command again: it goes on from here.',
  });
}

/** The last lines of a text that say something, joined for a message. */
export function lastLines(text: string, count: number): string {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '');
  return lines.slice(-count).join('\n');
}
