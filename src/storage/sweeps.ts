/** Sweeps: created once by name, moved between states, deleted whole. */
import { ElbowError } from '../errors.js';
import type { SweepSpec } from '../spec/types.js';
import type { Database } from './database.js';
import type { Prisma, Sweep } from './generated/client.js';
import { latestOf } from './overview.js';
import type { Counts, Storage, SweepRow, SweepStatus, TrialStatus } from './storage.js';

type SweepMethods = Pick<
  Storage,
  | 'createSweep'
  | 'findSweep'
  | 'getSweep'
  | 'listSweeps'
  | 'moveSweep'
  | 'settlePause'
  | 'setServer'
  | 'setConcurrency'
  | 'countTrials'
  | 'deleteSweep'
  | 'neededFiles'
  | 'databaseId'
>;

const ENDED: readonly SweepStatus[] = ['finished', 'cancelled', 'failed'];

function toRow(sweep: Sweep): SweepRow {
  return {
    id: sweep.id,
    name: sweep.name,
    // A check constraint keeps the words.
    status: sweep.status as SweepStatus,
    // Written by createSweep alone.
    spec: sweep.spec as unknown as SweepSpec,
    source: sweep.source,
    concurrency: sweep.concurrency,
    server: sweep.server,
    createdAt: sweep.createdAt,
    startedAt: sweep.startedAt,
    finishedAt: sweep.finishedAt,
  };
}

const noCounts = (): Record<TrialStatus, number> => ({
  queued: 0,
  running: 0,
  succeeded: 0,
  pruned: 0,
  failed: 0,
  cancelled: 0,
});

/** Prisma's code for a row that there is already. */
const isDuplicate = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'P2002';

const unknownSweep = (id: string): ElbowError =>
  new ElbowError('sweep-unknown', `there is no sweep with the id ${id}`, {
    hint: 'It was removed; `elbow list` shows those that are there.',
  });

/** Past Prisma: its query compiler takes 0.2 s to load, and commands that look at a sweep need nothing else of it. */
const SWEEP = `select id, name, status, spec, source, concurrency, server,
  created_at as "createdAt", started_at as "startedAt", finished_at as "finishedAt" from sweeps`;

export function sweepMethods(db: Database): SweepMethods {
  const countsOf = async (ids: readonly string[]): Promise<Map<string, Counts>> => {
    const counts = new Map(ids.map((id) => [id, noCounts()]));
    // Of one sweep its own trials are looked up; of all, the indexes are read from end to end.
    const { rows } = await db.pool.query<{ sweep_id: string; status: TrialStatus; n: number }>(
      ids.length === 1
        ? `select $1::uuid as sweep_id, status, count(*) as n from (${latestOf('t.id, a.status')}) latest group by 2`
        : `select t.sweep_id, a.status, count(*) as n
           from trials t
           join (select distinct on (trial_id) trial_id, status from trial_attempts
                 order by trial_id desc, attempt desc) a on a.trial_id = t.id
           where t.sweep_id = any($1::uuid[]) group by 1, 2`,
      [ids.length === 1 ? ids[0] : ids],
    );
    for (const row of rows) counts.get(row.sweep_id)![row.status] = row.n;
    return counts;
  };

  return {
    createSweep: (spec, source) =>
      db.attempt(async () => {
        const prisma = await db.prisma();
        try {
          const sweep = await prisma.sweep.create({
            data: { name: spec.name, source, spec: spec as unknown as Prisma.InputJsonObject },
          });
          return { sweep: toRow(sweep), created: true };
        } catch (error) {
          if (!isDuplicate(error)) throw error;
          const sweep = await prisma.sweep.findUniqueOrThrow({ where: { name: spec.name } });
          return { sweep: toRow(sweep), created: false };
        }
      }),

    findSweep: (name) =>
      db.attempt(async () => {
        const { rows } = await db.pool.query<Sweep>(`${SWEEP} where name = $1`, [name]);
        return rows[0] ? toRow(rows[0]) : null;
      }),

    getSweep: (id) =>
      db.attempt(async () => {
        const { rows } = await db.pool.query<Sweep>(`${SWEEP} where id = $1`, [id]);
        if (!rows[0]) throw unknownSweep(id);
        return toRow(rows[0]);
      }),

    listSweeps: () =>
      db.attempt(async () => {
        const { rows: sweeps } = await db.pool.query<Sweep>(`${SWEEP} order by created_at desc, name`);
        const counts = await countsOf(sweeps.map((sweep) => sweep.id));
        return sweeps.map((sweep) => {
          const own = counts.get(sweep.id) ?? noCounts();
          return { ...toRow(sweep), counts: own, trials: Object.values(own).reduce((sum, n) => sum + n, 0) };
        });
      }),

    moveSweep: (id, from, to) =>
      db.attempt(async () => {
        const { rowCount } = await db.pool.query(
          `update sweeps set status = $3, changed_at = now(), finished_at = case when $4 then now() end,
             started_at = case when $3 = 'running' then coalesce(started_at, now()) else started_at end
           where id = $1 and status = any($2)`,
          [id, from, to, ENDED.includes(to)],
        );
        return rowCount === 1;
      }),

    settlePause: (id) =>
      db.attempt(async () => {
        // Past Prisma: one statement sees one moment, in which nothing of a pausing sweep can begin to run.
        const { rows } = await db.pool.query<{ status: SweepStatus; running: number }>(
          `with running as (
             select count(*) as n from trial_attempts a join trials t on t.id = a.trial_id
             where a.status = 'running' and t.sweep_id = $1),
           settled as (
             update sweeps set status = 'paused', changed_at = now() from running
             where id = $1 and status = 'pausing' and running.n = 0 returning status)
           select coalesce(settled.status, s.status) as status, running.n as running
           from sweeps s cross join running left join settled on true where s.id = $1`,
          [id],
        );
        if (!rows[0]) throw unknownSweep(id);
        return rows[0];
      }),

    setServer: (id, server) =>
      db.attempt(async () => {
        await db.pool.query('update sweeps set server = $2 where id = $1', [id, server]);
      }),

    setConcurrency: (id, concurrency) =>
      db.attempt(async () => {
        await (await db.prisma()).sweep.updateMany({ where: { id }, data: { concurrency } });
      }),

    countTrials: (sweepId) => db.attempt(async () => (await countsOf([sweepId])).get(sweepId) ?? noCounts()),

    neededFiles: () =>
      db.attempt(async () => {
        const { rows: weights } = await db.pool.query<{ digest: string }>(
          'select distinct weights as digest from trial_attempts where weights is not null',
        );
        const { rows: attempts } = await db.pool.query<{ id: string }>(
          `select a.id from trial_attempts a
           where a.status not in ('succeeded', 'pruned') and not exists (
             select from trial_attempts later
             where later.trial_id = a.trial_id and later.attempt > a.attempt and later.status in ('succeeded', 'pruned'))`,
        );
        return { weights: weights.map(({ digest }) => digest), attempts: attempts.map(({ id }) => id) };
      }),

    databaseId: () =>
      db.attempt(async () => {
        // Made anew by the schema engine for every database, when it applies the first migration.
        const { rows } = await db.pool.query<{ id: string }>(
          'select id from _prisma_migrations order by started_at, id limit 1',
        );
        return rows[0]!.id;
      }),

    deleteSweep: (id) =>
      db.transaction(async (client) => {
        const { rows: own } = await client.query<{ id: string; weights: string | null }>(
          'select a.id, a.weights from trial_attempts a join trials t on t.id = a.trial_id where t.sweep_id = $1',
          [id],
        );
        const { rowCount } = await client.query('delete from sweeps where id = $1', [id]);
        if (rowCount !== 1) return null;
        const { rows: left } = await client.query<{ weights: string }>(
          `select digest as weights from unnest($1::text[]) as digest
           where not exists (select from trial_attempts a where a.weights = digest)`,
          [[...new Set(own.flatMap(({ weights }) => weights ?? []))]],
        );
        return { weights: left.map(({ weights }) => weights), attempts: own.map((attempt) => attempt.id) };
      }),
  };
}
