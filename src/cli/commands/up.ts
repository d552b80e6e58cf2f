import { EXIT } from '../../errors.js';
import { elbowHome } from '../../paths.js';
import type { CommandModule } from '../command.js';
import { endLostSweeps } from '../lost.js';
import { withSession } from '../session.js';
import { printStatus, statusDocument } from './status.js';

/** `elbow up`: brings what is missing, starts what is down. */
export const command: CommandModule = {
  configure(command) {
    command
      .option('--json', 'print the status as JSON')
      .addHelpText(
        'after',
        '\nBrings Temporal, Postgres and TensorFlow where they are missing, and starts Temporal with its UI, Postgres and\n' +
          'one worker, all on 127.0.0.1. What runs already is left alone. With TEMPORAL_ADDRESS or DATABASE_URL set, that\n' +
          'server is used instead.\n\nExample:\n  $ elbow up',
      );
  },

  async run(_input, { out, env, signal }) {
    const { areServersUp, ensureUp, isAllUp, readStatus, wantsNoWorker } =
      await import('../../stack/index.js');
    const note = (line: string): void => out.note(line);
    const connections = await ensureUp({ env, signal, note });
    await withSession(
      env,
      async (session) => endLostSweeps(session, await session.storage.listSweeps(), note),
      connections,
    );
    const status = await readStatus(env);
    if (out.json) out.document(statusDocument(status));
    else printStatus(status, elbowHome(env), out);
    const isDone = wantsNoWorker(env) ? areServersUp(status) : isAllUp(status);
    return isDone ? EXIT.done : EXIT.unreachable;
  },
};
