/** Executions that failed, and workers that are put aside for failing. */
import type { PoolClient } from 'pg';
import type { Database } from './database.js';
import { lockLease } from './leases.js';
import {
  failuresOf,
  isHalfLeft,
  isSuspicious,
  otherMachines,
  othersDoBetter,
  othersTakeTrials,
  SUSPICIOUS_TRIALS,
} from './machines.js';
import type { FailureRow, Storage } from './storage.js';

type FailureMethods = Pick<Storage, 'recordFailure' | 'failures'>;

/**
 * Time for what has used up a worker's memory or disk to go, and for people to see it. If it fails the next trial, too, it
 * is put aside again.
 */
const ASIDE_SECONDS = 900;

/**
 * Puts a worker aside that has failed several trials in a row while others of its pool did better.
 * @returns whether it was put aside
 */
async function putAside(client: PoolClient, workerId: string, code: string): Promise<boolean> {
  // One after the other: two that fail at the same moment must not both count on the other.
  await client.query(
    'select from workers where pool = (select pool from workers where id = $1) order by id for update',
    [workerId],
  );
  const { rowCount } = await client.query(
    `update workers set aside_until = now() + $2 * interval '1 second', aside_reason = $3
     where id = $1 and coalesce(aside_until <= now(), true) and ${othersTakeTrials('$1')}
       and ${isSuspicious('$1')} and ${othersDoBetter('$1')} and ${isHalfLeft('$1')}`,
    [
      workerId,
      ASIDE_SECONDS,
      `${SUSPICIOUS_TRIALS} different trials failed on it in a row, the last one with ${code}`,
    ],
  );
  return rowCount === 1;
}

export function failureMethods(db: Database): FailureMethods {
  return {
    recordFailure: (attemptId, lease, failure) =>
      db.transaction(async (client) => {
        await lockLease(client, attemptId, lease);
        const { rows } = await client.query<{ workerId: string }>(
          `insert into trial_failures (attempt_id, lease, code, message, worker_id, host, epochs, avoid_until)
           select a.id, a.lease, $2, $3, a.worker_id, a.host,
             (select count(*) from trial_epochs e where e.attempt_id = a.id),
             case when $4 = 'Infinity'::float8 then 'infinity' else now() + $4 * interval '1 second' end
           from trial_attempts a where a.id = $1
           on conflict (attempt_id, lease) do update set lease = excluded.lease
           returning worker_id as "workerId"`,
          [attemptId, failure.code, failure.message, failure.avoidSeconds],
        );
        const { workerId } = rows[0]!;
        return {
          failures: await failuresOf(client, attemptId),
          otherMachines: await otherMachines(client, attemptId, workerId, 'soon'),
          isAside: failure.avoidSeconds !== null && (await putAside(client, workerId, failure.code)),
        };
      }),

    failures: (sweepId, trial) =>
      db.attempt(async () => {
        const { rows } = await db.pool.query<FailureRow>(
          `select a.attempt, f.lease, f.code, f.message, f.host, f.epochs, f.at
           from trial_failures f join trial_attempts a on a.id = f.attempt_id join trials t on t.id = a.trial_id
           where t.sweep_id = $1 and t.number = $2 order by a.attempt, f.lease`,
          [sweepId, trial],
        );
        return rows;
      }),
  };
}
