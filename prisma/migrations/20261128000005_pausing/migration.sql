-- Which trials run is asked before each execution, because a sweep may be paused or limited. There are few of them among
-- many, and Prisma's schema cannot say a partial index.
CREATE INDEX "trial_attempts_running_idx" ON "trial_attempts"("trial_id") WHERE "status" = 'running';

-- When a sweep's status changed: one whose workflow is gone is told from one that is just being started again.
ALTER TABLE "sweeps" ADD COLUMN "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;

-- Which shard of which run of a sweep's workflow starts an attempt: those that are added while it runs have none yet.
ALTER TABLE "trial_attempts" ADD COLUMN "claim" TEXT;

-- Which Temporal server has the workflow of a sweep: another one knows nothing of it.
ALTER TABLE "sweeps" ADD COLUMN "server" TEXT;
