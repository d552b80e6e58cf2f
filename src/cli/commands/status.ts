import { EXIT } from '../../errors.js';
import { elbowHome } from '../../paths.js';
import type { StackStatus } from '../../stack/index.js';
import type { CommandModule } from '../command.js';
import type { Output } from '../output.js';

/** `elbow status`: what is up, and where. Exit 0 when all of it is, else 4. */
export const command: CommandModule = {
  configure(command) {
    command
      .option('--json', 'print the status as JSON')
      .addHelpText('after', '\nExample:\n  $ elbow status --json | jq -r .database.url');
  },

  async run(_input, { out, env }) {
    const { isAllUp, readStatus } = await import('../../stack/index.js');
    const status = await readStatus(env);
    if (out.json) out.document(statusDocument(status));
    else printStatus(status, elbowHome(env), out);
    if (!isAllUp(status)) out.note('`elbow up` starts what is down; `elbow doctor` says what is wrong.');
    return isAllUp(status) ? EXIT.done : EXIT.unreachable;
  },
};

/** The JSON shape that scripts rely on; more keys may stand beside these. */
export function statusDocument(status: StackStatus): object {
  const { temporal, database, workers } = status;
  return {
    temporal: {
      up: temporal.up,
      address: temporal.address,
      namespace: temporal.namespace,
      ui: temporal.ui,
      embedded: temporal.embedded,
      version: temporal.version,
      problem: temporal.problem,
    },
    database: { up: database.up, url: database.url, embedded: database.embedded, problem: database.problem },
    workers,
  };
}

/** The same for people. */
export function printStatus(status: StackStatus, home: string, out: Output): void {
  const { temporal, database, workers } = status;
  const { green, red, dim, bold } = out.colors;
  const mark = (up: boolean): string => (up ? green('up  ') : red('down'));
  const whose = (embedded: boolean): string => dim(embedded ? 'local' : 'set by you');
  const say = (label: string, up: boolean, ...parts: (string | null)[]): void => {
    out.result(`${bold(label.padEnd(9))} ${mark(up)}  ${parts.filter(Boolean).join('  ')}`);
  };
  const detail = (label: string, text: string | null): void => {
    if (text) out.result(`${' '.repeat(16)}${dim(label.padEnd(5))} ${text}`);
  };

  say(
    'Temporal',
    temporal.up,
    temporal.address,
    temporal.address && `namespace ${temporal.namespace}`,
    temporal.version && `server ${temporal.version}`,
    whose(temporal.embedded),
  );
  if (temporal.up) detail('UI', temporal.ui && `${temporal.ui}/namespaces/${temporal.namespace}/workflows`);
  else detail('', temporal.problem);
  say('Postgres', database.up, database.version && `version ${database.version}`, whose(database.embedded));
  if (database.up) detail('psql', database.psql);
  else detail('', database.problem);
  if (workers.length === 0) say('worker', false, dim('none is alive'));
  for (const worker of workers) {
    const { host, pool, slots, busy, device, version } = worker;
    const runs = slots === 0 ? 'workflows alone' : `pool ${pool}  ${busy} of ${slots} slots busy`;
    say('worker', true, host, runs, device, `elbow ${version}`);
  }
  out.result(`${bold('home'.padEnd(9))}       ${home}`);
}
