/** What the local stack keeps between starts: ports and passwords, in ELBOW_HOME/stack/stack.json, mode 0600. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../durable-file.js';
import { ElbowError, messageOf } from '../errors.js';
import { homeFolders } from '../paths.js';
import { choosePort } from './ports.js';

export interface StackState {
  readonly version: 1;
  readonly temporal: { readonly port: number; readonly uiPort: number };
  readonly postgres: {
    readonly port: number;
    readonly password: string;
    readonly readerPassword: string;
    /** Known once it has been up. */
    readonly url: string | null;
    readonly readerUrl: string | null;
    /** Digest of the migrations that were applied last, so that `up` need not ask again. */
    readonly migrated: string | null;
  };
}

/** Files of the local stack. */
export const stackFiles = {
  state: (home: string): string => join(homeFolders.stack(home), 'stack.json'),
  temporalDatabase: (home: string): string => join(homeFolders.stack(home), 'temporal.db'),
  temporalPid: (home: string): string => join(homeFolders.stack(home), 'temporal.pid.json'),
  temporalLog: (home: string): string => join(homeFolders.logs(home), 'temporal.log'),
  workerPid: (home: string): string => join(homeFolders.stack(home), 'worker.pid.json'),
  workerLog: (home: string): string => join(homeFolders.logs(home), 'worker.log'),
  postgres: (home: string): string => join(homeFolders.stack(home), 'postgres'),
  /** The reading role's password as Postgres' own programs take it, so that nobody types it into a command. */
  readerPass: (home: string): string => join(homeFolders.stack(home), 'pgpass'),
};

/** The name of the lock that `up` and `down` hold, equal for every path that leads to this home. */
export const stackLock = (home: string): string => `stack ${realpathSync(home)}`;

/**
 * The kept state; null when the stack has never been up.
 * @throws ElbowError `stack-start` when the file is damaged
 */
export function readState(home: string): StackState | null {
  const path = stackFiles.state(home);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new ElbowError('stack-start', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
  try {
    const state = JSON.parse(text) as StackState;
    // Written by elbow alone; a file of another shape is as damaged as one that is no JSON.
    if (state.version !== 1 || !state.temporal.port || !state.postgres.password)
      throw new Error('unknown shape');
    return state;
  } catch (error) {
    throw new ElbowError('stack-start', `${path} is damaged: ${messageOf(error)}`, {
      hint: `It holds the local ports and passwords. Restore it, or run \`elbow down\`, move ${homeFolders.stack(home)} away and start anew without its sweeps.`,
      cause: error,
    });
  }
}

/** Writes the state at once or not at all. */
export function writeState(home: string, state: StackState): void {
  const folder = homeFolders.stack(home);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const path = stackFiles.state(home);
  // The passwords in it open the database for as long as that exists: it must survive a power cut.
  writeDurably(path, `${JSON.stringify(state, null, 2)}\n`, 0o600);
  const { port, readerPassword } = state.postgres;
  writeDurably(stackFiles.readerPass(home), `127.0.0.1:${port}:*:*:${readerPassword}\n`, 0o600);
}

/** A first state: free ports, fresh passwords. */
export async function createState(): Promise<StackState> {
  const taken = new Set<number>();
  const next = async (): Promise<number> => {
    const port = await choosePort(taken);
    taken.add(port);
    return port;
  };
  return {
    version: 1,
    temporal: { port: await next(), uiPort: await next() },
    postgres: {
      port: await next(),
      password: randomBytes(24).toString('base64url'),
      readerPassword: randomBytes(24).toString('base64url'),
      url: null,
      readerUrl: null,
      migrated: null,
    },
  };
}
