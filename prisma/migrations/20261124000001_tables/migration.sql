-- CreateTable
CREATE TABLE "sweeps" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'planning',
    "spec" JSONB NOT NULL,
    "source" TEXT NOT NULL,
    "concurrency" INTEGER NOT NULL DEFAULT 100,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "sweeps_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "trials" (
    "id" BIGSERIAL NOT NULL,
    "sweep_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "arm_hash" TEXT NOT NULL,
    "arm_label" TEXT NOT NULL,
    "params" JSONB NOT NULL,
    "samples_per_class" INTEGER,
    "replicate" INTEGER NOT NULL,

    CONSTRAINT "trials_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "trial_attempts" (
    "id" UUID NOT NULL,
    "trial_id" BIGINT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'queued',
    "lease" INTEGER NOT NULL DEFAULT 0,
    "worker_id" TEXT,
    "host" TEXT,
    "elbow_version" TEXT,
    "git_commit" TEXT,
    "node" TEXT,
    "tensorflow" TEXT,
    "device" TEXT,
    "data_digest" TEXT,
    "epochs" INTEGER NOT NULL DEFAULT 0,
    "best_epoch" INTEGER,
    "train_loss" DOUBLE PRECISION,
    "val_loss" DOUBLE PRECISION,
    "test_loss" DOUBLE PRECISION,
    "train_accuracy" DOUBLE PRECISION,
    "val_accuracy" DOUBLE PRECISION,
    "test_accuracy" DOUBLE PRECISION,
    "objective" DOUBLE PRECISION,
    "metrics" JSONB NOT NULL DEFAULT '{}',
    "seconds_before" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "seconds" DOUBLE PRECISION,
    "images_per_second" DOUBLE PRECISION,
    "diagnosis" TEXT,
    "failure_code" TEXT,
    "failure_message" TEXT,
    "checkpoint" TEXT,
    "queued_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "trial_attempts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "trial_epochs" (
    "attempt_id" UUID NOT NULL,
    "epoch" INTEGER NOT NULL,
    "train_loss" DOUBLE PRECISION,
    "train_accuracy" DOUBLE PRECISION,
    "val_loss" DOUBLE PRECISION,
    "val_accuracy" DOUBLE PRECISION,
    "learning_rate" DOUBLE PRECISION,
    "seconds" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "trial_epochs_pkey" PRIMARY KEY ("attempt_id","epoch")
);

-- CreateTable
CREATE TABLE "trial_logs" (
    "attempt_id" UUID NOT NULL,
    "lease" INTEGER NOT NULL,
    "index" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "stream" TEXT NOT NULL,
    "text" TEXT NOT NULL,

    CONSTRAINT "trial_logs_pkey" PRIMARY KEY ("attempt_id","lease","index")
);

-- CreateTable
CREATE TABLE "workers" (
    "id" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "pool" TEXT NOT NULL,
    "slots" INTEGER NOT NULL,
    "version" TEXT NOT NULL,
    "device" TEXT,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "workers_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "sweeps_name_key" ON "sweeps"("name");

-- CreateIndex
CREATE UNIQUE INDEX "trials_sweep_id_number_key" ON "trials"("sweep_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "trials_identity_key" ON "trials"("sweep_id", "arm_hash", "samples_per_class", "replicate") NULLS NOT DISTINCT;

-- CreateIndex
CREATE INDEX "trial_attempts_worker_id_status_idx" ON "trial_attempts"("worker_id", "status");

-- CreateIndex
CREATE UNIQUE INDEX "trial_attempts_trial_id_attempt_key" ON "trial_attempts"("trial_id", "attempt");

-- AddForeignKey
ALTER TABLE "trials" ADD CONSTRAINT "trials_sweep_id_fkey" FOREIGN KEY ("sweep_id") REFERENCES "sweeps"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "trial_attempts" ADD CONSTRAINT "trial_attempts_trial_id_fkey" FOREIGN KEY ("trial_id") REFERENCES "trials"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "trial_epochs" ADD CONSTRAINT "trial_epochs_attempt_id_fkey" FOREIGN KEY ("attempt_id") REFERENCES "trial_attempts"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "trial_logs" ADD CONSTRAINT "trial_logs_attempt_id_fkey" FOREIGN KEY ("attempt_id") REFERENCES "trial_attempts"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma's schema cannot say: the words a status may have, and the ranges of numbers.
ALTER TABLE "sweeps"
    ADD CONSTRAINT "sweeps_status_check" CHECK ("status" IN ('planning', 'running', 'pausing', 'paused', 'cancelling', 'finished', 'cancelled', 'failed')),
    ADD CONSTRAINT "sweeps_concurrency_check" CHECK ("concurrency" >= 1);

ALTER TABLE "trials"
    ADD CONSTRAINT "trials_number_check" CHECK ("number" >= 0),
    ADD CONSTRAINT "trials_size_check" CHECK ("samples_per_class" >= 1),
    ADD CONSTRAINT "trials_replicate_check" CHECK ("replicate" >= 0);

ALTER TABLE "trial_attempts"
    ADD CONSTRAINT "trial_attempts_status_check" CHECK ("status" IN ('queued', 'running', 'succeeded', 'pruned', 'failed', 'cancelled')),
    ADD CONSTRAINT "trial_attempts_attempt_check" CHECK ("attempt" >= 1),
    ADD CONSTRAINT "trial_attempts_lease_check" CHECK ("lease" >= 0);

ALTER TABLE "trial_epochs"
    ADD CONSTRAINT "trial_epochs_epoch_check" CHECK ("epoch" >= 1);
