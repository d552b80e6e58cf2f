-- Looks at a sweep with until: what was found of its intervals, and whether replicates were added.
CREATE TABLE "sweep_decisions" (
    "sweep_id" UUID NOT NULL,
    "look" INTEGER NOT NULL,
    "replicates" INTEGER NOT NULL,
    "until" JSONB NOT NULL,
    "decision" TEXT NOT NULL,
    "added" INTEGER NOT NULL,
    "reason" TEXT NOT NULL,
    "figures" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "sweep_decisions_pkey" PRIMARY KEY ("sweep_id", "look"),
    CONSTRAINT "sweep_decisions_decision_check" CHECK ("decision" IN ('met', 'extended', 'looks-used', 'budget-used', 'too-few-scores')),
    CONSTRAINT "sweep_decisions_added_check" CHECK ("added" >= 0 AND ("added" > 0) = ("decision" = 'extended'))
);
ALTER TABLE "sweep_decisions" ADD CONSTRAINT "sweep_decisions_sweep_id_fkey" FOREIGN KEY ("sweep_id") REFERENCES "sweeps"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- One row a look. What each condition had of each arm is in figures.
CREATE VIEW decisions AS
SELECT
    s.name AS sweep,
    d.look,
    d.replicates,
    d.until,
    d.decision,
    d.added,
    d.reason,
    d.figures,
    d.at
FROM sweep_decisions d
JOIN sweeps s ON s.id = d.sweep_id;
