import { EXIT } from '../../errors.js';
import type { CommandModule } from '../command.js';
import { connectTemporal } from '../session.js';

/** `elbow init`: prepares a Temporal server and a database of one's own for elbow. */
export const command: CommandModule = {
  configure(command) {
    command.option('--json', 'print what was done as JSON').addHelpText(
      'after',
      `
Makes the namespace (kept for 90 days) and the search attributes where they are missing, and migrates the database.
Running it again changes nothing. The local stack needs none of it.

Example:
  $ TEMPORAL_ADDRESS=temporal.example:7233 DATABASE_URL=postgresql://me@db.example/elbow elbow init`,
    );
  },

  async run(_input, { out, env }) {
    const [{ readConnections }, { migrate }, { prepareNamespace }] = await Promise.all([
      import('../../stack/index.js'),
      import('../../storage/index.js'),
      import('../namespace.js'),
    ]);
    const connections = await readConnections(env);
    const client = await connectTemporal(connections.temporal);
    try {
      const namespace = await prepareNamespace(client, connections.temporal.address);
      const { applied } = await migrate({ url: connections.database.url });
      if (out.json) {
        out.document({ ...namespace, migrations: applied });
        return EXIT.done;
      }
      const made = namespace.isNew ? 'made, kept for 90 days' : 'was there';
      out.result(`namespace ${namespace.namespace}: ${made}`);
      out.result(
        `search attributes: ${namespace.added.length === 0 ? 'all there' : `added ${namespace.added.join(', ')}`}`,
      );
      out.result(`database: ${applied.length === 0 ? 'newest schema' : `applied ${applied.join(', ')}`}`);
      return EXIT.done;
    } finally {
      await client.connection.close();
    }
  },
};
