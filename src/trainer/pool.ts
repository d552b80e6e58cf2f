/** The warm trainers of a worker: at most one for each slot, reused while they are fit for the next job. */
import type { Outcome } from '../storage/storage.js';
import { NO_NEED } from './admission.js';
import type { Need } from './admission.js';
import { dealSlots } from './dealing.js';
import { createSlotDesk, waitText } from './desk.js';
import type { Hold, SlotDesk } from './desk.js';
import { needOf, requestOf } from './forecast.js';
import type { TrainerHooks } from './hooks.js';
import { residentMb } from './memory.js';
import { planMemory } from './plan.js';
import type { TrainJob } from './protocol.js';
import { TooLarge } from './too-large.js';
import { Trainer } from './trainer.js';

/** A process that has run this many jobs is replaced: small leaks of native libraries stay small. */
const MOST_JOBS = 200;
/** An idle trainer larger than this is ended: its memory is needed by others. Data and library take 0.6 GB. */
const LARGEST_IDLE_MB = 2_000;

export interface TrainerPoolOptions {
  /** Trainers at the same time, integer ≥ 1, or the slots that they have with others. */
  readonly slots: number | SlotDesk<Trainer>;
  readonly env: NodeJS.ProcessEnv;
  /** Resident memory a trainer may use, in MB; null or left out for no limit. */
  readonly memoryLimitMb?: number | null;
  /** Silence after which a trainer counts as hung, in milliseconds; left out for 15 minutes. */
  readonly silenceLimitMs?: number;
  /**
   * Threads of a trainer that waits for the first job, and of the one that follows where one had to be ended: loading
   * TensorFlow takes a second, which a trial that is taken over from a worker that died would lose. None waits on a GPU,
   * whose memory others may want. Left out for none at all.
   */
  readonly spareThreads?: number;
  /**
   * Once it is aborted, trainers that are told to stop have as long as `kill` leaves them, and not a few seconds; left out
   * for never.
   */
  readonly stopping?: AbortSignal;
}

export interface TrainerPool {
  /**
   * Trains one job in a trainer of its own, warm or new, once its slot has the memory for it.
   * @throws ElbowError with the code of what went wrong
   */
  run(job: TrainJob, hooks: TrainerHooks): Promise<Outcome>;
  /** Ends trainers that are at work at once, with whatever they do. */
  kill(): void;
  /** Ends all trainers. */
  close(): Promise<void>;
}

export function createTrainerPool(options: TrainerPoolOptions): TrainerPool {
  const { env, memoryLimitMb = null, silenceLimitMs, spareThreads, stopping } = options;
  const desk =
    typeof options.slots === 'number' ? createSlotDesk<Trainer>(dealSlots(options.slots)) : options.slots;
  const isOnDevice = desk.slots.some(({ device }) => device !== null);
  const working = new Set<Trainer>();

  /** @throws ElbowError `out-of-memory` where no GPU of this worker is large enough */
  const needFor = (job: TrainJob): Need => {
    const request = requestOf(job, isOnDevice);
    if (request === null) return NO_NEED;
    const sizes = desk.slots.map(({ device }) => device?.memoryMb ?? null);
    if (isOnDevice && !sizes.includes(null)) {
      const limitMb = Math.max(...sizes.map((size) => size ?? 0));
      const { refusal } = planMemory(
        request,
        { limitMb, shareMb: null, source: 'the largest GPU of this worker' },
        0,
      );
      if (refusal) throw new TooLarge(refusal.message, refusal.hint, limitMb);
    }
    return needOf(job, request, { isOnDevice, trainerMemoryMb: memoryLimitMb });
  };

  const seat = async (job: TrainJob, hooks: TrainerHooks): Promise<Hold<Trainer>> => {
    const need = needFor(job);
    return desk.take({
      need,
      signal: hooks.signal,
      wants: (trainer) => trainer.threads === job.threads && trainer.isAlive,
      onWait: () => hooks.onLog('elbow', waitText(need)),
    });
  };

  const release = (hold: Hold<Trainer>, trainer: Trainer, need: Need): void => {
    const hostMb = trainer.pid === undefined ? null : residentMb(trainer.pid);
    if (trainer.isAlive && trainer.jobs < MOST_JOBS && hostMb !== null && hostMb <= LARGEST_IDLE_MB) {
      // TensorFlow gives nothing of a GPU's memory back.
      const deviceMb = Math.max(trainer.holds.deviceMb, need.deviceMb);
      trainer.holds = { hostMb: isOnDevice ? 0 : hostMb, deviceMb };
      hold.release(trainer);
    } else {
      // Its memory counts until it is gone.
      void trainer.end().then(() => hold.release());
    }
  };

  /** Lets a trainer work in a slot, the one that waits there or a new one. @throws what the work throws */
  const useTrainer = async <T>(
    hold: Hold<Trainer>,
    threads: number,
    work: (trainer: Trainer) => Promise<T>,
  ): Promise<T> => {
    const { slot, warm, need } = hold;
    const slots = desk.slots.length;
    const trainer =
      warm ?? new Trainer({ threads, env, slots, memoryLimitMb, silenceLimitMs, slot, stopping });
    working.add(trainer);
    try {
      const result = await work(trainer);
      release(hold, trainer, need);
      return result;
    } catch (error) {
      // What went wrong may have left its memory in any state.
      await trainer.end();
      hold.release();
      throw error;
    } finally {
      working.delete(trainer);
    }
  };

  /** Starts the trainer that waits. One that cannot be started is left to a job to tell of. */
  const startSpare = async (): Promise<void> => {
    if (spareThreads === undefined || isOnDevice) return;
    const signal = stopping ?? new AbortController().signal;
    try {
      const hold = await desk.take({ need: NO_NEED, signal, wants: () => true });
      if (hold.warm) hold.release(hold.warm);
      else await useTrainer(hold, spareThreads, (trainer) => trainer.start(signal));
    } catch {
      // The desk is closed, or there is no TensorFlow.
    }
  };
  void startSpare();

  return {
    run: async (job, hooks) => {
      const hold = await seat(job, hooks);
      try {
        return await useTrainer(hold, job.threads, (trainer) => trainer.run(job, hooks));
      } catch (error) {
        void startSpare();
        throw error;
      }
    },
    kill: () => {
      for (const trainer of working) trainer.kill();
    },
    close: async () => {
      await Promise.all([desk.close(), ...[...working].map((trainer) => trainer.end())]);
    },
  };
}
