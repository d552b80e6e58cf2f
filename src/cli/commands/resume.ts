import { EXIT } from '../../errors.js';
import type { CommandModule } from '../command.js';
import { printEnding } from '../ending.js';
import { followSweep } from '../follow.js';
import { expectUnderWay, resumeSweep } from '../lifecycle.js';
import { requireSweep, withSession } from '../session.js';
import { sweepDocument } from '../sweep-facts.js';
import { startSweepWorkflow } from '../workflow.js';

/** `elbow resume SWEEP`: a paused sweep goes on. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('<sweep>', 'name of the sweep')
      .option('--detach', 'let it go on and return')
      .option('--json', 'print one JSON document at the end')
      .addHelpText(
        'after',
        '\nTrials that were stopped go on from their checkpoints.\n\nExample:\n  $ elbow resume quickstart',
      );
  },

  run: ({ args, options }, context) =>
    withSession(context.env, async (session) => {
      const { out } = context;
      const { storage } = session;
      const sweep = await requireSweep(storage, args[0] ?? '');
      expectUnderWay(sweep, 'resume');
      const wasPaused = sweep.status === 'pausing' || sweep.status === 'paused';
      if (wasPaused && (await resumeSweep(session, sweep)) === null) {
        // Its workflow was lost while it was paused.
        await storage.moveSweep(sweep.id, ['pausing', 'paused'], 'running');
        await startSweepWorkflow(session, sweep);
      }
      const now = await storage.getSweep(sweep.id);
      if (wasPaused && options['detach'] !== true) {
        return printEnding(session, await followSweep(session, now, context), context);
      }
      if (out.json) {
        out.document(sweepDocument(now, await storage.countTrials(sweep.id), new Date()));
      } else if (wasPaused) {
        out.result(`The sweep ${sweep.name} runs. Follow it: \`elbow watch ${sweep.name}\`.`);
      } else {
        out.result(`Nothing to do: the sweep ${sweep.name} is ${sweep.status}, and not paused.`);
      }
      return EXIT.done;
    }),
};
