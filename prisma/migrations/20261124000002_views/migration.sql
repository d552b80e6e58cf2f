-- The views people query: documented, stable columns in this order, and more may follow behind them.

-- The 97.5 % quantile of Student's t, for 95 % intervals. Exact to 15 digits up to 30 degrees of freedom. Above them the
-- Cornish-Fisher expansion (Abramowitz and Stegun 26.7.5), whose error is below 1e-7 there.
-- (No comment here holds a semicolon: Prisma's engine splits scripts at them.)
CREATE FUNCTION elbow_t_quantile_975(df bigint) RETURNS double precision
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
        SELECT CASE
            WHEN df < 1 THEN NULL
            WHEN df <= 30 THEN (ARRAY[
            12.706204736174694, 4.302652729749462, 3.182446305283708, 2.776445105197794, 2.570581835636314,
            2.4469118511449692, 2.3646242515927858, 2.306004135204165, 2.262157162798205, 2.2281388519862744,
            2.2009851600916384, 2.1788128296672284, 2.1603686564627917, 2.1447866879178035, 2.1314495455597746,
            2.119905299221254, 2.1098155778333165, 2.100922040241038, 2.0930240544083096, 2.0859634472658635,
            2.0796138447276813, 2.0738730679040267, 2.068657610419049, 2.0638985616280263, 2.059538552753297,
            2.0555294386428726, 2.051830516480285, 2.048407141795244, 2.045229642132704, 2.0422724563012378
            ]::double precision[])[df::int]
            ELSE z
                + (z ^ 3 + z) / (4 * df::double precision)
                + (5 * z ^ 5 + 16 * z ^ 3 + 3 * z) / (96 * df::double precision ^ 2)
                + (3 * z ^ 7 + 19 * z ^ 5 + 17 * z ^ 3 - 15 * z) / (384 * df::double precision ^ 3)
                + (79 * z ^ 9 + 776 * z ^ 7 + 1482 * z ^ 5 - 1920 * z ^ 3 - 945 * z) / (92160 * df::double precision ^ 4)
        END
        FROM (SELECT 1.959963984540054::double precision AS z) AS normal
    $$;

-- One row a trial: its latest attempt.
CREATE VIEW trial_results AS
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
    s.id AS sweep_id
FROM trials t
JOIN sweeps s ON s.id = t.sweep_id
JOIN LATERAL (
    SELECT * FROM trial_attempts x WHERE x.trial_id = t.id ORDER BY x.attempt DESC LIMIT 1
) a ON true;

-- One row an arm and size: mean and Student's t interval (95 %) over the replicates that succeeded, of that size alone.
CREATE VIEW learning_curve AS
SELECT
    sweep,
    arm,
    params,
    samples_per_class,
    replicates,
    mean,
    std,
    mean - elbow_t_quantile_975(replicates - 1) * std / sqrt(replicates) AS ci_low,
    mean + elbow_t_quantile_975(replicates - 1) * std / sqrt(replicates) AS ci_high,
    arm_hash
FROM (
    SELECT
        sweep,
        min(arm) AS arm,
        min(params::text)::jsonb AS params,
        samples_per_class,
        count(*) AS replicates,
        avg(score) AS mean,
        stddev_samp(score) AS std,
        arm_hash
    FROM (
        SELECT *, coalesce(test_accuracy, objective) AS score FROM trial_results WHERE status = 'succeeded'
    ) scored
    WHERE score IS NOT NULL
    GROUP BY sweep, arm_hash, samples_per_class
) means;

-- Every epoch of every attempt. train_* are running means over the epoch's steps.
CREATE VIEW epoch_metrics AS
SELECT
    s.name AS sweep,
    t.number AS trial,
    a.attempt,
    e.epoch,
    e.train_loss,
    e.train_accuracy,
    e.val_loss,
    e.val_accuracy,
    e.learning_rate,
    e.seconds
FROM trial_epochs e
JOIN trial_attempts a ON a.id = e.attempt_id
JOIN trials t ON t.id = a.trial_id
JOIN sweeps s ON s.id = t.sweep_id;

-- Every attempt, with its outcome and the environment it ran in.
CREATE VIEW attempts AS
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
    a.finished_at
FROM trial_attempts a
JOIN trials t ON t.id = a.trial_id
JOIN sweeps s ON s.id = t.sweep_id;
