/** What is read: results and epochs through the views' own SQL, attempts and logs row by row. */
import type { Database } from './database.js';
import type { Finding } from './findings.js';
import type { Attempt } from './generated/client.js';
import type {
  AttemptEnd,
  AttemptRow,
  EndedStatus,
  EpochMetrics,
  LogLine,
  Storage,
  TestAnswers,
  TrialResult,
  TrialStatus,
} from './storage.js';

type ReadingMethods = Pick<
  Storage,
  'trialResults' | 'trialResult' | 'attemptEnd' | 'attempts' | 'epochs' | 'logs' | 'answers'
>;

const RESULT = `select sweep, trial, arm_hash as "armHash", arm as "armLabel", params,
  samples_per_class as "samplesPerClass", replicate, attempt, status, epochs, best_epoch as "bestEpoch",
  train_loss as "trainLoss", val_loss as "valLoss", test_loss as "testLoss", train_accuracy as "trainAccuracy",
  val_accuracy as "valAccuracy", test_accuracy as "testAccuracy", objective, metrics, seconds,
  images_per_second as "imagesPerSecond", diagnosis, findings, weights, worker, failure_code as "failureCode",
  failure_message as "failureMessage", started_at as "startedAt", finished_at as "finishedAt"
  from trial_results where sweep_id = $1`;

const EPOCH = `select t.number as trial, e.epoch, e.train_loss as "trainLoss", e.train_accuracy as "trainAccuracy",
  e.val_loss as "valLoss", e.val_accuracy as "valAccuracy", e.learning_rate as "learningRate", e.seconds
  from trials t
  join lateral (select id from trial_attempts x where x.trial_id = t.id order by attempt desc limit 1) a on true
  join trial_epochs e on e.attempt_id = a.id
  where t.sweep_id = $1 and ($2::int is null or t.number = $2) order by t.number, e.epoch`;

/** Kilobytes an attempt, which are read where they are asked for. */
const ANSWERS = { testCorrect: true, confusion: true } as const;
type AttemptColumns = Omit<Attempt, keyof typeof ANSWERS>;

function toOutcome(row: AttemptColumns): AttemptRow['outcome'] {
  if (row.status === 'queued' || row.status === 'running') return null;
  return {
    // A check constraint keeps the words.
    status: row.status as EndedStatus,
    epochs: row.epochs,
    bestEpoch: row.bestEpoch,
    trainLoss: row.trainLoss,
    valLoss: row.valLoss,
    testLoss: row.testLoss,
    trainAccuracy: row.trainAccuracy,
    valAccuracy: row.valAccuracy,
    testAccuracy: row.testAccuracy,
    objective: row.objective,
    // Written by finishAttempt alone.
    metrics: row.metrics as Record<string, number>,
    seconds: row.seconds ?? 0,
    imagesPerSecond: row.imagesPerSecond,
    diagnosis: row.diagnosis,
    // Written by finishAttempt alone.
    findings: row.findings as unknown as readonly Finding[],
    weights: row.weights,
    failure: row.failureCode === null ? null : { code: row.failureCode, message: row.failureMessage ?? '' },
  };
}

function toAttempt(row: AttemptColumns & { trial: { number: number } }): AttemptRow {
  return {
    id: row.id,
    trial: row.trial.number,
    attempt: row.attempt,
    status: row.status as TrialStatus,
    lease: row.lease,
    outcome: toOutcome(row),
    worker: row.workerId,
    host: row.host,
    environment:
      row.elbowVersion === null || row.node === null
        ? null
        : {
            elbowVersion: row.elbowVersion,
            gitCommit: row.gitCommit,
            node: row.node,
            tensorflow: row.tensorflow,
            device: row.device,
            dataDigest: row.dataDigest,
            threads: row.threads,
            cpuFeatures: row.cpuFeatures,
          },
    queuedAt: row.queuedAt,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
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
        const rows = await db.prisma.attempt.findMany({
          where: { trial: { sweepId, ...(trial === undefined ? {} : { number: trial }) } },
          include: { trial: { select: { number: true } } },
          omit: ANSWERS,
          orderBy: [{ trial: { number: 'asc' } }, { attempt: 'asc' }],
        });
        return rows.map(toAttempt);
      }),

    epochs: (sweepId, trial) =>
      db.attempt(
        async () =>
          (await db.pool.query<EpochMetrics & { trial: number }>(EPOCH, [sweepId, trial ?? null])).rows,
      ),

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
