/** Leases: which execution of an attempt may write, and whether one may run at all. */
import type { PoolClient } from 'pg';
import { ElbowError } from '../errors.js';
import type { Database } from './database.js';
import { failuresOf, isLeftToOthers } from './machines.js';
import { isLeftToVersion } from './versions.js';
import type { SweepVersion } from './versions.js';
import type { AttemptTask, Storage, SweepStatus } from './storage.js';

type LeaseMethods = Pick<Storage, 'takeLease' | 'releaseLease' | 'holdAttempt' | 'holdTrials'>;

/** What a new lease does to an attempt: it shuts out the one before it, whose epochs' seconds are kept. */
const NEW_LEASE = `lease = a.lease + 1,
    seconds_before = a.seconds_before
      + coalesce((select sum(e.seconds) from trial_epochs e where e.attempt_id = a.id and e.lease = a.lease), 0)`;

/** Queues attempts again, and shuts out whoever runs them. */
const HOLD = `update trial_attempts a set status = 'queued', ${NEW_LEASE}`;

type TaskRow = Omit<AttemptTask, 'attemptId' | 'failures'>;

/**
 * Whoever has the lease of an attempt that is running has not ended it: it was lost, and nobody else will say so. Not so
 * where the same worker asks again: it could not reach a server.
 */
const recordLost = (client: PoolClient, attemptId: string, taker: string): Promise<unknown> =>
  client.query(
    `insert into trial_failures (attempt_id, lease, code, message, worker_id, host, epochs)
     select a.id, a.lease, 'worker-lost',
       format('the worker %s, which ran the trial, disappeared or fell silent', a.worker_id), a.worker_id, a.host,
       (select count(*) from trial_epochs e where e.attempt_id = a.id)
     from trial_attempts a where a.id = $1 and a.status = 'running' and a.worker_id <> $2
     on conflict do nothing`,
    [attemptId, taker],
  );

/**
 * Locks the attempt against a newer lease until the transaction ends.
 * @throws ElbowError `lease-lost` when there is one
 */
export async function lockLease(
  client: PoolClient,
  attemptId: string,
  lease: number,
): Promise<{ status: string }> {
  const { rows } = await client.query<{ lease: number; status: string }>(
    'select lease, status from trial_attempts where id = $1 for no key update',
    [attemptId],
  );
  const row = rows[0];
  if (row?.lease === lease) return row;
  throw leaseLost(attemptId, lease, row?.lease);
}

/** @param newer the lease that took over; undefined where there is none */
function leaseLost(attemptId: string, lease: number, newer: number | undefined): ElbowError {
  const now = newer === undefined ? 'the sweep was removed' : `lease ${newer} took over`;
  return new ElbowError(
    'lease-lost',
    `lease ${lease} of attempt ${attemptId} may not write any more: ${now}`,
  );
}

/**
 * Changes the row of an attempt for a lease, in one statement: Postgres looks at the conditions again when it has waited for
 * somebody else's change of the row.
 * @param set of `update trial_attempts set …`, whose parameters begin with $3
 * @param condition besides the lease
 * @returns whether the condition holds; when it does not nothing has changed
 * @throws ElbowError `lease-lost` when there is a newer lease
 */
export function updateLeased(
  db: Database,
  [attemptId, lease]: readonly [attemptId: string, lease: number],
  set: string,
  values: readonly unknown[],
  condition = 'true',
): Promise<boolean> {
  return db.attempt(async () => {
    const { rowCount } = await db.pool.query(
      `update trial_attempts set ${set} where id = $1 and lease = $2 and ${condition}`,
      [attemptId, lease, ...values],
    );
    if (rowCount === 1) return true;
    const { rows } = await db.pool.query<{ lease: number }>(
      'select lease from trial_attempts where id = $1',
      [attemptId],
    );
    if (rows[0]?.lease !== lease) throw leaseLost(attemptId, lease, rows[0]?.lease);
    return false;
  });
}

/** @returns false when the attempt has ended */
async function holdOne(client: PoolClient, attemptId: string): Promise<boolean> {
  const { rowCount } = await client.query(`${HOLD} where a.id = $1 and a.status in ('queued', 'running')`, [
    attemptId,
  ]);
  return rowCount === 1;
}

/**
 * Whether an attempt's sweep lets it run. The sweep's row is locked until the transaction ends: who pauses or limits the
 * sweep waits for that, and then knows all that run.
 * @returns the sweep; null when the attempt may not run
 */
async function mayRun(client: PoolClient, attemptId: string): Promise<SweepVersion | null> {
  const { rows: sweeps } = await client.query<SweepVersion & { status: SweepStatus; concurrency: number }>(
    `select s.id, s.status, s.concurrency, s.training_version as "trainingVersion",
            s.spec -> 'trainable' ->> 'kind' = 'builtin' as "isBuiltin"
     from trial_attempts a join trials t on t.id = a.trial_id join sweeps s on s.id = t.sweep_id
     where a.id = $1 for no key update of s`,
    [attemptId],
  );
  const sweep = sweeps[0];
  if (!sweep || sweep.status === 'pausing' || sweep.status === 'paused') return null;
  const { rows } = await client.query<{ others: number }>(
    `select count(*) as others from trial_attempts a join trials t on t.id = a.trial_id
     where a.status = 'running' and t.sweep_id = $1 and a.id <> $2`,
    [sweep.id, attemptId],
  );
  return rows[0]!.others < sweep.concurrency ? sweep : null;
}

export function leaseMethods(db: Database): LeaseMethods {
  return {
    takeLease: (attemptId, worker) =>
      db.transaction(async (client) => {
        const sweep = await mayRun(client, attemptId);
        if (sweep === null) return (await holdOne(client, attemptId)) ? 'held' : 'ended';
        // Before anything is stored of it: whoever has the lease may be storing something at this moment.
        const { rows: attempts } = await client.query<{ status: string }>(
          'select status from trial_attempts where id = $1 for no key update',
          [attemptId],
        );
        if (attempts[0]?.status === 'running') await recordLost(client, attemptId, worker.id);
        const isElsewhere =
          (await isLeftToOthers(client, attemptId, worker)) ||
          (await isLeftToVersion(client, attemptId, worker, sweep));
        if (isElsewhere) return (await holdOne(client, attemptId)) ? 'elsewhere' : 'ended';
        // The clock of this moment, not of the transaction's beginning: it may have waited for the end of the trial before it.
        const { rows } = await client.query<TaskRow>(
          `update trial_attempts a
           set status = 'running', worker_id = $2, host = $3, started_at = coalesce(a.started_at, clock_timestamp()), ${NEW_LEASE}
           from trials t join sweeps s on s.id = t.sweep_id
           where a.id = $1 and a.status in ('queued', 'running') and t.id = a.trial_id
           returning a.attempt, a.lease, s.id as "sweepId", s.name as "sweepName", t.number as trial,
             t.arm_hash as "armHash", t.arm_label as "armLabel", t.params,
             t.samples_per_class as "samplesPerClass", t.replicate, s.spec,
             array(select p.id::text from trial_attempts p
                   where p.trial_id = t.id and p.attempt < a.attempt order by p.attempt) as "earlierAttemptIds",
             case when a.checkpoint is not null
               then json_build_object('path', a.checkpoint, 'host', a.checkpoint_host) end as checkpoint`,
          [attemptId, worker.id, worker.host],
        );
        if (!rows[0]) return 'ended';
        // An attempt without an execution before has none.
        const failures = rows[0].lease > 1 ? await failuresOf(client, attemptId) : [];
        return { attemptId, ...rows[0], failures };
      }),

    releaseLease: async (attemptId, lease) => {
      await updateLeased(db, [attemptId, lease], "status = 'queued'", [], "status = 'running'");
    },

    holdAttempt: (attemptId) => db.transaction((client) => holdOne(client, attemptId)),

    holdTrials: (sweepId) =>
      db.transaction(async (client) => {
        await client.query(
          `${HOLD} from trials t where t.id = a.trial_id and t.sweep_id = $1 and a.status = 'running'`,
          [sweepId],
        );
      }),
  };
}
