import { setTimeout as pause } from 'node:timers/promises';
import { ElbowError, EXIT } from '../../errors.js';
import type { SweepRow } from '../../storage/storage.js';
import type { CommandModule, Context } from '../command.js';
import { endLostSweeps } from '../lost.js';
import { requireSweep, withSession } from '../session.js';
import type { Session } from '../session.js';
import { countsText, isEnded, sweepDocument } from '../sweep-facts.js';
import { cancelSweepWorkflow } from '../workflow.js';

const POLL_MS = 200;
/** A trainer that is told to stop ends within seconds; a worker that is gone is noticed after a minute or so. */
const PATIENCE_MS = 10_000;

/** `elbow cancel SWEEP`: stops its trials, and returns once that is true. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('<sweep>', 'name of the sweep')
      .option('--json', 'print the sweep as JSON')
      .addHelpText(
        'after',
        '\nTrials that have ended keep their results; `elbow rerun` runs the others again.\n\nExample:\n  $ elbow cancel quickstart',
      );
  },

  run: ({ args }, context) =>
    withSession(context.env, async (session) => {
      const { out } = context;
      const sweep = await requireSweep(session.storage, args[0] ?? '');
      const ended = sweep.status === 'cancelled' ? sweep : await cancel(session, sweep, context);
      const counts = await session.storage.countTrials(sweep.id);
      if (out.json) out.document(sweepDocument(ended, counts, new Date()));
      else out.result(`The sweep ${ended.name} is ${ended.status}: ${countsText(counts)}`);
      return EXIT.done;
    }),
};

async function cancel(session: Session, sweep: SweepRow, context: Context): Promise<SweepRow> {
  const { storage } = session;
  if (isEnded(sweep.status)) {
    throw new ElbowError(
      'state-forbids',
      `the sweep ${sweep.name} has ended (${sweep.status}); there is nothing to cancel`,
      {
        hint: `\`elbow show ${sweep.name}\` shows what it has.`,
      },
    );
  }
  await storage.moveSweep(sweep.id, ['planning', 'running', 'pausing', 'paused'], 'cancelling');
  if (!(await cancelSweepWorkflow(session, sweep.name))) {
    // Nobody else will end it: the workflow never started, or is gone.
    const failure = { code: 'trial-cancelled', message: 'the sweep was cancelled' };
    await storage.closeTrials(sweep.id, { first: 0, last: null }, 'cancelled', failure);
    await storage.moveSweep(sweep.id, ['cancelling'], 'cancelled');
  }
  return waitForEnd(session, sweep, context);
}

/** @throws ElbowError `interrupted`: the cancellation itself goes on */
async function waitForEnd(session: Session, sweep: SweepRow, context: Context): Promise<SweepRow> {
  const began = Date.now();
  let hasSaid = false;
  for (;;) {
    const now = await session.storage.getSweep(sweep.id);
    if (isEnded(now.status)) return now;
    // A workflow that is gone meanwhile cancels nothing any more.
    if (Date.now() - began > PATIENCE_MS)
      await endLostSweeps(session, [now], (line) => context.out.note(line));
    if (!hasSaid && Date.now() - began > PATIENCE_MS) {
      context.out.note('Waiting for trials that have not answered yet; their workers may be gone.');
      hasSaid = true;
    }
    await pause(POLL_MS, undefined, { signal: context.signal }).catch(() => undefined);
    if (context.signal.aborted) {
      throw new ElbowError('interrupted', `The sweep ${sweep.name} is being cancelled all the same.`, {
        hint: `See how far it is: \`elbow show ${sweep.name}\`.`,
      });
    }
  }
}
