/** What a running attempt writes: only its newest lease may. */
import type { Database } from './database.js';
import { lockLease, updateLeased } from './leases.js';
import type { Outcome, Storage } from './storage.js';

type RunningMethods = Pick<
  Storage,
  'resumeAfter' | 'setCheckpoint' | 'setEnvironment' | 'recordEpochs' | 'recordLogs' | 'finishAttempt'
>;

/** Log lines kept of one lease; a trial that writes more than that is not read any further by people. */
const LONGEST_LOG = 20_000;

/** NaN and infinities have no place in JSON and in averages: they are stored as null. */
const finite = (value: number | null): number | null =>
  value !== null && Number.isFinite(value) ? value : null;

export function runningMethods(db: Database): RunningMethods {
  return {
    resumeAfter: (attemptId, lease, epoch) =>
      db.transaction(async (client) => {
        await lockLease(client, attemptId, lease);
        await client.query('delete from trial_epochs where attempt_id = $1 and epoch > $2 and lease < $3', [
          attemptId,
          epoch,
          lease,
        ]);
      }),

    setCheckpoint: async (attemptId, lease, checkpoint) => {
      await updateLeased(db, [attemptId, lease], 'checkpoint = $3, checkpoint_host = host', [checkpoint]);
    },

    setEnvironment: async (attemptId, lease, environment) => {
      const { trainingVersion = null } = environment;
      await updateLeased(
        db,
        [attemptId, lease],
        `elbow_version = $3, git_commit = $4, node = $5, tensorflow = $6, device = $7, data_digest = $8, threads = $9,
         cpu_features = $10, training_version = $11`,
        [
          environment.elbowVersion,
          environment.gitCommit,
          environment.node,
          environment.tensorflow,
          environment.device,
          environment.dataDigest,
          environment.threads,
          environment.cpuFeatures,
          trainingVersion,
        ],
      );
      if (trainingVersion === null) return;
      // A build that was made under a worker that runs: its trainers have other code than it said. On its own, because a lease
      // locks the sweep before the attempt.
      await db.attempt(() =>
        db.pool.query(
          `update sweeps s set training_mixed = true from trials t join trial_attempts a on a.trial_id = t.id
           where a.id = $1 and s.id = t.sweep_id and not s.training_mixed and s.training_version <> $2`,
          [attemptId, trainingVersion],
        ),
      );
    },

    recordEpochs: (attemptId, lease, epochs) =>
      db.transaction(async (client) => {
        await lockLease(client, attemptId, lease);
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
        await lockLease(client, attemptId, lease);
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

    // Where it does not run any more this lease has finished it before: the answer was lost on its way.
    finishAttempt: async (attemptId, lease, outcome) => {
      await updateLeased(
        db,
        [attemptId, lease],
        `status = $3, epochs = $4, best_epoch = $5, train_loss = $6, val_loss = $7, test_loss = $8, train_accuracy = $9,
         val_accuracy = $10, test_accuracy = $11, objective = $12, metrics = $13, seconds = seconds_before + $14,
         images_per_second = $15, diagnosis = $16, failure_code = $17, failure_message = $18, confusion = $19,
         test_correct = decode($20, 'base64'), weights = $21, findings = $22, finished_at = now()`,
        values(outcome),
        "status = 'running'",
      );
    },
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
