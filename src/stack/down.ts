/** `down`: stops what `up` started in this ELBOW_HOME, and nothing else. */
import { existsSync } from 'node:fs';
import { elbowHome } from '../paths.js';
import { stopWorker } from './local-worker.js';
import { withLock } from './lock.js';
import type { StackOptions } from './options.js';
import { stopPostgres } from './postgres.js';
import { stackFiles, stackLock } from './state.js';
import { STRAY_GRACE_MS, stopStrays } from './strays.js';
import { stopTemporal } from './temporal.js';

/**
 * Stops the worker with its trainers, then Temporal and Postgres. Nothing is deleted; ports and passwords are kept.
 * @returns what was running and is stopped now; empty when nothing ran
 */
export async function takeDown(options: StackOptions): Promise<readonly string[]> {
  const home = elbowHome(options.env);
  if (!existsSync(home)) return [];
  const onWait = (): void => options.note('another elbow is starting or stopping the stack; waiting for it');
  return withLock(stackLock(home), { signal: options.signal, onWait }, async () => {
    const stopped: string[] = [];
    // The worker first, so that it can still say goodbye to both servers.
    if (await stopWorker(home)) stopped.push('worker');
    const [temporal, postgres] = await Promise.allSettled([stopTemporal(home), downPostgres(home)]);
    if (temporal.status === 'rejected') throw temporal.reason;
    if (postgres.status === 'rejected') throw postgres.reason;
    if (temporal.value) stopped.push('Temporal');
    if (postgres.value) stopped.push('Postgres');
    return stopped;
  });
}

async function downPostgres(home: string): Promise<boolean> {
  const wasRunning = await stopPostgres({ folder: stackFiles.postgres(home) });
  const hadStrays = await stopStrays(home, 'postgres', STRAY_GRACE_MS);
  return wasRunning || hadStrays;
}
