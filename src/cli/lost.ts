/** Sweeps whose workflow is gone (terminated or deleted in Temporal, or lost with its database) although they have not ended. */
import { asElbowError } from '../errors.js';
import type { SweepRow } from '../storage/storage.js';
import type { Session } from './session.js';
import { isEnded } from './sweep-facts.js';
import { countedText } from './text.js';
import { workflowState } from './workflow.js';

/** Whoever starts a sweep again changes its status and then starts its workflow: both are done within seconds. */
const UNCHANGED_FOR_MS = 10_000;

/**
 * Ends those of the sweeps that nothing works on any more: as `cancelled` where that was asked for, else as `failed`. Their
 * open attempts get the failure `workflow-lost`, and `elbow rerun` goes on from there. Where Temporal is not to be reached,
 * or is another one than that which was asked to run the sweep, nothing is known, and nothing is done.
 * @param note told of each
 * @returns ids of those that were ended
 */
export async function endLostSweeps(
  session: Session,
  sweeps: readonly SweepRow[],
  note: (line: string) => void,
): Promise<ReadonlySet<string>> {
  // One that is planned has its workflow in a moment, or is started by the next `elbow run`. Of one that runs on another
  // server this one knows nothing.
  const open = sweeps.filter(
    ({ status, server }) => !isEnded(status) && status !== 'planning' && server === session.server,
  );
  if (open.length === 0 || session.temporalPlace === null) return new Set();
  try {
    const ended = await Promise.all(open.map((sweep) => endIfLost(session, sweep, note)));
    return new Set(open.filter((_, i) => ended[i]).map(({ id }) => id));
  } catch (error) {
    if (asElbowError(error).code !== 'temporal-unreachable') throw error;
    return new Set();
  }
}

async function endIfLost(
  session: Session,
  { id, name, status }: SweepRow,
  note: (line: string) => void,
): Promise<boolean> {
  const state = await workflowState(session, name);
  if (state === 'RUNNING') return false;
  const isCancelled = status === 'cancelling' || state === 'CANCELLED';
  const how = state === null ? 'is not in Temporal any more' : `has ended there (${state.toLowerCase()})`;
  const before = await session.storage.countTrials(id);
  const isLost = await session.storage.endLostSweep(id, {
    from: status,
    to: isCancelled ? 'cancelled' : 'failed',
    failure: { code: 'workflow-lost', message: `the workflow of the sweep ${how}` },
    unchangedForMs: UNCHANGED_FOR_MS,
  });
  if (isLost) {
    const left = countedText(before.queued + before.running, 'trial');
    note(
      `The workflow of the sweep ${name} ${how}: ${left} had not ended. \`elbow rerun ${name}\` runs them again.`,
    );
  }
  return isLost;
}
