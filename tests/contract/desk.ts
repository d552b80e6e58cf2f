/** What the parts of the storage contract's suite share. */
import { plan, sweepSpec } from '../support/rows.js';
import type { AttemptTask, QueuedTrial, Storage } from '../../src/storage/index.js';
import { takeLease } from '../support/lease.js';

export const worker = { id: 'host:1', host: 'host' };

/** A storage that is new for every test. */
export class Desk {
  private current: Storage | undefined;

  get storage(): Storage {
    if (!this.current) throw new Error('expected an open storage');
    return this.current;
  }

  set storage(storage: Storage) {
    this.current = storage;
  }

  /** A sweep with trials; gives its id and the queued attempts. */
  async planned(count: number, name = 'one'): Promise<{ id: string; queued: readonly QueuedTrial[] }> {
    const { sweep } = await this.storage.createSweep(sweepSpec(name), 'name: one\n');
    await this.storage.addTrials(sweep.id, plan(count));
    return { id: sweep.id, queued: await this.storage.queuedTrials(sweep.id, -1, 1000) };
  }

  lease(attemptId: string): Promise<AttemptTask> {
    return takeLease(this.storage, attemptId, worker);
  }
}
