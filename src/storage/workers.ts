/** Workers report themselves; one that has not for a while is taken for gone. */
import type { Database } from './database.js';
import { isSuspicious, othersTakeTrials } from './machines.js';
import type { Storage, WorkerRow } from './storage.js';

type WorkerMethods = Pick<Storage, 'seeWorker' | 'setAside' | 'removeWorker' | 'workers'>;

export function workerMethods(db: Database): WorkerMethods {
  return {
    // By the database's clock: those of several machines differ.
    seeWorker: ({ id, host, pid, pool, slots, version, device, devices = [] }) =>
      db.transaction(async (client) => {
        await client.query(
          `insert into workers (id, host, pid, pool, slots, version, device, devices, last_seen_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, now())
           on conflict (id) do update set host = $2, pid = $3, pool = $4, slots = $5, version = $6, device = $7,
             devices = $8, last_seen_at = now()`,
          [id, host, pid, pool, slots, version, device, JSON.stringify(devices)],
        );
        await client.query(
          `update workers set aside_until = null, aside_reason = null
           where id = $1 and isfinite(aside_until)
             and (aside_until <= now() or not ${othersTakeTrials('$1')} or not ${isSuspicious('$1')})`,
          [id],
        );
        const { rows } = await client.query<{ isAside: boolean }>(
          'select aside_until is not null as "isAside" from workers where id = $1',
          [id],
        );
        return rows[0]!.isAside;
      }),

    setAside: (id, reason) =>
      db.attempt(async () => {
        const { rowCount } = await db.pool.query(
          `update workers set aside_until = case when $2::text is null then null else timestamptz 'infinity' end, aside_reason = $2
           where id = $1`,
          [id, reason],
        );
        return rowCount === 1;
      }),

    removeWorker: (id) =>
      db.attempt(async () => {
        await db.pool.query('delete from workers where id = $1', [id]);
      }),

    workers: (withinMs) =>
      db.attempt(async () => {
        const { rows } = await db.pool.query<WorkerRow>(
          `select w.id, w.host, w.pid, w.pool, w.slots, w.version, w.device, w.devices, w.last_seen_at as "lastSeenAt",
                  extract(epoch from now() - w.last_seen_at)::float8 as "silentSeconds",
                  case when w.aside_until > now() then json_build_object('reason', w.aside_reason, 'seconds',
                    case when isfinite(w.aside_until) then extract(epoch from w.aside_until - now())::float8 end) end as aside,
                  coalesce(r.runs, '[]') as runs, coalesce(json_array_length(r.runs), 0) as busy,
                  v.training as "trainingVersion", case when v.workflows_at is not null then v.workflows end as "workflowVersion"
           from workers w left join worker_versions v on v.worker_id = w.id
           left join lateral (
             select json_agg(json_build_object('sweep', s.name, 'trial', t.number) order by a.started_at) as runs
             from trial_attempts a join trials t on t.id = a.trial_id join sweeps s on s.id = t.sweep_id
             where a.worker_id = w.id and a.status = 'running') r on true
           where w.last_seen_at > now() - $1 * interval '1 millisecond' order by w.host, w.pid`,
          [withinMs],
        );
        return rows;
      }),
  };
}
