/** What people tell a sweep that runs, one after the other: pause, resume, how many trials at once. */
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineSignal,
  defineUpdate,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { statusAttribute } from './attributes.js';
import { control } from './calls.js';
import { SIGNALS, UPDATES } from './messages.js';
import type { PauseInput, PlanResult, SweepStanding } from './messages.js';
import { quietSignal } from './shard.js';
import type { SweepShards } from './shards.js';

export const pauseUpdate = defineUpdate<SweepStanding, [PauseInput]>(UPDATES.pause);
export const resumeUpdate = defineUpdate<SweepStanding>(UPDATES.resume);
export const concurrencyUpdate = defineUpdate<SweepStanding, [number]>(UPDATES.concurrency);
export const moreUpdate = defineUpdate<SweepStanding>(UPDATES.more);
export const pauseSignal = defineSignal(SIGNALS.pause);
export const resumeSignal = defineSignal(SIGNALS.resume);

/** Of what nobody waits for. */
const ignore = (): void => undefined;

const tooLate = (): ApplicationFailure =>
  ApplicationFailure.nonRetryable('the sweep has ended, or takes no more trials', 'state-forbids');

export interface Lifecycle {
  /** The sweep is planned: what waits for that goes on. */
  begin(plan: PlanResult): void;
  /** All trials have ended: what comes from now on is refused. */
  end(): void;
}

export function handleLifecycle(sweepId: string, shards: SweepShards): Lifecycle {
  let state: 'planning' | 'running' | 'ended' = 'planning';
  let isPaused = false;
  let turn: Promise<unknown> = Promise.resolve();

  /** Postgres and the shards are told in the order of the messages. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    // A message that comes while the sweep is being cancelled is answered, too: what a handler of a signal throws would
    // end the workflow before it has closed its trials.
    const next = turn.then(() =>
      CancellationScope.nonCancellable(async () => {
        await condition(() => state !== 'planning');
        return work();
      }),
    );
    turn = next.catch(() => undefined);
    return next;
  };
  const show = (standing: SweepStanding): SweepStanding => {
    if (state === 'running') upsertSearchAttributes(statusAttribute(standing.status));
    return standing;
  };
  const setPaused = ({ status }: SweepStanding): void => {
    isPaused = status === 'pausing' || status === 'paused';
    shards.setPaused(isPaused);
  };

  const pause = ({ now }: PauseInput): Promise<SweepStanding> =>
    inTurn(async () => {
      // Workers are stopped from beginning anything by Postgres; the shards, from trying.
      const standing = await control.pause(sweepId);
      setPaused(standing);
      if (isPaused && now) shards.stopTrials();
      return show(standing);
    });
  const resume = (): Promise<SweepStanding> =>
    inTurn(async () => {
      const standing = await control.resume(sweepId);
      setPaused(standing);
      return show(standing);
    });
  const setConcurrency = (concurrency: number): Promise<SweepStanding> =>
    inTurn(async () => {
      const standing = await control.limit(sweepId, concurrency);
      shards.setConcurrency(concurrency);
      return standing;
    });
  const runMore = (): Promise<SweepStanding> =>
    inTurn(async () => {
      if (!shards.lookAgain()) throw tooLate();
      return control.settlePause(sweepId);
    });
  const settle = (): void => {
    if (!isPaused) return;
    void inTurn(async () => show(await control.settlePause(sweepId))).then(ignore, ignore);
  };

  const refuseEnded = (): void => {
    if (state === 'ended') throw tooLate();
  };
  setHandler(pauseUpdate, pause, { validator: (_input) => refuseEnded() });
  setHandler(resumeUpdate, resume, { validator: refuseEnded });
  setHandler(moreUpdate, runMore, {
    validator: () => {
      refuseEnded();
      if (state === 'planning' || shards.takesMore()) return;
      throw ApplicationFailure.nonRetryable(
        'it was started by an earlier elbow and takes no more trials while it runs; they are stored, and `elbow rerun` runs them once it has ended',
        'usage',
      );
    },
  });
  setHandler(concurrencyUpdate, setConcurrency, {
    validator: (concurrency) => {
      refuseEnded();
      if (Number.isInteger(concurrency) && concurrency >= 1) return;
      throw ApplicationFailure.nonRetryable(
        `expected a whole number of trials from 1 on, got ${JSON.stringify(concurrency)}`,
        'usage',
      );
    },
  });
  setHandler(pauseSignal, () => pause({ now: false }).then(ignore, ignore));
  setHandler(resumeSignal, () => resume().then(ignore, ignore));
  setHandler(quietSignal, settle);
  shards.onEnd(settle);

  return {
    begin: (plan) => {
      state = 'running';
      if (!plan.isPaused) return;
      isPaused = true;
      shards.setPaused(true);
    },
    end: () => {
      state = 'ended';
    },
  };
}
