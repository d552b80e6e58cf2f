-- What of the machine decides bits beside the versions, and the host that wrote the checkpoint.
ALTER TABLE "trial_attempts" ADD COLUMN "threads" INTEGER,
ADD COLUMN "cpu_features" TEXT,
ADD COLUMN "checkpoint_host" TEXT;

-- As before, with threads and cpu_features behind the other columns.
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
    a.findings,
    a.threads,
    a.cpu_features
FROM trial_attempts a
JOIN trials t ON t.id = a.trial_id
JOIN sweeps s ON s.id = t.sweep_id;
