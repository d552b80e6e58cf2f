/** Which machines of a pool take trials, and which of them may try an attempt next. */
import type { PoolClient } from 'pg';
import type { ExecutionFailure } from './storage.js';

/** A worker tells every five seconds that it lives; one that has been silent for this long is not counted on. */
const ALIVE = "interval '30 seconds'";

/** Whether a worker of alias `w` takes trials. */
export const TAKES_TRIALS = `w.slots > 0 and w.last_seen_at > now() - ${ALIVE} and coalesce(w.aside_until <= now(), true)`;

/**
 * Whether another worker of the pool of the worker $1 takes trials: the last one that does is never put aside.
 * @param id a parameter, such as `$1`
 */
export const othersTakeTrials = (id: string): string =>
  `exists (select from workers w join workers me on me.id = ${id}
     where w.pool = me.pool and w.id <> me.id and ${TAKES_TRIALS})`;

/**
 * Failures for which the worker $1 may be to blame, since a trial succeeded on it: not those of trials that have failed on
 * another worker, too, nor of trials that have got on on this one since.
 */
const suspicious = (id: string): string =>
  `(select a.trial_id, f.at from trial_failures f join trial_attempts a on a.id = f.attempt_id
    where f.worker_id = ${id} and f.avoid_until is not null
      and f.at > coalesce((select max(b.finished_at) from trial_attempts b
                           where b.worker_id = ${id} and b.status in ('succeeded', 'pruned')), '-infinity')
      and not exists (select from trial_failures g join trial_attempts c on c.id = g.attempt_id
                      where c.trial_id = a.trial_id and g.worker_id <> f.worker_id)
      and not (a.worker_id = f.worker_id
        and (select count(*) from trial_epochs e where e.attempt_id = a.id) > f.epochs))`;

/** Different trials with such failures, after which a worker is put aside. */
export const SUSPICIOUS_TRIALS = 3;

/** Whether the worker $1 is suspicious. */
export const isSuspicious = (id: string): string =>
  `(select count(distinct s.trial_id) from ${suspicious(id)} s) >= ${SUSPICIOUS_TRIALS}`;

/**
 * Whether others do better than the worker $1: one of its pool has finished a trial since the first such failure. Else it
 * may well be the trials.
 */
export const othersDoBetter = (id: string): string =>
  `exists (select from trial_attempts b join workers o on o.id = b.worker_id join workers me on me.id = ${id}
     where o.pool = me.pool and o.id <> me.id and b.status in ('succeeded', 'pruned')
       and b.finished_at > (select min(s.at) from ${suspicious(id)} s))`;

/** Whether the pool of the worker $1 has, with it, no more than half of its workers aside. */
export const isHalfLeft = (id: string): string =>
  `(select 2 * (1 + count(*) filter (where w.aside_until > now())) <= count(*)
    from workers w join workers me on me.id = ${id}
    where w.pool = me.pool and w.slots > 0 and w.last_seen_at > now() - ${ALIVE})`;

export async function failuresOf(client: PoolClient, attemptId: string): Promise<ExecutionFailure[]> {
  const { rows } = await client.query<ExecutionFailure>(
    'select code, message, host, epochs from trial_failures where attempt_id = $1 order by lease',
    [attemptId],
  );
  return rows;
}

/** One that was heard of in this time may come back: it restarts, or is put aside for a while. */
const MAY_COME_BACK = "interval '10 minutes'";

/**
 * Machines of a worker's pool that have not failed the attempt.
 * @param which those that take trials now, or also those that may soon
 */
export async function otherMachines(
  client: PoolClient,
  attemptId: string,
  workerId: string,
  which: 'now' | 'soon',
): Promise<number> {
  const isThere =
    which === 'now'
      ? TAKES_TRIALS
      : `w.slots > 0 and w.last_seen_at > now() - ${MAY_COME_BACK} and coalesce(isfinite(w.aside_until), true)`;
  const { rows } = await client.query<{ count: number }>(
    `select count(distinct w.host) as count from workers w join workers me on me.id = $2 and w.pool = me.pool
     where ${isThere} and w.host <> me.host
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
  const { rows } = await client.query<{ isAside: boolean; avoidUntil: number | null }>(
    `select exists (select from workers w where w.id = $2 and w.aside_until > now()) as "isAside",
            (select extract(epoch from max(f.avoid_until) - now())::float8 from trial_failures f
             where f.attempt_id = $1 and f.host = $3) as "avoidUntil"`,
    [attemptId, worker.id, worker.host],
  );
  const { isAside, avoidUntil } = rows[0]!;
  if (isAside) return true;
  if (avoidUntil === null || avoidUntil <= 0) return false;
  const which = Number.isFinite(avoidUntil) ? 'now' : 'soon';
  return (await otherMachines(client, attemptId, worker.id, which)) > 0;
}
