/** Trials are added, attempts are opened; both in bulk, and both may be repeated. */
import type { PlannedTrial } from '../spec/types.js';
import type { PoolClient } from 'pg';
import type { Database } from './database.js';
import { latestOf } from './overview.js';
import type { DecisionRow } from './decisions.js';
import type { Claim, QueuedTrial, Storage, SweepExtension } from './storage.js';

type PlanningMethods = Pick<
  Storage,
  'addTrials' | 'extendSweep' | 'decide' | 'decisions' | 'openAttempts' | 'queuedTrials' | 'claimTrials'
>;

/** Rows of one statement; a sweep of a million trials is planned in parts. */
const CHUNK = 5_000;

const QUEUED_TRIAL = `t.number, a.id as "attemptId", a.attempt, t.arm_label as "armLabel", t.arm_hash as "armHash",
  t.samples_per_class as "samplesPerClass", t.replicate`;

export const claimText = ({ run, shard }: Claim): string => `${run}/${shard}`;

/** Condition on the attempt `a`. @param claim and run: parameters of the statement, such as `$4` */
export const notClaimedByOthers = (claim: string, run: string): string =>
  `(a.claim is null or a.claim = ${claim} or not starts_with(a.claim, ${run} || '/'))`;

export function planningMethods(db: Database): PlanningMethods {
  const addChunk = async (
    client: PoolClient,
    sweepId: string,
    trials: readonly PlannedTrial[],
  ): Promise<void> => {
    await client.query(
      `insert into trials (sweep_id, number, arm_hash, arm_label, params, samples_per_class, replicate)
         select $1, * from unnest($2::int[], $3::text[], $4::text[], $5::jsonb[], $6::int[], $7::int[])
         on conflict do nothing`,
      [
        sweepId,
        trials.map((trial) => trial.number),
        trials.map((trial) => trial.arm.hash),
        trials.map((trial) => trial.arm.label),
        trials.map((trial) => JSON.stringify(trial.arm.params)),
        trials.map((trial) => trial.samplesPerClass),
        trials.map((trial) => trial.replicate),
      ],
    );
    await client.query(
      `insert into trial_attempts (id, trial_id, attempt)
         select gen_random_uuid(), t.id, 1 from trials t
         where t.sweep_id = $1 and t.number = any($2::int[])
           and not exists (select 1 from trial_attempts a where a.trial_id = t.id)
         on conflict do nothing`,
      [sweepId, trials.map((trial) => trial.number)],
    );
  };

  const extendWith = async (
    client: PoolClient,
    id: string,
    { spec, source, trials, added, before }: SweepExtension,
  ): Promise<boolean> => {
    // Two who extend at once would give the same numbers: the second waits, and finds more trials than before.
    const { rowCount } = await client.query(
      "select 1 from sweeps where id = $1 and status not in ('planning', 'cancelling') for update",
      [id],
    );
    const { rows: counts } = await client.query<{ n: number }>(
      'select count(*) as n from trials where sweep_id = $1',
      [id],
    );
    if (rowCount !== 1 || counts[0]!.n !== before) return false;
    await client.query('update sweeps set spec = $2, source = $3 where id = $1', [
      id,
      JSON.stringify(spec),
      source,
    ]);
    const arms = [...new Map(trials.map(({ arm }) => [arm.hash, arm])).values()];
    await client.query(
      `update trials t set arm_label = a.label, params = a.params
       from unnest($2::text[], $3::text[], $4::jsonb[]) as a(hash, label, params)
       where t.sweep_id = $1 and t.arm_hash = a.hash and (t.arm_label <> a.label or t.params <> a.params)`,
      [
        id,
        arms.map(({ hash }) => hash),
        arms.map(({ label }) => label),
        arms.map(({ params }) => JSON.stringify(params)),
      ],
    );
    for (let start = trials.length - added; start < trials.length; start += CHUNK) {
      await addChunk(client, id, trials.slice(start, start + CHUNK));
    }
    return true;
  };

  return {
    addTrials: async (sweepId, trials) => {
      for (let start = 0; start < trials.length; start += CHUNK) {
        const chunk = trials.slice(start, start + CHUNK);
        await db.transaction((client) => addChunk(client, sweepId, chunk));
      }
    },

    extendSweep: (id, extension) => db.transaction((client) => extendWith(client, id, extension)),

    decide: (id, decision, extension) =>
      db.transaction(async (client) => {
        // Two who look at once: the second waits, and finds the look of the first.
        await client.query('select from sweeps where id = $1 for update', [id]);
        const { rowCount } = await client.query(
          `select from sweeps where id = $1 and status in ('running', 'pausing', 'paused')
             and not exists (select from sweep_decisions d where d.sweep_id = $1 and d.look >= $2)`,
          [id, decision.look],
        );
        if (rowCount !== 1) return false;
        if (extension !== null && !(await extendWith(client, id, extension))) return false;
        await client.query(
          `insert into sweep_decisions (sweep_id, look, replicates, until, decision, added, reason, figures)
           values ($1, $2, $3, $4, $5, $6, $7, $8)`,
          [
            id,
            decision.look,
            decision.replicates,
            JSON.stringify(decision.until),
            decision.decision,
            decision.added,
            decision.reason,
            JSON.stringify(decision.figures),
          ],
        );
        return true;
      }),

    decisions: (id) =>
      db.attempt(async () => {
        const { rows } = await db.pool.query<DecisionRow>(
          `select look, replicates, until, decision, added, reason, figures, at from sweep_decisions
           where sweep_id = $1 order by look`,
          [id],
        );
        return rows;
      }),

    openAttempts: (sweepId, trials) =>
      db.transaction(async (client) => {
        // Two who open at once would both see the same latest attempt: the second waits and finds it queued.
        await client.query('select 1 from sweeps where id = $1 for update', [sweepId]);
        const { rows } = await client.query<{ number: number }>(
          `with latest as (${latestOf('t.number, a.trial_id, a.attempt, a.status')}),
           opened as (
             insert into trial_attempts (id, trial_id, attempt)
             select gen_random_uuid(), l.trial_id, l.attempt + 1 from latest l
             where l.number = any($2::int[]) and l.status not in ('queued', 'running')
             on conflict do nothing returning trial_id)
           select t.number from opened o join trials t on t.id = o.trial_id order by 1`,
          [sweepId, trials],
        );
        return rows.map((row) => row.number);
      }),

    queuedTrials: (sweepId, after, limit, run) =>
      db.attempt(async () => {
        const { rows } = await db.pool.query<QueuedTrial>(
          `select ${QUEUED_TRIAL}
           from trials t
           join lateral (select * from trial_attempts x where x.trial_id = t.id order by attempt desc limit 1) a on true
           where t.sweep_id = $1 and t.number > $2 and a.status in ('queued', 'running')
             and ($4::text is null or a.claim is null or not starts_with(a.claim, $4 || '/'))
           order by t.number limit $3`,
          [sweepId, after, limit, run ?? null],
        );
        return rows;
      }),

    claimTrials: (sweepId, { first, last }, { run, shard }, limit) =>
      db.transaction(async (client) => {
        const { rows } = await client.query<QueuedTrial>(
          `with free as (
             select a.id from trial_attempts a join trials t on t.id = a.trial_id
             where t.sweep_id = $1 and t.number >= $2 and ($3::int is null or t.number <= $3)
               and a.status in ('queued', 'running') and ${notClaimedByOthers('$4', '$5')}
             -- What the shard has claimed already comes first: the answer may have been lost on its way.
             order by a.claim is not distinct from $4 desc, t.number limit $6)
           update trial_attempts a set claim = $4 from trials t, free
           where a.id = free.id and t.id = a.trial_id and ${notClaimedByOthers('$4', '$5')}
           returning ${QUEUED_TRIAL}`,
          [sweepId, first, last, claimText({ run, shard }), run, limit],
        );
        return rows.sort((a, b) => a.number - b.number);
      }),
  };
}
