/** A worker says in Postgres that it lives, for `elbow status` and for `up`, which waits for it; and hears whether it is put aside. */
import { messageOf } from '../errors.js';
import type { Storage, WorkerIntroduction } from '../storage/index.js';
import type { Gate } from './gate.js';

/** Workers not seen for a minute count as gone: this leaves room for a database that restarts. */
const EVERY_MS = 5_000;

export interface Registration {
  /** Takes the worker off the list. */
  end(): Promise<void>;
}

/** Registers the worker and keeps doing so. @throws when the first time fails */
export async function register(
  storage: Storage,
  worker: WorkerIntroduction,
  gate: Gate,
  note: (line: string) => void,
): Promise<Registration> {
  // In a container the next one has the same host and pid: it begins anew all the same.
  await storage.removeWorker(worker.id);
  gate.set(!(await storage.seeWorker(worker)));
  let isSaying = false;
  let isSilent = false;
  const say = async (): Promise<void> => {
    // While Postgres is away, one call waits for it, and not one more every few seconds.
    if (isSaying) return;
    isSaying = true;
    try {
      gate.set(!(await storage.seeWorker(worker)));
      if (isSilent) note('Postgres answers again');
      isSilent = false;
    } catch (error) {
      if (!isSilent) note(`cannot register: ${messageOf(error)}`);
      isSilent = true;
    } finally {
      isSaying = false;
    }
  };
  const timer = setInterval(() => void say(), EVERY_MS);
  return {
    end: async () => {
      clearInterval(timer);
      await storage.removeWorker(worker.id);
    },
  };
}
