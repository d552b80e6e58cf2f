import type { AttemptTask, Storage } from '../../src/storage/index.js';

/** A lease of an attempt that may run. */
export async function takeLease(
  storage: Storage,
  attemptId: string,
  worker: Parameters<Storage['takeLease']>[1],
): Promise<AttemptTask> {
  const task = await storage.takeLease(attemptId, worker);
  if (typeof task === 'string') throw new Error(`expected a lease, and the attempt is ${task}`);
  return task;
}
