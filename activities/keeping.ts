/**
 * What an execution keeps in files: checkpoints, and the weights of the trained network. On this machine it is what the
 * trainer wrote; with an artifact store it is brought there, too, so that a worker on another host goes on from it.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { AttemptTask } from '../src/storage/index.js';
import { inheritCheckpoints } from './checkpoints-here.js';
import { checkpointsOf } from './trainables.js';
import type { Places } from './trainables.js';

export interface Keeping {
  /**
   * Before the trainer begins: sees to it that the checkpoint to go on from is on this machine.
   * @throws the signal's reason
   */
  prepare(): Promise<void>;
  /** The trainer wrote a checkpoint. */
  checkpoint(path: string): void;
  /** Before the end of the attempt is stored: brings the weights to where others find them. Never throws. */
  weights(digest: string | null): Promise<void>;
  /** The execution ends and its attempt does not: waits at most so long for what is on its way to the store. */
  leave(limitMs: number): Promise<void>;
  /** The end of the attempt is stored: its checkpoints are of no use any more. Never throws. */
  remove(): Promise<void>;
}

export interface KeepingHooks {
  /** Ends the execution. */
  readonly signal: AbortSignal;
  /** Says something in the trial's log. */
  log(text: string): void;
  /** Tells storage where the newest checkpoint is. */
  setCheckpoint(place: string): void;
}

/** Keeps everything on this machine alone. */
export function localKeeping(
  task: AttemptTask,
  places: Places,
  { log, setCheckpoint }: Omit<KeepingHooks, 'signal'>,
): Keeping {
  const folder = checkpointsOf(task.attemptId, places);
  return {
    prepare: async () => {
      const inherited = inheritCheckpoints(task, places);
      if (inherited !== null) log(inherited);
      // The folder, not the file: the one that was told last may have given way to newer ones.
      if (task.checkpoint && !existsSync(folder)) {
        const { path, host } = task.checkpoint;
        log(`the checkpoint ${path}, written on ${host}, is not on this machine: the trial starts over`);
      }
    },
    checkpoint: setCheckpoint,
    weights: () => Promise.resolve(),
    leave: () => Promise.resolve(),
    // A folder that stays behind changes nothing.
    remove: () => rm(folder, { recursive: true, force: true }).catch(() => undefined),
  };
}
