/** The warm trainers of a worker: at most one for each slot, reused while they are fit for the next job. */
import type { Outcome } from '../storage/storage.js';
import { residentMb } from './memory.js';
import type { TrainJob } from './protocol.js';
import type { TrainerHooks } from './hooks.js';
import { Trainer } from './trainer.js';

/** A process that has run this many jobs is replaced: small leaks of native libraries stay small. */
const MOST_JOBS = 200;
/** An idle trainer larger than this is ended: its memory is needed by others. Data and library take 0.6 GB. */
const LARGEST_IDLE_MB = 2_000;

export interface TrainerPoolOptions {
  /** Trainers at the same time, integer ≥ 1. */
  readonly slots: number;
  readonly env: NodeJS.ProcessEnv;
  /** Resident memory a trainer may use, in MB; null or left out for no limit. */
  readonly memoryLimitMb?: number | null;
  /** Silence after which a trainer counts as hung, in milliseconds; left out for 15 minutes. */
  readonly silenceLimitMs?: number;
}

export interface TrainerPool {
  /**
   * Trains one job in a trainer of its own, warm or new.
   * @throws ElbowError with the code of what went wrong
   */
  run(job: TrainJob, hooks: TrainerHooks): Promise<Outcome>;
  /** Ends all trainers. */
  close(): Promise<void>;
}

export function createTrainerPool(options: TrainerPoolOptions): TrainerPool {
  const idle: Trainer[] = [];
  const all = new Set<Trainer>();

  const take = (threads: number): Trainer => {
    for (;;) {
      const at = idle.findIndex((trainer) => trainer.threads === threads);
      const [trainer] = at >= 0 ? idle.splice(at, 1) : [];
      if (!trainer) break;
      if (trainer.isAlive) return trainer;
      all.delete(trainer);
    }
    // Trainers of other settings would hold memory that this slot's new one needs.
    while (all.size >= options.slots && idle.length > 0) retire(idle.shift()!);
    const { env, slots, memoryLimitMb = null, silenceLimitMs } = options;
    const made = new Trainer({ threads, env, slots, memoryLimitMb, silenceLimitMs });
    all.add(made);
    return made;
  };

  const retire = (trainer: Trainer): void => {
    all.delete(trainer);
    void trainer.end();
  };

  const giveBack = (trainer: Trainer): void => {
    const size = trainer.pid === undefined ? null : residentMb(trainer.pid);
    const isFit = trainer.isAlive && trainer.jobs < MOST_JOBS && size !== null && size <= LARGEST_IDLE_MB;
    if (isFit) idle.push(trainer);
    else retire(trainer);
  };

  return {
    run: async (job, hooks) => {
      const trainer = take(job.threads);
      try {
        const outcome = await trainer.run(job, hooks);
        giveBack(trainer);
        return outcome;
      } catch (error) {
        // What went wrong may have left its memory in any state.
        all.delete(trainer);
        await trainer.end();
        throw error;
      }
    },
    close: async () => {
      idle.length = 0;
      const ending = [...all].map((trainer) => trainer.end());
      all.clear();
      await Promise.all(ending);
    },
  };
}
