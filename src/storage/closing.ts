/** Ends that no worker stores: of attempts that were lost or cancelled, and of sweeps whose workflow is gone. */
import type { PoolClient } from 'pg';
import type { Database } from './database.js';
import { claimText, notClaimedByOthers } from './planning.js';
import type { Claim, Storage, TrialRange } from './storage.js';

type ClosingMethods = Pick<Storage, 'closeAttempt' | 'closeTrials' | 'endLostSweep'>;

/** Ends attempts under a new lease, so that whoever still runs them may not write any more. */
const CLOSE = `update trial_attempts a set status = $1, failure_code = $2, failure_message = $3, lease = a.lease + 1,
    epochs = (select count(*) from trial_epochs e where e.attempt_id = a.id),
    seconds = a.seconds_before
      + coalesce((select sum(e.seconds) from trial_epochs e where e.attempt_id = a.id and e.lease = a.lease), 0),
    finished_at = now()`;

/** Trials of one transaction. */
const CHUNK = 5_000;

/** @returns how many were open */
async function closeRange(
  client: PoolClient,
  sweepId: string,
  range: TrialRange,
  status: 'failed' | 'cancelled',
  failure: { readonly code: string; readonly message: string },
  claim?: Claim,
): Promise<number> {
  const { rowCount } = await client.query(
    `${CLOSE} from trials t where t.id = a.trial_id and t.sweep_id = $4 and t.number >= $5
       and ($6::int is null or t.number <= $6) and a.status in ('queued', 'running')
       and ($7::text is null or ${notClaimedByOthers('$7', '$8')})`,
    [
      status,
      failure.code,
      failure.message,
      sweepId,
      range.first,
      range.last,
      claim === undefined ? null : claimText(claim),
      claim?.run ?? null,
    ],
  );
  return rowCount ?? 0;
}

export function closingMethods(db: Database): ClosingMethods {
  return {
    closeAttempt: (attemptId, status, failure) =>
      db.transaction(async (client) => {
        const { rowCount } = await client.query(
          `${CLOSE} where a.id = $4 and a.status in ('queued', 'running')`,
          [status, failure.code, failure.message, attemptId],
        );
        return rowCount === 1;
      }),

    closeTrials: async (sweepId, range, status, failure, claim) => {
      const { rows } = await db.attempt(() =>
        db.pool.query<{ last: number | null }>('select max(number) as last from trials where sweep_id = $1', [
          sweepId,
        ]),
      );
      const last = Math.min(range.last ?? Infinity, rows[0]!.last ?? -1);
      let closed = 0;
      // In parts: whoever closes 100,000 and is ended in between has not done it for nothing.
      for (let first = range.first; first <= last; first += CHUNK) {
        const part = { first, last: Math.min(last, first + CHUNK - 1) };
        closed += await db.transaction((client) => closeRange(client, sweepId, part, status, failure, claim));
      }
      return closed;
    },

    endLostSweep: (id, { from, to, failure, unchangedForMs }) =>
      db.transaction(async (client) => {
        const { rowCount } = await client.query(
          `update sweeps set status = $3, changed_at = now(), finished_at = now()
           where id = $1 and status = $2 and changed_at <= now() - $4 * interval '1 millisecond'`,
          [id, from, to, unchangedForMs],
        );
        if (rowCount !== 1) return false;
        await closeRange(client, id, { first: 0, last: null }, to, failure);
        return true;
      }),
  };
}
