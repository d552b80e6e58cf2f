-- Which trials run is asked before each execution, because a sweep may be paused or limited. There are few of them among
-- many, and Prisma's schema cannot say a partial index.
CREATE INDEX "trial_attempts_running_idx" ON "trial_attempts"("trial_id") WHERE "status" = 'running';
