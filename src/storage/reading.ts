/** What is read: results and epochs through the views' own SQL, attempts and logs row by row. */
import type { Database } from './database.js';
import type {
  AttemptEnd,
  AttemptRow,
  EpochMetrics,
  LogLine,
  Storage,
  TestAnswers,
  TrialResult,
} from './storage.js';

type ReadingMethods = Pick<
  Storage,
  | 'trialResults'
  | 'trialResult'
  | 'attemptEnd'
  | 'attempts'
  | 'epochs'
  | 'logs'
  | 'testCorrect'
  | 'confusions'
  | 'answers'
>;

/** Rows of the sweep $1; conditions may follow. */
export const RESULT = `select sweep, trial, arm_hash as "armHash", arm as "armLabel", params,
  samples_per_class as "samplesPerClass", replicate, attempt, status, epochs, best_epoch as "bestEpoch",
  train_loss as "trainLoss", val_loss as "valLoss", test_loss as "testLoss", train_accuracy as "trainAccuracy",
  val_accuracy as "valAccuracy", test_accuracy as "testAccuracy", objective, metrics, seconds,
  images_per_second as "imagesPerSecond", diagnosis, findings, weights,
  seconds_to_90_percent as "secondsTo90Percent", worker, failure_code as "failureCode",
  failure_message as "failureMessage", started_at as "startedAt", finished_at as "finishedAt"
  from trial_results where sweep_id = $1`;

const EPOCH = `select t.number as trial, e.epoch, e.train_loss as "trainLoss", e.train_accuracy as "trainAccuracy",
  e.val_loss as "valLoss", e.val_accuracy as "valAccuracy", e.learning_rate as "learningRate", e.seconds
  from trials t
  join lateral (select id from trial_attempts x where x.trial_id = t.id order by attempt desc limit 1) a on true
  join trial_epochs e on e.attempt_id = a.id
  where t.sweep_id = $1 and ($2::int[] is null or t.number = any($2)) order by t.number, e.epoch`;

/** What the attempt of alias `a` ran in, as an object; nothing of a training version where none is known. */
export const ENVIRONMENT = `json_build_object('elbowVersion', a.elbow_version, 'gitCommit', a.git_commit, 'node', a.node,
    'tensorflow', a.tensorflow, 'device', a.device, 'dataDigest', a.data_digest, 'threads', a.threads,
    'cpuFeatures', a.cpu_features)::jsonb
  || case when a.training_version is null then '{}' else jsonb_build_object('trainingVersion', a.training_version) end`;

/** Without the answers to the test images: kilobytes an attempt, which are read where they are asked for. */
const ATTEMPT = `select a.id, t.number as trial, a.attempt, a.status, a.lease, a.worker_id as worker, a.host,
  a.queued_at as "queuedAt", a.started_at as "startedAt", a.finished_at as "finishedAt",
  case when a.elbow_version is not null and a.node is not null then ${ENVIRONMENT} end as environment,
  a.epochs, a.best_epoch as "bestEpoch", a.train_loss as "trainLoss", a.val_loss as "valLoss", a.test_loss as "testLoss",
  a.train_accuracy as "trainAccuracy", a.val_accuracy as "valAccuracy", a.test_accuracy as "testAccuracy", a.objective,
  a.metrics, coalesce(a.seconds, 0) as seconds, a.images_per_second as "imagesPerSecond", a.diagnosis, a.findings, a.weights,
  case when a.failure_code is not null
    then json_build_object('code', a.failure_code, 'message', coalesce(a.failure_message, '')) end as failure
  from trials t join trial_attempts a on a.trial_id = t.id
  where t.sweep_id = $1 and ($2::int is null or t.number = $2) order by t.number, a.attempt`;

type AttemptColumns = Omit<AttemptRow, 'outcome'> & Omit<NonNullable<AttemptRow['outcome']>, 'status'>;

function toAttempt(row: AttemptColumns): AttemptRow {
  const {
    id,
    trial,
    attempt,
    status,
    lease,
    worker,
    host,
    environment,
    queuedAt,
    startedAt,
    finishedAt,
    ...figures
  } = row;
  const outcome = status === 'queued' || status === 'running' ? null : { status, ...figures };
  return {
    id,
    trial,
    attempt,
    status,
    lease,
    outcome,
    worker,
    host,
    environment,
    queuedAt,
    startedAt,
    finishedAt,
  };
}

export function readingMethods(db: Database): ReadingMethods {
  const results = (text: string, values: readonly unknown[]): Promise<TrialResult[]> =>
    db.attempt(async () => (await db.pool.query<TrialResult>(text, [...values])).rows);

  return {
    trialResults: (sweepId) => results(`${RESULT} order by trial`, [sweepId]),

    trialResult: async (sweepId, trial) =>
      (await results(`${RESULT} and trial = $2`, [sweepId, trial]))[0] ?? null,

    attemptEnd: (attemptId) =>
      db.attempt(async () => {
        const { rows } = await db.pool.query<AttemptEnd>(
          `select status, test_accuracy as "testAccuracy", val_accuracy as "valAccuracy", objective, epochs,
                  failure_code as "failureCode", failure_message as "failureMessage"
           from trial_attempts where id = $1 and status not in ('queued', 'running')`,
          [attemptId],
        );
        return rows[0] ?? null;
      }),

    attempts: (sweepId, trial) =>
      db.attempt(async () => {
        const { rows } = await db.pool.query<AttemptColumns>(ATTEMPT, [sweepId, trial ?? null]);
        return rows.map(toAttempt);
      }),

    epochs: (sweepId, trials) =>
      db.attempt(async () => {
        const numbers = typeof trials === 'number' ? [trials] : (trials ?? null);
        const { rows } = await db.pool.query<EpochMetrics & { trial: number }>(EPOCH, [sweepId, numbers]);
        return rows;
      }),

    testCorrect: (sweepId, armHashes) =>
      db.attempt(async () => {
        const { rows } = await db.pool.query<{ trial: number; correct: Buffer }>(
          `select t.number as trial, a.test_correct as correct from trials t
           join lateral (select status, test_correct from trial_attempts x where x.trial_id = t.id
             order by attempt desc limit 1) a on a.status = 'succeeded' and a.test_correct is not null
           where t.sweep_id = $1 and t.arm_hash = any($2) order by t.number`,
          [sweepId, armHashes],
        );
        return rows;
      }),

    confusions: (sweepId, armHash) =>
      db.attempt(async () => {
        const { rows } = await db.pool.query<{ trial: number; classes: string[]; counts: number[][] }>(
          `select t.number as trial, a.confusion->'classes' as classes, a.confusion->'counts' as counts from trials t
           join lateral (select status, confusion from trial_attempts x where x.trial_id = t.id
             order by attempt desc limit 1) a on a.status = 'succeeded' and a.confusion is not null
           where t.sweep_id = $1 and t.arm_hash = $2 order by t.number`,
          [sweepId, armHash],
        );
        return rows;
      }),

    answers: (sweepId, trial) =>
      db.attempt(async () => {
        const { rows } = await db.pool.query<{
          counts: { classes: string[]; counts: number[][] } | null;
          correct: string | null;
        }>(
          `select a.confusion as counts, replace(encode(a.test_correct, 'base64'), chr(10), '') as correct
           from trials t join trial_attempts a on a.trial_id = t.id
           where t.sweep_id = $1 and t.number = $2 order by a.attempt desc limit 1`,
          [sweepId, trial],
        );
        const { counts, correct } = rows[0] ?? { counts: null, correct: null };
        if (counts === null || correct === null) return null;
        const answers: TestAnswers = { classes: counts.classes, confusion: counts.counts, correct };
        return answers;
      }),

    logs: (sweepId, trial, options = {}) =>
      db.attempt(async () => {
        const { lease = 0, index = -1 } = options.after ?? {};
        const { rows } = await db.pool.query<LogLine>(
          `select l.lease, l.index, l.at, l.stream, l.text from trial_logs l
           where l.attempt_id = (
             select a.id from trial_attempts a join trials t on t.id = a.trial_id
             where t.sweep_id = $1 and t.number = $2 and ($3::int is null or a.attempt = $3)
             order by a.attempt desc limit 1)
           and (l.lease, l.index) > ($4, $5) order by l.lease, l.index`,
          [sweepId, trial, options.attempt ?? null, lease, index],
        );
        return rows;
      }),
  };
}
