import { followSweep } from '../follow.js';
import { printEnding } from '../ending.js';
import type { CommandModule } from '../command.js';
import { requireSweep, withSession } from '../session.js';

/** `elbow watch SWEEP`: follows a sweep until it ends. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('<sweep>', 'name of the sweep')
      .option('--json', 'print one JSON document at the end')
      .addHelpText(
        'after',
        '\nCtrl-C stops only the following. Exit code 3: some trials failed, or the sweep was cancelled.\n\nExample:\n  $ elbow watch quickstart',
      );
  },

  run: ({ args }, context) =>
    withSession(context.env, async (session) => {
      const sweep = await requireSweep(session.storage, args[0] ?? '');
      return printEnding(session, await followSweep(session, sweep, context), context);
    }),
};
