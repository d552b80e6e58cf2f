import { EXIT } from '../../errors.js';
import type { CommandModule } from '../command.js';

/** `elbow presets`: the sweeps that come with elbow. */
export const command: CommandModule = {
  configure(command) {
    command
      .option('--json', 'print the presets as JSON')
      .addHelpText('after', '\nExample:\n  $ elbow presets\n  $ elbow run quickstart');
  },

  async run(_input, { out }) {
    const { listPresets } = await import('../../spec/index.js');
    const presets = await listPresets();
    if (out.json) {
      out.document(presets);
      return EXIT.done;
    }
    const width = Math.max(...presets.map((preset) => preset.name.length));
    const { bold, dim } = out.colors;
    for (const { name, description, trials } of presets) {
      out.result(`${bold(name.padEnd(width))}  ${dim(`${trials} trials`.padStart(10))}  ${description}`);
    }
    out.note(`Run one with \`elbow run NAME\`, or look first: \`elbow run NAME --dry-run\`.`);
    return EXIT.done;
  },
};
