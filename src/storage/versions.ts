/** Which versions of elbow workers are made of, and which one trains a sweep. */
import type { PoolClient } from 'pg';
import type { WorkflowVersion } from '../versions.js';
import type { Database } from './database.js';
import { TAKES_TRIALS } from './machines.js';
import type { Storage, TrainedBy } from './storage.js';

type VersionMethods = Pick<Storage, 'seeVersions' | 'forgetVersions' | 'trainedBy'>;

/** A worker says every ten seconds that it takes workflows. */
const TAKES_WORKFLOWS = "interval '30 seconds'";
/** Rows of workers that were killed are of no use to anybody. */
const FORGOTTEN = "interval '1 day'";

/** A sweep as whoever wants a lease finds it. */
export interface SweepVersion {
  readonly id: string;
  /** Null where nothing of it was trained, or by an earlier elbow alone. */
  readonly trainingVersion: string | null;
  /** Whether elbow's own code trains it. */
  readonly isBuiltin: boolean;
}

/**
 * Whether a worker has to leave an attempt to workers of the version that trains its sweep, so that its trials' bits are of
 * one kind. Where none of them takes trials any more, the sweep goes on with the version of the worker that asks; and
 * where each of their machines has failed the attempt lately, that one attempt does. The sweep's row is locked.
 */
export async function isLeftToVersion(
  client: PoolClient,
  attemptId: string,
  worker: { readonly id: string; readonly trainingVersion?: string },
  sweep: SweepVersion,
): Promise<boolean> {
  const own = worker.trainingVersion;
  if (own === undefined || !sweep.isBuiltin || sweep.trainingVersion === own) return false;
  let isOneOff = false;
  if (sweep.trainingVersion !== null) {
    const { rows } = await client.query<{ alive: number; willing: number }>(
      `select count(*) as alive, count(*) filter (where not exists (
           select from trial_failures f where f.attempt_id = $1 and f.host = w.host and f.avoid_until > now())) as willing
       from workers w join worker_versions v on v.worker_id = w.id
       where w.pool = (select s.spec ->> 'pool' from sweeps s where s.id = $2) and w.id <> $4
         and v.training = $3 and ${TAKES_TRIALS}`,
      [attemptId, sweep.id, sweep.trainingVersion, worker.id],
    );
    const { alive, willing } = rows[0]!;
    if (willing > 0) return true;
    isOneOff = alive > 0;
  }
  await client.query(
    `update sweeps s set training_version = case when $3 then s.training_version else $2 end,
       training_mixed = s.training_mixed or exists (
         select from trials t join trial_attempts a on a.trial_id = t.id
         where t.sweep_id = s.id and a.tensorflow is not null and a.training_version is distinct from $2)
     where s.id = $1`,
    [sweep.id, own, isOneOff],
  );
  return false;
}

/** Versions of which a worker takes workflows. */
async function takenBy(client: PoolClient): Promise<WorkflowVersion[]> {
  const { rows } = await client.query<WorkflowVersion>(
    `select workflows as id, elbow, max(extract(epoch from built_at) * 1000)::float8 as "builtAt"
     from worker_versions where workflows_at > now() - ${TAKES_WORKFLOWS} group by 1, 2`,
  );
  return rows;
}

export function versionMethods(db: Database): VersionMethods {
  return {
    seeVersions: (workerId, { training, workflows, takesWorkflows }) =>
      db.transaction(async (client) => {
        await client.query(
          `insert into worker_versions (worker_id, training, workflows, elbow, built_at, workflows_at, seen_at)
           values ($1, $2, $3, $4, to_timestamp($5::float8 / 1000), case when $6 then now() end, now())
           on conflict (worker_id) do update set training = $2, workflows = $3, elbow = $4,
             built_at = excluded.built_at, workflows_at = excluded.workflows_at, seen_at = now()`,
          [workerId, training, workflows.id, workflows.elbow, workflows.builtAt, takesWorkflows],
        );
        await client.query(`delete from worker_versions where seen_at < now() - ${FORGOTTEN}`);
        return takenBy(client);
      }),

    forgetVersions: (workerId) =>
      db.transaction(async (client) => {
        await client.query('delete from worker_versions where worker_id = $1', [workerId]);
        return takenBy(client);
      }),

    trainedBy: (sweepId) =>
      db.attempt(async () => {
        const { rows } = await db.pool.query<TrainedBy>(
          `select a.training_version as version, a.training_version = s.training_version as "isPresent",
                  array_agg(t.number order by t.number) as trials
           from trials t join sweeps s on s.id = t.sweep_id
           join lateral (select * from trial_attempts x where x.trial_id = t.id and x.started_at is not null
                         order by x.attempt desc limit 1) a on true
           where t.sweep_id = $1 and s.training_mixed and a.tensorflow is not null
           group by 1, 2 order by 2 nulls first, min(a.started_at)`,
          [sweepId],
        );
        return rows.map((row) => ({ ...row, isPresent: row.isPresent === true }));
      }),
  };
}
