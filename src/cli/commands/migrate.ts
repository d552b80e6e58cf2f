import { EXIT } from '../../errors.js';
import type { CommandModule } from '../command.js';

/** `elbow migrate`: brings the database to the newest schema. */
export const command: CommandModule = {
  configure(command) {
    command
      .option('--json', 'print what was applied as JSON')
      .addHelpText(
        'after',
        '\nThe local stack migrates by itself at `elbow up`; a database of your own is migrated by this.\n\nExample:\n  $ DATABASE_URL=postgresql://me@db.example/elbow elbow migrate',
      );
  },

  async run(_input, { out, env }) {
    const [{ findServers, requireDatabase }, { migrate }] = await Promise.all([
      import('../../stack/index.js'),
      import('../../storage/index.js'),
    ]);
    const { url } = requireDatabase(await findServers(env));
    const { applied } = await migrate({ url });
    if (out.json) out.document({ applied });
    else if (applied.length === 0) out.result('The database has the newest schema already.');
    else for (const name of applied) out.result(`applied ${name}`);
    return EXIT.done;
  },
};
