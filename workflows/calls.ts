/** Activities as the workflows call them: timeouts and retries, each with its reason. */
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { ActivityInterfaceFor, ActivityOptions } from '@temporalio/workflow';
import type { ControlActivities, TrainActivities } from '../activities/index.js';
import { poolQueue } from './messages.js';
import type { TrialInput } from './messages.js';

/**
 * Activities that only touch Postgres. They take milliseconds, all may be repeated, and they are tried until Postgres
 * is back: a sweep outlives the database's restarts. What can never work (an unknown sweep) fails at once, because the
 * activities say so.
 */
export const control = proxyActivities<ControlActivities>({
  // Planning 100,000 trials takes seconds, and a worker that dies meanwhile must not hold the sweep up for long.
  startToCloseTimeout: '60 seconds',
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
});

/**
 * A report is only looked at: five minutes of trying are enough. It reads every epoch of a sweep, which for 100,000
 * trials takes longer than the others.
 */
export const { report } = proxyActivities<Pick<ControlActivities, 'report'>>({
  startToCloseTimeout: '2 minutes',
  scheduleToCloseTimeout: '5 minutes',
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumAttempts: 5 },
});

/** The activity that trains, on the queue of the trial's pool. */
export function trainCalls(
  input: Pick<TrialInput, 'pool' | 'timeouts'>,
): ActivityInterfaceFor<TrainActivities> {
  const options: ActivityOptions = {
    taskQueue: poolQueue(input.pool),
    // No schedule-to-start limit: a trial waits for a slot for as long as the pool is busy, or empty.
    heartbeatTimeout: input.timeouts.heartbeatMs,
    startToCloseTimeout: input.timeouts.startToCloseMs,
    // A cancelled trial has ended only when its trainer has, and what it reached is in Postgres. The activity
    // heartbeats all the time, so that it hears of the cancellation; one that has no slot yet is cancelled at once.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    // How often a trial is tried, and when again, the activity says: it counts in Postgres, where lost workers are counted,
    // too. These pauses are for what it cannot say, that a worker fell silent: that has been waited for already.
    retry: { initialInterval: '100 milliseconds', backoffCoefficient: 2, maximumInterval: '30 seconds' },
  };
  return proxyActivities<TrainActivities>(options);
}
