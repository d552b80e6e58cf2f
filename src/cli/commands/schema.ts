import { EXIT } from '../../errors.js';
import type { CommandModule } from '../command.js';

/** `elbow schema`: the JSON Schema of a sweep file, for editors. */
export const command: CommandModule = {
  configure(command) {
    command.option('--json', 'the same: the schema is JSON').addHelpText(
      'after',
      `
An editor with a YAML language server then completes and checks sweep files that begin with
  # yaml-language-server: $schema=sweep.schema.json

Example:
  $ elbow schema > sweep.schema.json`,
    );
  },

  async run(_input, { out }) {
    const { sweepJsonSchema } = await import('../../spec/index.js');
    out.document(sweepJsonSchema());
    return EXIT.done;
  },
};
