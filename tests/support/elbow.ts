/** The compiled CLI, run as a user runs it, in an `ELBOW_HOME` of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, mkdirSync, rmSync, symlinkSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compiled, elbowHome } from '../../src/paths.js';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TestHome {
  /** The home's path; its parent has mode 0700, as root's home has. */
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  /** A folder for files of the test. */
  readonly scratch: string;
  /** Runs `elbow ARGS…` to its end. */
  elbow(...args: readonly string[]): Promise<Ended>;
  /** Starts `elbow ARGS…` and returns at once. */
  start(...args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> };
  /** The same home by another build. @param main its command line's entry */
  by(main: string): Pick<TestHome, 'elbow' | 'start'>;
  /** Stops the stack and removes everything. */
  remove(): Promise<void>;
}

/**
 * A fresh `ELBOW_HOME` with the programs and libraries that are already there (`parts`, linked) and, if wanted, the
 * data sets (copied, so that a test may damage them).
 */
export function createHome(options: { data?: boolean; env?: NodeJS.ProcessEnv } = {}): TestHome {
  const outer = mkdtempSync(join(tmpdir(), 'elbow-e2e-'));
  chmodSync(outer, 0o700);
  const home = join(outer, 'home');
  const scratch = join(outer, 'scratch');
  mkdirSync(home);
  mkdirSync(scratch);
  const source = elbowHome();
  symlinkSync(join(source, 'parts'), join(home, 'parts'));
  if (options.data && existsSync(join(source, 'data'))) {
    cpSync(join(source, 'data'), join(home, 'data'), { recursive: true });
  }
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1', ...options.env, ELBOW_HOME: home };
  for (const name of Object.keys(env)) if (/^(TEMPORAL_|DATABASE_URL$|VITEST)/.test(name)) delete env[name];

  const by: TestHome['by'] = (main) => {
    const start: TestHome['start'] = (...args) => {
      const child = spawn(process.execPath, [main, ...args], {
        cwd: scratch,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      return { child, ended: collect(child) };
    };
    return { start, elbow: (...args) => start(...args).ended };
  };
  const { start, elbow } = by(compiled('src/cli/main.js'));
  return {
    home,
    env,
    scratch,
    elbow,
    start,
    by,
    remove: async () => {
      await elbow('down');
      rmSync(outer, { recursive: true, force: true });
    },
  };
}

function collect(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Rows of `elbow query … --json`. */
export async function queryRows(stack: TestHome, sql: string): Promise<Record<string, unknown>[]> {
  const ended = await stack.elbow('query', sql, '--json');
  if (ended.code !== 0) throw new Error(`query failed with ${ended.code}: ${ended.stderr}${ended.stdout}`);
  return JSON.parse(ended.stdout) as Record<string, unknown>[];
}
