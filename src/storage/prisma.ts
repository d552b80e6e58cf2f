/** The storage contract over Prisma and Postgres. */
import { closingMethods } from './closing.js';
import { openDatabase } from './database.js';
import { failureMethods } from './failures.js';
import { leaseMethods } from './leases.js';
import { overviewMethods } from './overview.js';
import { planningMethods } from './planning.js';
import { readingMethods } from './reading.js';
import { runningMethods } from './running.js';
import type { Storage } from './storage.js';
import { sweepMethods } from './sweeps.js';
import { versionMethods } from './versions.js';
import { workerMethods } from './workers.js';

export interface StorageOptions {
  readonly url: string;
  /** How long a statement is tried again while the server is away; 0, the default, tells at once. */
  readonly retryForMs?: number;
}

/**
 * Opens the storage and asks the server once.
 * @throws ElbowError `database-unreachable`, `database-refused`
 */
export async function connectStorage({ url, retryForMs = 0 }: StorageOptions): Promise<Storage> {
  const db = openDatabase(url, retryForMs);
  try {
    await db.attempt(() => db.pool.query('select 1'));
  } catch (error) {
    await db.close();
    throw error;
  }
  return {
    ...sweepMethods(db),
    ...planningMethods(db),
    ...leaseMethods(db),
    ...failureMethods(db),
    ...runningMethods(db),
    ...closingMethods(db),
    ...readingMethods(db),
    ...overviewMethods(db),
    ...workerMethods(db),
    ...versionMethods(db),
    close: () => db.close(),
  };
}
