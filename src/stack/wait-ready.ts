/** Waits until a program that was just started does its work. */
import { setTimeout as pause } from 'node:timers/promises';
import { ElbowError } from '../errors.js';
import { isRunning, type ProcessId } from './processes.js';
import { readText } from './read-text.js';
import { interrupted, lastLines } from './run-program.js';

/** Between two looks; a start takes a tenth of a second to a few seconds. */
const LOOK_MS = 40;

export interface StartedProgram {
  readonly id: ProcessId;
  /** What a person calls it, with article: "the local worker". */
  readonly name: string;
  /** What it has not done when time is up: "did not register". */
  readonly lacks: string;
  /** Its log file, and how many characters were in it before this start. */
  readonly log: string;
  readonly logged: number;
  readonly limitMs: number;
  readonly signal: AbortSignal;
  isReady(): Promise<boolean>;
  /** Ends it, and what it may have left. */
  stop(): Promise<unknown>;
}

/**
 * Waits for `isReady`; stops the program where it ends, takes too long, or the user interrupts.
 * @throws ElbowError `stack-start` with the last lines of its log; `interrupted`
 */
export async function waitUntilReady(program: StartedProgram): Promise<void> {
  const { id, log, limitMs, signal } = program;
  const end = performance.now() + limitMs;
  while (!((await program.isReady()) && isRunning(id))) {
    const isDead = !isRunning(id);
    if (isDead || performance.now() > end || signal.aborted) {
      await program.stop();
      if (signal.aborted) throw interrupted();
      const said = lastLines(readText(log).slice(program.logged), 8);
      const what = isDead ? 'ended at once' : `${program.lacks} within ${limitMs / 1000} s`;
      throw new ElbowError('stack-start', `${program.name} ${what}${said ? `:\n${said}` : ''}`, {
        hint: `Its log is ${log}; \`elbow doctor\` says what is wrong.`,
      });
    }
    await pause(LOOK_MS);
  }
}
