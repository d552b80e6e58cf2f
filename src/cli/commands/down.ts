import { EXIT } from '../../errors.js';
import type { CommandModule } from '../command.js';

/** `elbow down`: stops what `up` started. */
export const command: CommandModule = {
  configure(command) {
    command
      .option('--json', 'print what was stopped as JSON')
      .addHelpText(
        'after',
        '\nStops the local worker, Temporal and Postgres. Sweeps, data and ports are kept; a running sweep goes on at the\n' +
          'next `elbow up`.\n\nExample:\n  $ elbow down',
      );
  },

  async run(_input, { out, env, signal }) {
    const { takeDown } = await import('../../stack/index.js');
    const stopped = await takeDown({ env, signal, note: (line) => out.note(line) });
    if (out.json) out.document({ stopped });
    else out.result(stopped.length > 0 ? `stopped: ${stopped.join(', ')}` : 'nothing was running');
    return EXIT.done;
  },
};
