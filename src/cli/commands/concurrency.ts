import { EXIT } from '../../errors.js';
import type { CommandModule } from '../command.js';
import { readConcurrency } from '../concurrency.js';
import { expectUnderWay, limitSweep, workflowGone } from '../lifecycle.js';
import { requireSweep, withSession } from '../session.js';
import { sweepDocument } from '../sweep-facts.js';
import { countedText } from '../text.js';

/** `elbow concurrency SWEEP N`: how many of its trials may run at once. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('<sweep>', 'name of the sweep')
      .argument('[trials]', 'trials at once, 1 or more; left out to see it')
      .option('--json', 'print the sweep as JSON')
      .addHelpText(
        'after',
        `
Never more than the slots of its pool run. Where more run than is asked for, those end first:
nothing is stopped.

Example:
  $ elbow concurrency quickstart 1`,
      );
  },

  run: ({ args }, context) =>
    withSession(context.env, async (session) => {
      const { out } = context;
      const { storage } = session;
      const sweep = await requireSweep(storage, args[0] ?? '');
      const wanted = args[1] === undefined ? null : readConcurrency(args[1]);
      let running: number | null = null;
      if (wanted !== null) {
        expectUnderWay(sweep, 'limit');
        const standing = await limitSweep(session, sweep, wanted);
        if (standing === null) throw workflowGone(sweep.name);
        running = standing.running;
      }
      const now = await storage.getSweep(sweep.id);
      if (out.json) {
        const counts = await storage.countTrials(sweep.id);
        out.document({ ...sweepDocument(now, counts, new Date()), concurrency: now.concurrency });
        return EXIT.done;
      }
      out.result(`${countedText(now.concurrency, 'trial')} of the sweep ${sweep.name} may run at once.`);
      if (running !== null && running > now.concurrency) {
        out.note(`${countedText(running, 'trial')} run now; the next starts when fewer than that are left.`);
      }
      return EXIT.done;
    }),
};
