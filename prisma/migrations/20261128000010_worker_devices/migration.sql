-- The GPUs that a worker's slots are dealt out over; none for a worker of an earlier version.
ALTER TABLE "workers" ADD COLUMN "devices" JSONB NOT NULL DEFAULT '[]';
