-- By which version of elbow's training code a sweep's trials are trained, and each attempt was. Null: an earlier elbow.
ALTER TABLE "sweeps" ADD COLUMN "training_version" TEXT,
ADD COLUMN "training_mixed" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE "trial_attempts" ADD COLUMN "training_version" TEXT;

-- What workers are made of. A row whose workflows_at is old, or null, is of one that runs no workflows.
CREATE TABLE "worker_versions" (
    "worker_id" TEXT NOT NULL,
    "training" TEXT,
    "workflows" TEXT,
    "elbow" TEXT NOT NULL,
    "built_at" TIMESTAMPTZ(3) NOT NULL,
    "workflows_at" TIMESTAMPTZ(3),
    "seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "worker_versions_pkey" PRIMARY KEY ("worker_id")
);

-- By which training code each trial was trained, in its latest attempt that began: what differs may differ in its bits.
CREATE VIEW training_versions AS
SELECT
    s.name AS sweep,
    t.number AS trial,
    a.attempt,
    a.status,
    a.training_version AS version,
    a.elbow_version,
    s.training_version AS sweep_version
FROM trials t
JOIN sweeps s ON s.id = t.sweep_id
JOIN LATERAL (
    SELECT * FROM trial_attempts x
    WHERE x.trial_id = t.id AND x.started_at IS NOT NULL ORDER BY x.attempt DESC LIMIT 1
) a ON true
WHERE s.spec -> 'trainable' ->> 'kind' = 'builtin';
