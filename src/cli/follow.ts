/** Following a sweep until it ends: only Postgres is asked, so that anyone may follow from anywhere. */
import { setTimeout as pause } from 'node:timers/promises';
import { ElbowError, asElbowError } from '../errors.js';
import type { Counts, SweepRow } from '../storage/storage.js';
import type { Context } from './command.js';
import { createDecisionTeller } from './decision-lines.js';
import { createLooks } from './looks.js';
import type { Look } from './looks.js';
import { endedOf } from './progress.js';
import { createProgressDisplay } from './progress-display.js';
import type { ProgressDisplay } from './progress-display.js';
import { endLostSweeps } from './lost.js';
import type { Session } from './session.js';
import { isEnded } from './sweep-facts.js';
import { countedText } from './text.js';

const POLL_MS = 500;
/** Looking may take a tenth of the time: a sweep of 100,000 trials is looked at less often. */
const LOOK_SHARE = 10;
/** As long as Postgres may be away while a sweep is followed. */
const AWAY_LIMIT_MS = 120_000;
/** Workers tell that they are alive every few seconds. */
const WORKER_ALIVE_MS = 30_000;
/** As long as nothing may happen before it is asked why. */
const QUIET_MS = 15_000;

export interface Followed {
  readonly sweep: SweepRow;
  readonly counts: Counts;
}

/**
 * Shows progress until the sweep has ended.
 * Trials that have ended by then are not told one by one.
 * @throws ElbowError `interrupted` on Ctrl-C (the sweep goes on), `database-unreachable` when Postgres stays away
 */
export async function followSweep(session: Session, asked: SweepRow, context: Context): Promise<Followed> {
  const { storage } = session;
  const { signal, out } = context;
  const watch = createWatch(session, asked);
  const look = createLooks(storage, asked.id);
  const tellDecisions = createDecisionTeller(storage);
  let display: ProgressDisplay | undefined;
  let wasPaused = false;
  let awaySince: number | null = null;
  try {
    for (;;) {
      if (signal.aborted) throw interruptedFollowing(asked.name);
      const began = Date.now();
      try {
        // The state is read before the results: once it has ended, all results are there.
        const sweep = await storage.getSweep(asked.id);
        // Of one that had ended before there is nothing to show but its end.
        if (display === undefined && isEnded(sweep.status))
          return { sweep, counts: await storage.countTrials(asked.id) };
        const seen = await look();
        if (display === undefined) {
          const known = endedOf(seen.rows);
          display = await createProgressDisplay(out, known, began);
          if (known > 0) display.note(`${countedText(known, 'trial')} ended already.`);
        }
        display.update(seen, Date.now());
        if (isEnded(sweep.status)) return { sweep, counts: await storage.countTrials(asked.id) };
        const isPaused = sweep.status === 'paused';
        if (isPaused && !wasPaused) {
          display.note(`The sweep is paused. Go on: \`elbow resume ${asked.name}\`.`);
        }
        wasPaused = isPaused;
        await tellDecisions(sweep, (line) => display?.note(line));
        await watch(seen, (line) => display?.note(line));
        awaySince = null;
      } catch (error) {
        if (asElbowError(error).code !== 'database-unreachable') throw error;
        if (awaySince === null) {
          (display ?? out).note('Postgres does not answer; waiting for it. `elbow up` starts it again.');
          awaySince = began;
        }
        if (began - awaySince > AWAY_LIMIT_MS) throw error;
      }
      const waitMs = Math.max(POLL_MS, LOOK_SHARE * (Date.now() - began));
      await pause(waitMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    display?.stop();
  }
}

/** Ctrl-C while following: nothing is stopped by it. */
export function interruptedFollowing(name: string): ElbowError {
  return new ElbowError('interrupted', `The sweep ${name} goes on without this terminal.`, {
    hint: `Follow it: \`elbow watch ${name}\`. Stop it: \`elbow cancel ${name}\`.`,
  });
}

/** Asks why nothing happens when nothing has happened for a while, and says it once. */
function createWatch(
  session: Session,
  sweep: SweepRow,
): (look: Look, note: (line: string) => void) => Promise<void> {
  let last = '';
  let changedAt = Date.now();
  let hasSaid = false;
  return async ({ rows, running }, note) => {
    const now = Date.now();
    const picture = JSON.stringify([rows, running.map(({ trial, epochs }) => [trial, epochs])]);
    if (picture !== last) {
      last = picture;
      changedAt = now;
      return;
    }
    if (now - changedAt < QUIET_MS) return;
    changedAt = now;
    const { pool } = sweep.spec;
    const workers = await session.storage.workers(WORKER_ALIVE_MS);
    if (!workers.some((worker) => worker.pool === pool)) {
      if (!hasSaid) note(noWorkerText(pool));
      hasSaid = true;
    }
    // One that is lost has ended then, which the next look sees.
    await endLostSweeps(session, [await session.storage.getSweep(sweep.id)], note);
  };
}

const noWorkerText = (pool: string): string =>
  `No worker of the pool ${pool} is alive. ${
    pool === 'default' ? '`elbow up` starts one.' : `Start one: \`elbow worker --pool ${pool}\`.`
  }`;
