-- What a network answered to the test images, where its weights are, what is to be said of its training (codes, evidence
-- and remedies, most telling first), and which lease trained an epoch.
ALTER TABLE "trial_attempts" ADD COLUMN "test_correct" BYTEA,
ADD COLUMN "confusion" JSONB,
ADD COLUMN "weights" TEXT,
ADD COLUMN "findings" JSONB NOT NULL DEFAULT '[]';

CREATE INDEX "trial_attempts_weights_idx" ON "trial_attempts"("weights");

ALTER TABLE "trial_epochs" ADD COLUMN "lease" INTEGER NOT NULL DEFAULT 0;

-- As before, with weights, confusion, test_correct, seconds_to_90_percent and findings behind the other columns.
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

-- One row a trial and class: the test images of the class, and how many of them were answered rightly.
CREATE VIEW class_accuracy AS
SELECT
    r.sweep,
    r.trial,
    r.arm,
    r.samples_per_class,
    r.replicate,
    (c.place - 1)::int AS label,
    c.name AS class,
    n.images,
    (r.confusion #>> ARRAY['counts', (c.place - 1)::text, (c.place - 1)::text])::int AS correct,
    (r.confusion #>> ARRAY['counts', (c.place - 1)::text, (c.place - 1)::text])::double precision
        / nullif(n.images, 0) AS accuracy
FROM trial_results r
CROSS JOIN LATERAL jsonb_array_elements_text(r.confusion -> 'classes') WITH ORDINALITY AS c(name, place)
CROSS JOIN LATERAL (
    SELECT sum(x::int)::int AS images
    FROM jsonb_array_elements_text(r.confusion -> 'counts' -> (c.place - 1)::int) AS x
) n;
