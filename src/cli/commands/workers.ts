import { hostname } from 'node:os';
import { ElbowError, EXIT } from '../../errors.js';
import type { Storage, WorkerRow } from '../../storage/storage.js';
import type { CommandModule } from '../command.js';
import { withSession } from '../session.js';
import { cutText, durationText, tableLines } from '../text.js';

/** Those that have been silent for longer are not coming back; they drop off the list. */
const SHOWN_MS = 10 * 60_000;
/** A worker tells every few seconds that it lives. */
const SILENT_S = 30;

/** `elbow workers`: which there are, and what each runs; and which of them take no trials. */
export const command: CommandModule = {
  configure(command) {
    command
      .option('--aside <worker>', 'put a worker aside: it hands over what it runs, and takes no trials')
      .option('--release <worker>', 'let a worker that is put aside take trials again')
      .option('--here', 'those of this machine; exit 4 when none of them is alive')
      .option('--json', 'print the workers as JSON')
      .addHelpText(
        'after',
        `
Workers that have been silent for half a minute are marked, and after ten minutes they drop off the list;
others take over what ran on them. A worker on which three different trials failed in a row is put aside for a
quarter of an hour, when its pool has another one. One that is started anew begins anew. \`--here\` is what a
container's health check asks.

Example:
  $ elbow workers
  $ elbow workers --here
  $ elbow workers --aside lab:4711`,
      );
  },

  async run({ options }, { out, env }) {
    const { aside, release } = options as { readonly aside?: string; readonly release?: string };
    if (aside !== undefined && release !== undefined)
      throw new ElbowError('usage', '--aside and --release were given together; they do the opposite');
    const all = await withSession(env, async ({ storage }) => {
      if (aside !== undefined) await change(storage, aside, 'put aside by hand');
      if (release !== undefined) await change(storage, release, null);
      return storage.workers(SHOWN_MS);
    });
    const isHere = options['here'] === true;
    const workers = isHere ? all.filter(({ host }) => host === hostname()) : all;
    const isAlive = workers.some(({ silentSeconds }) => silentSeconds < SILENT_S);
    const code = isHere && !isAlive ? EXIT.unreachable : EXIT.done;
    if (out.json) {
      out.document(
        workers.map(({ lastSeenAt, silentSeconds, ...worker }) => ({
          ...worker,
          lastSeenAt: lastSeenAt.toISOString(),
          silentSeconds,
          alive: silentSeconds < SILENT_S,
        })),
      );
      return code;
    }
    if (workers.length === 0) {
      const where = isHere ? ` on ${hostname()}` : '';
      out.note(
        `There are no workers${where}. \`elbow up\` starts one here; \`elbow worker\` is one more, on any machine.`,
      );
      return code;
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
    const isWrong = ({ silentSeconds, aside: why }: WorkerRow): boolean =>
      silentSeconds >= SILENT_S || why !== null;
    const paint = (text: string, row: number, column: number): string =>
      column === 5 && isWrong(workers[row]!) ? yellow(text) : text;
    const isMixed = new Set(workers.flatMap((one) => (one.slots > 0 ? [one.trainingVersion] : []))).size > 1;
    const rows = workers.map((one) => rowOf(one, isMixed));
    for (const line of tableLines(columns, rows, { header: dim, cell: paint })) out.result(line);
    for (const { id, aside: why } of workers)
      if (why !== null)
        out.note(`${id} is put aside: ${why.reason}. \`elbow workers --release ${id}\` ends that.`);
    if (isMixed)
      out.note(
        'They have several versions of the training code, of which a sweep uses one: docs/versions.md.',
      );
    return code;
  },
};

/** @throws ElbowError `usage` when there is no such worker */
async function change(storage: Storage, id: string, reason: string | null): Promise<void> {
  if (await storage.setAside(id, reason)) return;
  const known = (await storage.workers(SHOWN_MS)).map((worker) => worker.id);
  throw new ElbowError('usage', `there is no worker ${JSON.stringify(id)}`, {
    hint: known.length === 0 ? 'There are none at all.' : `There are: ${known.join(', ')}.`,
  });
}

/** @param isMixed workers train by different code: then each is shown with its own */
function rowOf(worker: WorkerRow, isMixed: boolean): string[] {
  const { id, pool, slots, busy, silentSeconds, runs, aside } = worker;
  const training = isMixed && slots > 0 ? ` (${worker.trainingVersion ?? 'not told'})` : '';
  const version = `${worker.version}${training}`;
  const seen = silentSeconds < SILENT_S ? asideText(aside) : `silent for ${durationText(silentSeconds)}`;
  const what = runs.map(({ sweep, trial }) => `${sweep} ${trial}`).join(', ');
  // One without slots belongs to no pool: it runs workflows alone.
  const place = slots === 0 ? ['(workflows)', ''] : [pool, `${busy} of ${slots}`];
  return [id, ...place, deviceText(worker), version, seen, cutText(what, 60)];
}

/** `cpu`, or `2 × NVIDIA H100 80GB HBM3 (0, 1)`. */
function deviceText({ device, devices }: WorkerRow): string {
  if (devices.length === 0) return device ?? '';
  const names = [...new Set(devices.map(({ name }) => name))];
  return names
    .map((name) => {
      const numbers = devices.flatMap((one) => (one.name === name ? [one.index ?? one.uuid] : []));
      return `${numbers.length === 1 ? '' : `${numbers.length} × `}${name} (${numbers.join(', ')})`;
    })
    .join(', ');
}

function asideText(aside: WorkerRow['aside']): string {
  if (aside === null) return 'now';
  return aside.seconds === null ? 'aside' : `aside for ${durationText(aside.seconds)}`;
}
