/** A running attempt: leases, and writes that only the newest lease may make. */
import type { PoolClient } from 'pg';
import { ElbowError } from '../errors.js';
import type { ArmParams, SweepSpec } from '../spec/types.js';
import type { Database } from './database.js';
import type { AttemptTask, Outcome, Storage, SweepStatus } from './storage.js';

type RunningMethods = Pick<
  Storage,
  | 'takeLease'
  | 'releaseLease'
  | 'holdAttempt'
  | 'holdTrials'
  | 'resumeAfter'
  | 'setCheckpoint'
  | 'setEnvironment'
  | 'recordEpochs'
  | 'recordLogs'
  | 'finishAttempt'
  | 'closeAttempt'
  | 'closeTrials'
>;

/** Ends attempts under a new lease, so that whoever still runs them may not write any more. */
const CLOSE = `update trial_attempts a set status = $1, failure_code = $2, failure_message = $3, lease = a.lease + 1,
    epochs = (select count(*) from trial_epochs e where e.attempt_id = a.id),
    seconds = a.seconds_before
      + coalesce((select sum(e.seconds) from trial_epochs e where e.attempt_id = a.id and e.lease = a.lease), 0),
    finished_at = now()`;

/** What a new lease does to an attempt: it shuts out the one before it, whose epochs' seconds are kept. */
const NEW_LEASE = `lease = a.lease + 1,
    seconds_before = a.seconds_before
      + coalesce((select sum(e.seconds) from trial_epochs e where e.attempt_id = a.id and e.lease = a.lease), 0)`;

/** Queues attempts again, and shuts out whoever runs them. */
const HOLD = `update trial_attempts a set status = 'queued', ${NEW_LEASE}`;

/** Log lines kept of one lease; a trial that writes more than that is not read any further by people. */
const LONGEST_LOG = 20_000;

/** NaN and infinities have no place in JSON and in averages: they are stored as null. */
const finite = (value: number | null): number | null =>
  value !== null && Number.isFinite(value) ? value : null;

interface TaskRow {
  readonly attempt: number;
  readonly lease: number;
  readonly sweepId: string;
  readonly sweepName: string;
  readonly trial: number;
  readonly armHash: string;
  readonly armLabel: string;
  readonly params: ArmParams;
  readonly samplesPerClass: number | null;
  readonly replicate: number;
  readonly spec: SweepSpec;
  readonly checkpoint: AttemptTask['checkpoint'];
}

/**
 * Locks the attempt against a newer lease until the transaction ends.
 * @throws ElbowError `lease-lost` when there is one
 */
async function hold(client: PoolClient, attemptId: string, lease: number): Promise<{ status: string }> {
  const { rows } = await client.query<{ lease: number; status: string }>(
    'select lease, status from trial_attempts where id = $1 for no key update',
    [attemptId],
  );
  const row = rows[0];
  if (row?.lease === lease) return row;
  const now = row ? `lease ${row.lease} took over` : 'the sweep was removed';
  throw new ElbowError('lease-lost', `lease ${lease} of attempt ${attemptId} may not write any more: ${now}`);
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
 */
async function mayRun(client: PoolClient, attemptId: string): Promise<boolean> {
  const { rows: sweeps } = await client.query<{ id: string; status: SweepStatus; concurrency: number }>(
    `select s.id, s.status, s.concurrency
     from trial_attempts a join trials t on t.id = a.trial_id join sweeps s on s.id = t.sweep_id
     where a.id = $1 for no key update of s`,
    [attemptId],
  );
  const sweep = sweeps[0];
  if (!sweep || sweep.status === 'pausing' || sweep.status === 'paused') return false;
  const { rows } = await client.query<{ others: number }>(
    `select count(*) as others from trial_attempts a join trials t on t.id = a.trial_id
     where a.status = 'running' and t.sweep_id = $1 and a.id <> $2`,
    [sweep.id, attemptId],
  );
  return rows[0]!.others < sweep.concurrency;
}

export function runningMethods(db: Database): RunningMethods {
  return {
    takeLease: (attemptId, worker) =>
      db.transaction(async (client) => {
        // One that is marked running lost its worker.
        if (!(await mayRun(client, attemptId))) return (await holdOne(client, attemptId)) ? 'held' : 'ended';
        const { rows } = await client.query<TaskRow>(
          `update trial_attempts a
           set status = 'running', worker_id = $2, host = $3, started_at = coalesce(a.started_at, now()), ${NEW_LEASE}
           from trials t join sweeps s on s.id = t.sweep_id
           where a.id = $1 and a.status in ('queued', 'running') and t.id = a.trial_id
           returning a.attempt, a.lease, s.id as "sweepId", s.name as "sweepName", t.number as trial,
             t.arm_hash as "armHash", t.arm_label as "armLabel", t.params,
             t.samples_per_class as "samplesPerClass", t.replicate, s.spec,
             case when a.checkpoint is not null
               then json_build_object('path', a.checkpoint, 'host', a.checkpoint_host) end as checkpoint`,
          [attemptId, worker.id, worker.host],
        );
        return rows[0] ? { attemptId, ...rows[0] } : 'ended';
      }),

    releaseLease: (attemptId, lease) =>
      db.transaction(async (client) => {
        const { status } = await hold(client, attemptId, lease);
        if (status !== 'running') return;
        await client.query("update trial_attempts set status = 'queued' where id = $1", [attemptId]);
      }),

    holdAttempt: (attemptId) => db.transaction((client) => holdOne(client, attemptId)),

    holdTrials: (sweepId) =>
      db.transaction(async (client) => {
        await client.query(
          `${HOLD} from trials t where t.id = a.trial_id and t.sweep_id = $1 and a.status = 'running'`,
          [sweepId],
        );
      }),

    resumeAfter: (attemptId, lease, epoch) =>
      db.transaction(async (client) => {
        await hold(client, attemptId, lease);
        await client.query('delete from trial_epochs where attempt_id = $1 and epoch > $2 and lease < $3', [
          attemptId,
          epoch,
          lease,
        ]);
      }),

    setCheckpoint: (attemptId, lease, checkpoint) =>
      db.transaction(async (client) => {
        await hold(client, attemptId, lease);
        await client.query(
          'update trial_attempts set checkpoint = $2, checkpoint_host = host where id = $1',
          [attemptId, checkpoint],
        );
      }),

    setEnvironment: (attemptId, lease, environment) =>
      db.transaction(async (client) => {
        await hold(client, attemptId, lease);
        await client.query(
          `update trial_attempts set elbow_version = $2, git_commit = $3, node = $4, tensorflow = $5, device = $6,
             data_digest = $7, threads = $8, cpu_features = $9 where id = $1`,
          [
            attemptId,
            environment.elbowVersion,
            environment.gitCommit,
            environment.node,
            environment.tensorflow,
            environment.device,
            environment.dataDigest,
            environment.threads,
            environment.cpuFeatures,
          ],
        );
      }),

    recordEpochs: (attemptId, lease, epochs) =>
      db.transaction(async (client) => {
        await hold(client, attemptId, lease);
        const column = (pick: (epoch: (typeof epochs)[number]) => number | null): (number | null)[] =>
          epochs.map((epoch) => finite(pick(epoch)));
        await client.query(
          `insert into trial_epochs
             (attempt_id, lease, epoch, train_loss, train_accuracy, val_loss, val_accuracy, learning_rate, seconds)
           select $1, $2, * from unnest($3::int[], $4::float8[], $5::float8[], $6::float8[], $7::float8[], $8::float8[], $9::float8[])
           on conflict do nothing`,
          [
            attemptId,
            lease,
            epochs.map((epoch) => epoch.epoch),
            column((epoch) => epoch.trainLoss),
            column((epoch) => epoch.trainAccuracy),
            column((epoch) => epoch.valLoss),
            column((epoch) => epoch.valAccuracy),
            column((epoch) => epoch.learningRate),
            epochs.map((epoch) => epoch.seconds),
          ],
        );
      }),

    recordLogs: (attemptId, lease, lines) =>
      db.transaction(async (client) => {
        await hold(client, attemptId, lease);
        const kept = lines.filter((line) => line.index < LONGEST_LOG);
        await client.query(
          `insert into trial_logs (attempt_id, lease, index, at, stream, text)
           select $1, * from unnest($2::int[], $3::int[], $4::timestamptz[], $5::text[], $6::text[]) on conflict do nothing`,
          [
            attemptId,
            kept.map((line) => line.lease),
            kept.map((line) => line.index),
            kept.map((line) => line.at),
            kept.map((line) => line.stream),
            // Postgres' text holds no NUL.
            kept.map((line) => line.text.replaceAll('\0', '�')),
          ],
        );
      }),

    finishAttempt: (attemptId, lease, outcome) =>
      db.transaction(async (client) => {
        const { status } = await hold(client, attemptId, lease);
        // This lease has finished it before: the answer was lost on its way.
        if (status !== 'running') return;
        await client.query(
          `update trial_attempts set status = $2, epochs = $3, best_epoch = $4, train_loss = $5, val_loss = $6,
             test_loss = $7, train_accuracy = $8, val_accuracy = $9, test_accuracy = $10, objective = $11,
             metrics = $12, seconds = seconds_before + $13, images_per_second = $14, diagnosis = $15,
             failure_code = $16, failure_message = $17, confusion = $18, test_correct = decode($19, 'base64'),
             weights = $20, findings = $21, finished_at = now() where id = $1`,
          [attemptId, ...values(outcome)],
        );
      }),

    closeAttempt: (attemptId, status, failure) =>
      db.transaction(async (client) => {
        const { rowCount } = await client.query(
          `${CLOSE} where a.id = $4 and a.status in ('queued', 'running')`,
          [status, failure.code, failure.message, attemptId],
        );
        return rowCount === 1;
      }),

    closeTrials: (sweepId, range, status, failure) =>
      db.transaction(async (client) => {
        const { rowCount } = await client.query(
          `${CLOSE} from trials t where t.id = a.trial_id and t.sweep_id = $4 and t.number >= $5
             and ($6::int is null or t.number <= $6) and a.status in ('queued', 'running')`,
          [status, failure.code, failure.message, sweepId, range.first, range.last],
        );
        return rowCount ?? 0;
      }),
  };
}

function values(outcome: Outcome): unknown[] {
  const { answers } = outcome;
  return [
    outcome.status,
    outcome.epochs,
    outcome.bestEpoch,
    finite(outcome.trainLoss),
    finite(outcome.valLoss),
    finite(outcome.testLoss),
    finite(outcome.trainAccuracy),
    finite(outcome.valAccuracy),
    finite(outcome.testAccuracy),
    finite(outcome.objective),
    JSON.stringify(outcome.metrics),
    outcome.seconds,
    finite(outcome.imagesPerSecond),
    outcome.diagnosis,
    outcome.failure?.code ?? null,
    outcome.failure?.message ?? null,
    answers && JSON.stringify({ classes: answers.classes, counts: answers.confusion }),
    answers?.correct ?? null,
    outcome.weights,
    JSON.stringify(outcome.findings),
  ];
}
