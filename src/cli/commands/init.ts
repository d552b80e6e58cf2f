import { EXIT } from '../../errors.js';
import type { ReaderLogin, ReaderState } from '../../storage/index.js';
import type { CommandModule } from '../command.js';
import type { PreparedNamespace } from '../namespace.js';
import { connectTemporal } from '../session.js';

/** `elbow init`: prepares a Temporal server and a database of one's own for elbow. */
export const command: CommandModule = {
  configure(command) {
    command.option('--json', 'print what was done as JSON').addHelpText(
      'after',
      `
Makes the namespace and the search attributes where they are missing, has ended workflows kept for 90 days or longer, and
migrates the database, with the role elbow_reader that can only read. With ELBOW_READER_URL that role is given the password
there. Running it again changes nothing. What it may not do it names, with the command for somebody who may.
The local stack needs none of it.

Example:
  $ TEMPORAL_ADDRESS=temporal.example:7233 DATABASE_URL=postgresql://me@db.example/elbow elbow init`,
    );
  },

  async run(_input, { out, env }) {
    const [{ readConnections }, { migrate, setReaderLogin }, { prepareNamespace }] = await Promise.all([
      import('../../stack/index.js'),
      import('../../storage/index.js'),
      import('../namespace.js'),
    ]);
    const connections = await readConnections(env);
    const client = await connectTemporal(connections.temporal);
    try {
      const namespace = await prepareNamespace(client, connections.temporal.address);
      const { url, readerUrl, embedded } = connections.database;
      const { applied, reader } = await migrate({ url });
      const canLogin = readerUrl !== null && !embedded && reader !== 'missing';
      const login = canLogin ? await setReaderLogin(url, readerUrl) : null;
      if (out.json) {
        out.document({ ...namespace, migrations: applied, reader, readerLogin: login });
        return EXIT.done;
      }
      for (const line of namespaceLines(namespace)) out.result(line);
      out.result(
        `search attributes: ${namespace.added.length === 0 ? 'all there' : `added ${namespace.added.join(', ')}`}`,
      );
      out.result(`database: ${applied.length === 0 ? 'newest schema' : `applied ${applied.join(', ')}`}`);
      out.result(`role elbow_reader: ${readerText(reader, login)}`);
      return EXIT.done;
    } finally {
      await client.connection.close();
    }
  },
};

function namespaceLines(state: PreparedNamespace): string[] {
  const { namespace, isNew, retentionDays, raisedFromDays, retentionRefused } = state;
  const kept = retentionDays === null ? '' : `, kept for ${daysText(retentionDays)}`;
  const raised = raisedFromDays === null ? '' : `, up from ${daysText(raisedFromDays)}`;
  const line = `namespace ${namespace}: ${isNew ? 'made' : 'was there'}${kept}${raised}`;
  if (retentionRefused === null) return [line];
  return [
    line,
    `  90 days were refused (${retentionRefused}): workflows leave Temporal's UI sooner, results stay in Postgres`,
  ];
}

const daysText = (days: number): string => `${Number(days.toFixed(2))} ${days === 1 ? 'day' : 'days'}`;

function readerText(reader: ReaderState, login: ReaderLogin | null): string {
  if (reader === 'missing') {
    return 'not there, and this user may not make roles; `elbow query` reads in a transaction that cannot write';
  }
  if (login === 'set') return 'can read, and logs in with the password of ELBOW_READER_URL';
  if (login === 'refused') return 'can read; this user may not give it the password of ELBOW_READER_URL';
  if (login === 'other') return 'can read; the user of ELBOW_READER_URL is another one, and left alone';
  return reader === 'ready'
    ? 'can read'
    : 'can read; this user may not step into it, so queries run under its own';
}
