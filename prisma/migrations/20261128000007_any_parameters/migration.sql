-- A trainable of one's own has parameters and metrics of any name: one that is called like a built-in one may be of another
-- type, and must not make the view fail for every sweep. As before otherwise.
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
    CASE WHEN jsonb_typeof(t.params -> 'batchNorm') = 'boolean'
        THEN (t.params ->> 'batchNorm')::boolean
    END AS batch_norm,
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
        WHERE e.attempt_id = a.id AND e.epoch <= (a.metrics ->> 'epochs_to_90_percent')::double precision
    ) AS seconds_to_90_percent,
    a.findings
FROM trials t
JOIN sweeps s ON s.id = t.sweep_id
JOIN LATERAL (
    SELECT * FROM trial_attempts x WHERE x.trial_id = t.id ORDER BY x.attempt DESC LIMIT 1
) a ON true;
