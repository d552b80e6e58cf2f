/** Telling a sweep that runs to pause, to go on, or how much to do at once; each returns when it is true. */
import { setTimeout as wait } from 'node:timers/promises';
import { UPDATES } from '../../workflows/messages.js';
import type { SweepStanding } from '../../workflows/messages.js';
import { ElbowError } from '../errors.js';
import type { SweepRow } from '../storage/storage.js';
import type { Context } from './command.js';
import { endLostSweeps } from './lost.js';
import type { Session } from './session.js';
import { isEnded } from './sweep-facts.js';
import { updateSweepWorkflow } from './workflow.js';

const POLL_MS = 200;
/** Whether the workflow is still there is asked so often. */
const LOOK_MS = 10_000;

/** @throws ElbowError `state-forbids` where the sweep has ended, or is about to */
export function expectUnderWay(sweep: SweepRow, verb: string): void {
  const { name, status } = sweep;
  if (isEnded(status)) {
    throw new ElbowError(
      'state-forbids',
      `the sweep ${name} has ended (${status}); there is nothing to ${verb}`,
      { hint: `\`elbow show ${name}\` shows what it has; \`elbow rerun ${name}\` runs what failed.` },
    );
  }
  if (status === 'cancelling') {
    throw new ElbowError('state-forbids', `the sweep ${name} is being cancelled`, {
      hint: `Once it is, \`elbow rerun ${name}\` runs what was cancelled.`,
    });
  }
}

/** @param isNow whether what runs is stopped, too @returns null where its workflow is gone */
export const pauseSweep = (
  session: Session,
  sweep: SweepRow,
  isNow: boolean,
): Promise<SweepStanding | null> => updateSweepWorkflow(session, sweep, UPDATES.pause, { now: isNow });

/** @returns null where its workflow is gone */
export const resumeSweep = (session: Session, sweep: SweepRow): Promise<SweepStanding | null> =>
  updateSweepWorkflow(session, sweep, UPDATES.resume);

/** @param concurrency trials at once, integer ≥ 1 @returns null where its workflow is gone */
export const limitSweep = (
  session: Session,
  sweep: SweepRow,
  concurrency: number,
): Promise<SweepStanding | null> => updateSweepWorkflow(session, sweep, UPDATES.concurrency, concurrency);

/** @throws ElbowError `interrupted`: the sweep becomes paused all the same */
export async function waitUntilPaused(
  session: Session,
  sweep: SweepRow,
  context: Context,
): Promise<SweepRow> {
  let looked = Date.now();
  for (;;) {
    const now = await session.storage.getSweep(sweep.id);
    if (now.status !== 'pausing') return now;
    if (Date.now() - looked > LOOK_MS) {
      looked = Date.now();
      await endLostSweeps(session, [now], (line) => context.out.note(line));
    }
    await wait(POLL_MS, undefined, { signal: context.signal }).catch(() => undefined);
    if (context.signal.aborted) {
      throw new ElbowError('interrupted', `The sweep ${sweep.name} pauses all the same.`, {
        hint: `See how far it is: \`elbow show ${sweep.name}\`. Go on: \`elbow resume ${sweep.name}\`.`,
      });
    }
  }
}

/** A sweep that has not ended, and that nothing works on. */
export const workflowGone = (name: string): ElbowError =>
  new ElbowError('state-forbids', `the workflow of the sweep ${name} is gone, so nothing of it runs`, {
    hint: `\`elbow rerun ${name}\` goes on with the trials that are left; \`elbow cancel ${name}\` ends it.`,
  });
