/** Which machines of a pool take trials, and which of them may try an attempt next. */
import type { PoolClient } from 'pg';
import type { ExecutionFailure } from './storage.js';

/** A worker tells every five seconds that it lives; one that has been silent for this long is not counted on. */
const ALIVE = "interval '30 seconds'";

/** Whether a worker of alias `w` takes trials. */
const TAKES_TRIALS = `w.slots > 0 and w.last_seen_at > now() - ${ALIVE} and coalesce(w.aside_until <= now(), true)`;

/**
 * Whether another worker of the pool of the worker $1 takes trials: the last one that does is never put aside.
 * @param id a parameter, such as `$1`
 */
export const othersTakeTrials = (id: string): string =>
  `exists (select from workers w join workers me on me.id = ${id}
     where w.pool = me.pool and w.id <> me.id and ${TAKES_TRIALS})`;

export async function failuresOf(client: PoolClient, attemptId: string): Promise<ExecutionFailure[]> {
  const { rows } = await client.query<ExecutionFailure>(
    'select code, message, host, epochs from trial_failures where attempt_id = $1 order by lease',
    [attemptId],
  );
  return rows;
}

/** Machines of a worker's pool that take trials and have not failed the attempt. */
export async function otherMachines(
  client: PoolClient,
  attemptId: string,
  workerId: string,
): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `select count(distinct w.host) as count from workers w join workers me on me.id = $2 and w.pool = me.pool
     where ${TAKES_TRIALS} and w.host <> me.host
       and w.host not in (select f.host from trial_failures f where f.attempt_id = $1)`,
    [attemptId, workerId],
  );
  return rows[0]!.count;
}

/** Whether a worker has to leave an attempt to others: it is put aside, or they come first. */
export async function isLeftToOthers(
  client: PoolClient,
  attemptId: string,
  worker: { readonly id: string; readonly host: string },
): Promise<boolean> {
  const { rows } = await client.query<{ isAside: boolean; isAvoided: boolean }>(
    `select exists (select from workers w where w.id = $2 and w.aside_until > now()) as "isAside",
            exists (select from trial_failures f
                    where f.attempt_id = $1 and f.host = $3 and f.avoid_until > now()) as "isAvoided"`,
    [attemptId, worker.id, worker.host],
  );
  const { isAside, isAvoided } = rows[0]!;
  if (isAside) return true;
  return isAvoided && (await otherMachines(client, attemptId, worker.id)) > 0;
}
