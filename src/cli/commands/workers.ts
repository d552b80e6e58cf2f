import { EXIT } from '../../errors.js';
import type { WorkerRow } from '../../storage/storage.js';
import type { CommandModule } from '../command.js';
import { withSession } from '../session.js';
import { cutText, durationText, tableLines } from '../text.js';

/** Those that have been silent for longer are not coming back; they drop off the list. */
const SHOWN_MS = 10 * 60_000;
/** A worker tells every few seconds that it lives. */
const SILENT_S = 30;

/** `elbow workers`: which there are, and what each runs. */
export const command: CommandModule = {
  configure(command) {
    command.option('--json', 'print the workers as JSON').addHelpText(
      'after',
      `
Workers that have been silent for half a minute are marked, and after ten minutes they drop off the list;
others take over what ran on them.

Example:
  $ elbow workers`,
    );
  },

  async run(_input, { out, env }) {
    const workers = await withSession(env, ({ storage }) => storage.workers(SHOWN_MS));
    if (out.json) {
      out.document(
        workers.map(({ lastSeenAt, silentSeconds, ...worker }) => ({
          ...worker,
          lastSeenAt: lastSeenAt.toISOString(),
          silentSeconds,
          alive: silentSeconds < SILENT_S,
        })),
      );
      return EXIT.done;
    }
    if (workers.length === 0) {
      out.note(
        'There are no workers. `elbow up` starts one here; `elbow worker` is one more, on any machine.',
      );
      return EXIT.done;
    }
    const { dim, yellow } = out.colors;
    const columns = [
      { title: 'worker' },
      { title: 'pool' },
      { title: 'slots', right: true },
      { title: 'device' },
      { title: 'elbow' },
      { title: 'seen' },
      { title: 'runs' },
    ];
    const paint = (text: string, row: number, column: number): string =>
      column === 5 && workers[row]!.silentSeconds >= SILENT_S ? yellow(text) : text;
    for (const line of tableLines(columns, workers.map(rowOf), { header: dim, cell: paint }))
      out.result(line);
    return EXIT.done;
  },
};

function rowOf({ id, pool, slots, busy, device, version, silentSeconds, runs }: WorkerRow): string[] {
  const seen = silentSeconds < SILENT_S ? 'now' : `silent for ${durationText(silentSeconds)}`;
  const what = runs.map(({ sweep, trial }) => `${sweep} ${trial}`).join(', ');
  return [id, pool, `${busy} of ${slots}`, device ?? '', version, seen, cutText(what, 60)];
}
