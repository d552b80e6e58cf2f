import { EXIT } from '../../errors.js';
import type { CommandModule } from '../command.js';
import { expectUnderWay, pauseSweep, waitUntilPaused, workflowGone } from '../lifecycle.js';
import { requireSweep, withSession } from '../session.js';
import { countsText, sweepDocument } from '../sweep-facts.js';
import { countedText } from '../text.js';

/** `elbow pause SWEEP`: nothing new of it starts. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('<sweep>', 'name of the sweep')
      .option('--wait', 'return when nothing of it runs any more')
      .option('--now', 'stop what runs, too: each trial keeps a checkpoint, and goes on from there')
      .option('--json', 'print the sweep as JSON')
      .addHelpText(
        'after',
        `
Returns as soon as nothing new can start, and says how many trials still run. Their slots are then
free for other sweeps. \`elbow resume\` goes on, to the same results.

Example:
  $ elbow pause quickstart --now`,
      );
  },

  run: ({ args, options }, context) =>
    withSession(context.env, async (session) => {
      const { out } = context;
      const { storage } = session;
      const sweep = await requireSweep(storage, args[0] ?? '');
      const { name } = sweep;
      expectUnderWay(sweep, 'pause');
      const isNow = options['now'] === true;
      const standing = await pauseSweep(session, sweep, isNow);
      if (standing === null) throw workflowGone(name);
      const mustWait = isNow || options['wait'] === true;
      const now = mustWait
        ? await waitUntilPaused(session, sweep, context)
        : { ...sweep, status: standing.status };
      const counts = await storage.countTrials(sweep.id);
      if (out.json) {
        out.document(sweepDocument(now, counts, new Date()));
      } else if (now.status === 'pausing') {
        out.result(
          `The sweep ${name} is pausing: ${countedText(standing.running, 'trial')} still ${standing.running === 1 ? 'runs' : 'run'}, and nothing new starts.`,
        );
        out.note(`Stop them as well: \`elbow pause ${name} --now\`. Go on: \`elbow resume ${name}\`.`);
      } else {
        // It may have ended in this moment.
        out.result(`The sweep ${name} is ${now.status}: ${countsText(counts)}`);
        if (now.status === 'paused') out.note(`Go on: \`elbow resume ${name}\`.`);
      }
      return EXIT.done;
    }),
};
