-- A sweep of 100,000 trials is counted, summed up and followed from indexes alone: they carry what that takes, because
-- rows of trials and attempts are wide. Prisma's schema has no word for what an index carries along.
CREATE INDEX "trials_sweep_id_id_idx" ON "trials"("sweep_id", "id") INCLUDE ("number", "arm_hash", "samples_per_class", "replicate");

CREATE UNIQUE INDEX "trial_attempts_latest_key" ON "trial_attempts"("trial_id", "attempt") INCLUDE ("status", "objective", "test_accuracy", "seconds");
DROP INDEX "trial_attempts_trial_id_attempt_key";
ALTER INDEX "trial_attempts_latest_key" RENAME TO "trial_attempts_trial_id_attempt_key";

-- What has ended since somebody looked last.
CREATE INDEX "trial_attempts_finished_at_idx" ON "trial_attempts"("finished_at");

-- Answers to test images and findings are kilobytes that few ask for: they lie beside the rows, which are read often.
ALTER TABLE "trial_attempts" SET (toast_tuple_target = 512);
