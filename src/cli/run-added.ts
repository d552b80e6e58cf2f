/** Seeing to it that attempts which were added in Postgres are run. */
import { UPDATES } from '../../workflows/messages.js';
import { asElbowError, ElbowError } from '../errors.js';
import type { SweepRow } from '../storage/storage.js';
import type { Context } from './command.js';
import type { Session } from './session.js';
import { isEnded } from './sweep-facts.js';
import { startSweepWorkflow, updateSweepWorkflow, waitUntilClosed } from './workflow.js';

/** A sweep that was about to end has ended when it is asked next. */
const MOST_TRIES = 3;

/**
 * Tells the workflow that runs, or starts one where the sweep has ended or its workflow is gone.
 * @throws ElbowError `no-worker`, `state-forbids`, `temporal-unreachable`; what was added stays, and `elbow rerun` runs it
 */
export async function runAdded(session: Session, sweep: SweepRow, context: Context): Promise<void> {
  const { storage } = session;
  for (let tries = 1; ; tries++) {
    const { status } = await storage.getSweep(sweep.id);
    if (!isEnded(status)) {
      try {
        if ((await updateSweepWorkflow(session, sweep, UPDATES.more)) !== null) return;
        await startSweepWorkflow(session, sweep);
        return;
      } catch (error) {
        if (asElbowError(error).code !== 'state-forbids' || tries === MOST_TRIES) throw error;
      }
    }
    await waitUntilClosed(session, sweep.name, context.signal);
    if (await storage.moveSweep(sweep.id, ['finished', 'cancelled', 'failed'], 'running')) {
      await startSweepWorkflow(session, sweep);
      return;
    }
    if (tries === MOST_TRIES) {
      throw new ElbowError('state-forbids', `the sweep ${sweep.name} does not take the trials`, {
        hint: `\`elbow rerun ${sweep.name}\` runs them.`,
      });
    }
  }
}
