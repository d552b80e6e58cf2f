/**
 * Processes of the stack that no pid file knows: those of a CLI that was killed between starting one and writing it
 * down, and what a killed worker left behind. They are found by a mark in their environment.
 */
import { readFileSync, readdirSync, realpathSync } from 'node:fs';
import { identify, stopProcess } from './processes.js';
import type { ProcessId } from './processes.js';

export type StackPart = 'temporal' | 'postgres' | 'worker';

/** How long what is left of a killed CLI, such as an initdb, may take to end. */
export const STRAY_GRACE_MS = 5_000;

const NAME = 'ELBOW_STACK_PART';

const markOf = (home: string, part: StackPart): string => `${part} ${realpathSync(home)}`;

/** To be put into the environment of a part's process; its children inherit it. */
export const stackMark = (home: string, part: StackPart): NodeJS.ProcessEnv => ({
  [NAME]: markOf(home, part),
});

/** Every process of this home's part, whoever started it. */
export function findMarked(home: string, part: StackPart): readonly ProcessId[] {
  const wanted = `${NAME}=${markOf(home, part)}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(wanted);
      } catch {
        // It has ended meanwhile, or is another user's.
        return false;
      }
    })
    .map((pid) => identify(Number(pid)))
    .filter((id): id is ProcessId => id !== null);
}

/** Stops all that is left of a part; whether there was anything. */
export async function stopStrays(home: string, part: StackPart, graceMs: number): Promise<boolean> {
  const strays = findMarked(home, part);
  await Promise.all(strays.map((id) => stopProcess(id, graceMs)));
  return strays.length > 0;
}
