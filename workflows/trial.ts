import {
  CancellationScope,
  CancelledFailure,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { endText, statusAttribute, trialSummary, trialsSummary } from './attributes.js';
import { control, trainCalls } from './calls.js';
import { CANCELLED, storedEnd, trainFailure } from './failures.js';
import { SIGNALS } from './messages.js';
import type { TrialEnd, TrialInput, TrialRef } from './messages.js';

export const stopSignal = defineSignal(SIGNALS.stop);
export const goSignal = defineSignal(SIGNALS.go);
export const heldSignal = defineSignal<[number]>(SIGNALS.held);

/** A trial that is held again as soon as it has been let go on asks once a second at most. */
const HELD_PAUSE = '1 second';

/**
 * Runs one trial (or several short ones in a row) on a worker of its pool, and sees to it that Postgres says how each
 * has ended. A trial that fails completes its workflow like any other: the attribute ElbowStatus tells.
 * @throws CancelledFailure when it was cancelled, after that is stored
 */
export async function trial(input: TrialInput): Promise<readonly TrialEnd[]> {
  const ends: TrialEnd[] = [];
  const place = createPlace(input);
  const show = (isHeld = false): void => {
    const waits = input.trials.length > ends.length;
    const what = isHeld
      ? 'is held: its sweep is paused, or runs as many trials as it may'
      : `waits for a slot in pool \`${input.pool}\` or runs: the heartbeat of its pending activity says how far it got`;
    const next = waits ? [`Trial ${input.trials[ends.length]!.number} ${what}.`] : [];
    setCurrentDetails([...ends.map(endText), ...next].join('\n\n'));
  };
  show();
  while (ends.length < input.trials.length) {
    try {
      const some = await run(input, input.trials.slice(ends.length), place);
      ends.push(...some);
      if (some.length === 0) {
        show(true);
        await place.wait();
      }
    } catch (error) {
      if (!isCancelled(error)) throw error;
      ends.push(...(await cancel(input, input.trials.slice(ends.length))));
      show();
      upsertSearchAttributes(statusAttribute('cancelled'));
      throw new CancelledFailure(`${ends.filter((end) => end.status === 'cancelled').length} cancelled`);
    }
    show();
  }
  upsertSearchAttributes(statusAttribute(statusOf(ends)));
  return ends;
}

/** The place of a trial among those that may run: it can be taken, and is given back. */
interface Place {
  /** Where the activity runs; cancelled to stop it. */
  scope: CancellationScope;
  /** Whether it was told to stop. */
  isStopped: boolean;
  /** Tells the shard that the trial is held, and waits until it may go on. */
  wait(): Promise<void>;
}

function createPlace({ trials }: TrialInput): Place {
  let mayGo = false;
  let holds = 0;
  const place: Place = {
    scope: new CancellationScope(),
    isStopped: false,
    wait: async () => {
      const { parent } = workflowInfo();
      if (holds++ > 0 || !parent) await sleep(HELD_PAUSE);
      mayGo = false;
      // Only tests start a trial without a shard: nobody would let it go on.
      if (!parent) return;
      await getExternalWorkflowHandle(parent.workflowId).signal(heldSignal, trials[0]!.number);
      await condition(() => mayGo);
    },
  };
  setHandler(goSignal, () => void (mayGo = true));
  setHandler(stopSignal, () => {
    place.isStopped = true;
    place.scope.cancel();
  });
  return place;
}

/**
 * A worker that is lost while a cancelled trial waits for its end shows as a timeout, and is still a cancellation.
 */
const isCancelled = (error: unknown): boolean =>
  isCancellation(error) || CancellationScope.current().consideredCancelled;

/**
 * @param rest the trials that have not ended yet; at least one
 * @returns how the first of them ended; none when the first may not run now: it is queued again
 */
async function run(input: TrialInput, rest: readonly TrialRef[], place: Place): Promise<readonly TrialEnd[]> {
  const { sweepId } = input;
  const ref = rest[0]!;
  place.scope = new CancellationScope();
  place.isStopped = false;
  try {
    return await place.scope.run(() => callTrain(input, rest));
  } catch (error) {
    if (CancellationScope.current().consideredCancelled) throw error;
    // Whether the activity had begun, or its worker was lost while it was to stop: it is queued again now. Of several, those
    // that have ended are passed over one by one.
    if (place.isStopped) return listOf(await control.hold(sweepId, ref));
    if (isCancellation(error)) throw error;
    const stored = storedEnd(error);
    if (stored) return [stored];
    const failure = trainFailure(error, input.timeouts);
    return CancellationScope.nonCancellable(() =>
      control.record({ sweepId, trials: [ref], status: 'failed', failure }),
    );
  }
}

const listOf = (answer: TrialEnd | null | readonly TrialEnd[]): readonly TrialEnd[] =>
  answer === null ? [] : 'number' in answer ? [answer] : answer;

/** Several trials go to one activity, which runs as many of them as are short. */
async function callTrain(
  { sweepId, ...input }: TrialInput,
  rest: readonly TrialRef[],
): Promise<readonly TrialEnd[]> {
  const { train } = trainCalls(input);
  const [ref, ...behind] = rest as readonly [TrialRef, ...TrialRef[]];
  if (behind.length === 0)
    return listOf(await train.executeWithOptions({ summary: trialSummary(ref) }, [sweepId, ref]));
  return listOf(await train.executeWithOptions({ summary: trialsSummary(rest) }, [sweepId, ref, behind]));
}

/** Stores that trials were cancelled, those that the activity could not tell. */
function cancel(input: TrialInput, trials: readonly TrialRef[]): Promise<readonly TrialEnd[]> {
  return CancellationScope.nonCancellable(() =>
    control.record({ sweepId: input.sweepId, trials, status: 'cancelled', failure: CANCELLED }),
  );
}

/** Of several, what needs attention most. */
function statusOf(ends: readonly TrialEnd[]): TrialEnd['status'] {
  const found = (['failed', 'cancelled', 'pruned'] as const).find((status) =>
    ends.some((end) => end.status === status),
  );
  return found ?? 'succeeded';
}
