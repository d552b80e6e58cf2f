-- Executions that failed, one row a lease: what is tried again by itself is decided by them, and people see them.
CREATE TABLE "trial_failures" (
    "attempt_id" UUID NOT NULL,
    "lease" INTEGER NOT NULL,
    "code" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "worker_id" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "epochs" INTEGER NOT NULL,
    "avoid_until" TIMESTAMPTZ(3),
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "trial_failures_pkey" PRIMARY KEY ("attempt_id", "lease")
);
CREATE INDEX "trial_failures_worker_id_at_idx" ON "trial_failures"("worker_id", "at");
ALTER TABLE "trial_failures" ADD CONSTRAINT "trial_failures_attempt_id_fkey" FOREIGN KEY ("attempt_id") REFERENCES "trial_attempts"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- A worker that is put aside takes no trials until then.
ALTER TABLE "workers" ADD COLUMN "aside_until" TIMESTAMPTZ(3),
ADD COLUMN "aside_reason" TEXT;

-- Every execution that failed, also of trials that succeeded in the end.
CREATE VIEW failures AS
SELECT
    s.name AS sweep,
    t.number AS trial,
    a.attempt,
    f.lease,
    f.code,
    f.message,
    f.host,
    f.worker_id AS worker,
    f.epochs,
    f.at
FROM trial_failures f
JOIN trial_attempts a ON a.id = f.attempt_id
JOIN trials t ON t.id = a.trial_id
JOIN sweeps s ON s.id = t.sweep_id;
