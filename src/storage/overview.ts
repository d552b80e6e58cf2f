/**
 * What is said of a whole sweep: added up by Postgres, or read in parts. Sweeps have 100,000 trials, so the statements here
 * take what they can from indexes that carry it (migration 20261128000008).
 */
import type { Database } from './database.js';
import { ENVIRONMENT, RESULT } from './reading.js';
import type {
  ArmFacts,
  EndedTrial,
  FailedTrials,
  GroupRow,
  ProgressRow,
  Storage,
  TrialFigures,
  TrialResult,
} from './storage.js';

type OverviewMethods = Pick<
  Storage,
  | 'trialPages'
  | 'trialsNamed'
  | 'trialNumbers'
  | 'trialFigures'
  | 'arms'
  | 'groups'
  | 'progress'
  | 'failedTrials'
  | 'runningTrials'
  | 'endedTrials'
  | 'epochTotal'
  | 'environments'
  | 'now'
>;

/** Trials of one page: some megabytes. */
export const PAGE = 2_000;

/** The latest attempt of each trial of the sweep $1, with the columns that are asked for: from indexes alone. */
export const latestOf = (columns: string, where = 'true'): string =>
  `select distinct on (t.id) ${columns} from trials t join trial_attempts a on a.trial_id = t.id
   where t.sweep_id = $1 and ${where} order by t.id desc, a.attempt desc`;

/** Rows by trial, a page at a time. */
export async function* pagesOf<T extends { readonly trial: number }>(
  read: (after: number, limit: number) => Promise<readonly T[]>,
): AsyncGenerator<readonly T[]> {
  for (let after = -1; ;) {
    const page = await read(after, PAGE);
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    after = page.at(-1)!.trial;
  }
}

export function overviewMethods(db: Database): OverviewMethods {
  const rowsOf = <T extends object>(text: string, values: readonly unknown[]): Promise<T[]> =>
    db.attempt(async () => (await db.pool.query<T>(text, [...values])).rows);

  return {
    trialPages: (sweepId) =>
      pagesOf((after, limit) =>
        rowsOf<TrialResult>(`${RESULT} and trial > $2 order by trial limit $3`, [sweepId, after, limit]),
      ),

    trialsNamed: (sweepId, numbers) =>
      rowsOf<TrialResult>(`${RESULT} and trial = any($2::int[]) order by trial`, [sweepId, numbers]),

    trialNumbers: async (sweepId, statuses) => {
      const rows = await rowsOf<{ number: number }>(
        `select number from (${latestOf('t.number, a.status')}) latest where status = any($2) order by 1`,
        [sweepId, statuses],
      );
      return rows.map(({ number }) => number);
    },

    trialFigures: (sweepId, armHashes) => {
      const columns = `t.number as trial, t.arm_hash as "armHash", t.samples_per_class as "samplesPerClass",
        t.replicate, a.status, a.objective, a.test_accuracy as "testAccuracy"`;
      return armHashes === undefined
        ? rowsOf<TrialFigures>(`select * from (${latestOf(columns)}) latest order by trial`, [sweepId])
        : rowsOf<TrialFigures>(
            `select * from (${latestOf(columns, 't.arm_hash = any($2)')}) latest order by trial`,
            [sweepId, armHashes],
          );
    },

    arms: (sweepId) =>
      rowsOf<ArmFacts>(
        `select t.arm_hash as "armHash", t.arm_label as "armLabel", t.params
         from (select min(id) as id from trials where sweep_id = $1 group by arm_hash) first
         join trials t on t.id = first.id order by t.number`,
        [sweepId],
      ),

    groups: async (sweepId) => {
      const spread = (column: string): string =>
        `case when count(${column}) filter (where is_good) > 0 then json_build_object(
           'count', count(${column}) filter (where is_good), 'mean', avg(${column}) filter (where is_good),
           'min', min(${column}) filter (where is_good), 'max', max(${column}) filter (where is_good)) end`;
      return rowsOf<GroupRow>(
        `select armed.arm_label as "armLabel", g.*
         from (
           select arm_hash as "armHash", samples_per_class as "samplesPerClass", count(*) as trials,
             count(*) filter (where status not in ('queued', 'running')) as ended,
             count(*) filter (where status = 'failed') as failed, count(*) filter (where is_good) as succeeded,
             ${spread('test_accuracy')} as "testAccuracy", ${spread('objective')} as objective,
             avg(seconds) filter (where is_good) as seconds, min(id) as id
           from (
             select *, status = 'succeeded' as is_good
             from (${latestOf('t.id, t.arm_hash, t.samples_per_class, a.status, a.test_accuracy, a.objective, a.seconds')}) latest
           ) judged group by 1, 2
         ) g join trials armed on armed.id = g.id
         order by armed.arm_label collate "C", g."samplesPerClass" nulls last`,
        [sweepId],
      );
    },

    progress: (sweepId) =>
      rowsOf<ProgressRow>(
        `select samples_per_class as "samplesPerClass", status, count(*) as trials, coalesce(sum(seconds), 0) as seconds
         from (${latestOf('t.id, t.samples_per_class, a.status, a.seconds')}) latest group by 1, 2`,
        [sweepId],
      ),

    failedTrials: (sweepId) =>
      rowsOf<FailedTrials>(
        `select coalesce(a.failure_code, 'unknown') as code, array_agg(l.number order by l.number) as trials,
           (array_agg(coalesce(a.failure_message, '') order by l.number))[1] as example
         from (${latestOf('t.id, t.number, a.attempt, a.status')}) l
         join trial_attempts a on a.trial_id = l.id and a.attempt = l.attempt
         where l.status = 'failed' group by 1 order by count(*) desc, min(l.number)`,
        [sweepId],
      ),

    runningTrials: async (sweepId, limit) => {
      // An attempt that runs is its trial's latest.
      const rows = await rowsOf<{ number: number }>(
        `select t.number from trial_attempts a join trials t on t.id = a.trial_id
         where a.status = 'running' and t.sweep_id = $1 order by t.number limit $2`,
        [sweepId, limit],
      );
      if (rows.length === 0) return [];
      const numbers = rows.map(({ number }) => number);
      return rowsOf<TrialResult>(`${RESULT} and trial = any($2::int[]) order by trial`, [sweepId, numbers]);
    },

    endedTrials: (sweepId, after, limit) =>
      rowsOf<EndedTrial>(
        `select t.number as trial, a.attempt, a.finished_at as "finishedAt"
         from trial_attempts a join trials t on t.id = a.trial_id
         where t.sweep_id = $1 and a.finished_at >= $2 and (a.finished_at, t.number) > ($2, $3)
           and a.status not in ('queued', 'running')
         order by a.finished_at, t.number limit $4`,
        [sweepId, after.finishedAt, after.trial, limit],
      ),

    epochTotal: async (sweepId) => {
      const [row] = await rowsOf<{ epochs: number }>(
        `select coalesce(sum(case when a.status = 'running'
           then (select count(*) from trial_epochs e where e.attempt_id = a.id) else a.epochs end), 0)::float8 as epochs
         from (${latestOf('t.id, a.attempt')}) l
         join trial_attempts a on a.trial_id = l.id and a.attempt = l.attempt`,
        [sweepId],
      );
      return row!.epochs;
    },

    environments: async (sweepId) =>
      rowsOf(
        `select host, count(*) as trials, environment
         from (
           select distinct on (t.id) t.id, a.host, a.elbow_version is not null and a.node is not null as is_known,
             ${ENVIRONMENT} as environment
           from trials t join trial_attempts a on a.trial_id = t.id
           where t.sweep_id = $1 and a.started_at is not null order by t.id desc, a.attempt desc) latest
         where is_known group by host, environment order by trials desc, min(id)`,
        [sweepId],
      ),

    now: async () => (await rowsOf<{ now: Date }>('select now() as now', []))[0]!.now,
  };
}
