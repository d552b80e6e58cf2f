/** An ELBOW_HOME of a measurement's own, with the parts and data sets of the user's. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compiled, elbowHome, homeFolders } from '../../src/paths.js';
import { readState } from '../../src/stack/state.js';
import type { StackState } from '../../src/stack/state.js';
import { runWatched } from './processes.js';

export interface ScratchHome {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
  /** Runs a command of the CLI to its end. @throws Error with what it said when its exit code is not one of `codes` */
  elbow(args: readonly string[], codes?: readonly number[]): Promise<string>;
  state(): StackState & { postgres: { url: string } };
}

/**
 * Hands over a home whose stack is up, and takes the stack down at the end.
 * @param kept a folder that stays, for parts that are run one after the other; null: one that is deleted at the end
 */
export async function withHome<T>(kept: string | null, use: (home: ScratchHome) => Promise<T>): Promise<T> {
  const path = kept === null ? mkdtempSync(join(tmpdir(), 'elbow-scale-')) : resolve(kept);
  if (path === elbowHome()) throw new Error(`${path} is the home in use: a measurement wants one of its own`);
  mkdirSync(path, { recursive: true });
  for (const folder of [homeFolders.parts, homeFolders.data]) {
    if (!existsSync(folder(path)) && existsSync(folder(elbowHome())))
      symlinkSync(folder(elbowHome()), folder(path));
  }
  const env = { ...process.env, ELBOW_HOME: path };
  const elbow = async (args: readonly string[], codes: readonly number[] = [0]): Promise<string> => {
    const ran = await runWatched(process.execPath, [compiled('src/cli/main.js'), ...args], { env });
    if (ran.code !== null && codes.includes(ran.code)) return ran.stdout;
    throw new Error(`elbow ${args.join(' ')} ended with ${ran.code}:\n${ran.stdout}${ran.stderr}`);
  };
  const state = (): ReturnType<ScratchHome['state']> => {
    const found = readState(path);
    const url = found?.postgres.url;
    if (!found || !url) throw new Error('expected a stack that is up');
    return { ...found, postgres: { ...found.postgres, url } };
  };
  try {
    await elbow(['up']);
    return await use({ path, env, elbow, state });
  } finally {
    await elbow(['down']);
    if (kept === null) rmSync(path, { recursive: true, force: true });
  }
}
