-- What is to be said of a training: codes, evidence and remedies, most telling first.
ALTER TABLE "trial_attempts" ADD COLUMN "findings" JSONB NOT NULL DEFAULT '[]';

-- As before, with findings behind the other columns.
CREATE OR REPLACE VIEW trial_results AS
SELECT
    s.name AS sweep,
    t.number AS trial,
    t.arm_label AS arm,
    t.replicate,
    a.attempt,
    a.status,
    t.samples_per_class,
    t.params ->> 'model' AS model,
    t.params ->> 'optimizer' AS optimizer,
    t.params ->> 'loss' AS loss,
    (t.params ->> 'batchNorm')::boolean AS batch_norm,
    t.params,
    (s.spec ->> 'seed')::int AS seed,
    CASE WHEN a.status = 'running'
        THEN (SELECT count(*)::int FROM trial_epochs e WHERE e.attempt_id = a.id)
        ELSE a.epochs
    END AS epochs,
    a.best_epoch,
    a.train_loss,
    a.val_loss,
    a.test_loss,
    a.train_accuracy,
    a.val_accuracy,
    a.test_accuracy,
    a.seconds,
    a.images_per_second,
    a.device,
    a.worker_id AS worker,
    a.failure_code,
    a.failure_message,
    a.diagnosis,
    a.objective,
    a.metrics,
    a.started_at,
    a.finished_at,
    t.arm_hash,
    s.id AS sweep_id,
    a.weights,
    a.confusion,
    a.test_correct,
    (SELECT sum(e.seconds) FROM trial_epochs e
        WHERE e.attempt_id = a.id AND e.epoch <= (a.metrics ->> 'epochs_to_90_percent')::int
    ) AS seconds_to_90_percent,
    a.findings
FROM trials t
JOIN sweeps s ON s.id = t.sweep_id
JOIN LATERAL (
    SELECT * FROM trial_attempts x WHERE x.trial_id = t.id ORDER BY x.attempt DESC LIMIT 1
) a ON true;

CREATE OR REPLACE VIEW attempts AS
SELECT
    s.name AS sweep,
    t.number AS trial,
    a.attempt,
    a.status,
    a.lease,
    a.epochs,
    a.best_epoch,
    a.train_loss,
    a.val_loss,
    a.test_loss,
    a.train_accuracy,
    a.val_accuracy,
    a.test_accuracy,
    a.objective,
    a.metrics,
    a.diagnosis,
    a.failure_code,
    a.failure_message,
    a.seconds,
    a.images_per_second,
    a.host,
    a.worker_id AS worker,
    a.checkpoint,
    a.elbow_version,
    a.git_commit,
    a.node,
    a.tensorflow,
    a.device,
    a.data_digest,
    a.queued_at,
    a.started_at,
    a.finished_at,
    a.weights,
    a.findings
FROM trial_attempts a
JOIN trials t ON t.id = a.trial_id
JOIN sweeps s ON s.id = t.sweep_id;
