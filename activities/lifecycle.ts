/** What a sweep is told from outside: each leaves Postgres so that workers heed it from then on. */
import type { Storage } from '../src/storage/index.js';
import type { SweepStanding } from '../workflows/messages.js';

/**
 * Nothing of the sweep begins to run any more. One that is not running stays as it is.
 * @returns `paused` where nothing runs, else `pausing` with the number that does; or whatever else the sweep is
 */
export async function pause(storage: Storage, sweepId: string): Promise<SweepStanding> {
  await storage.moveSweep(sweepId, ['running'], 'pausing');
  return storage.settlePause(sweepId);
}

export async function resume(storage: Storage, sweepId: string): Promise<SweepStanding> {
  await storage.moveSweep(sweepId, ['pausing', 'paused'], 'running');
  return storage.settlePause(sweepId);
}

/** @param concurrency trials at once, integer ≥ 1 */
export async function limit(storage: Storage, sweepId: string, concurrency: number): Promise<SweepStanding> {
  await storage.setConcurrency(sweepId, concurrency);
  return storage.settlePause(sweepId);
}
