-- The GPUs that a worker's slots are dealt out over. A worker of an earlier version tells of none.
ALTER TABLE "workers" ADD COLUMN "devices" JSONB NOT NULL DEFAULT '[]';
