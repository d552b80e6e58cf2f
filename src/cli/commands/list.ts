import { EXIT } from '../../errors.js';
import type { Counts, SweepRow } from '../../storage/storage.js';
import type { CommandModule } from '../command.js';
import { endLostSweeps } from '../lost.js';
import { statusPaint } from '../paint.js';
import { withSession } from '../session.js';
import { isEnded, sweepDocument, sweepSeconds } from '../sweep-facts.js';
import { agoText, countText, durationText, tableLines } from '../text.js';

/** `elbow list`: all sweeps, newest first. */
export const command: CommandModule = {
  configure(command) {
    command.option('--json', 'print the sweeps as JSON').addHelpText('after', '\nExample:\n  $ elbow list');
  },

  async run(_input, { out, env }) {
    const sweeps = await withSession(env, async (session) => {
      const found = await session.storage.listSweeps();
      const lost = await endLostSweeps(session, found, (line) => out.note(line));
      return lost.size === 0 ? found : session.storage.listSweeps();
    });
    const now = new Date();
    if (out.json) {
      out.document(
        sweeps.map((sweep) => ({
          ...sweepDocument(sweep, sweep.counts, now),
          createdAt: sweep.createdAt.toISOString(),
        })),
      );
      return EXIT.done;
    }
    if (sweeps.length === 0) {
      out.note('There are no sweeps yet. Start one: `elbow run quickstart`.');
      return EXIT.done;
    }
    const paint = statusPaint(out.colors);
    const lines = tableLines(
      [
        { title: 'sweep' },
        { title: 'status' },
        { title: 'ended', right: true },
        { title: 'failed', right: true },
        { title: 'time', right: true },
        { title: 'started', right: true },
      ],
      sweeps.map((sweep) => rowOf(sweep, now)),
      {
        header: out.colors.dim,
        cell: (text, row, column) => (column === 1 ? paint(sweeps[row]!.status, text) : text),
      },
    );
    for (const line of lines) out.result(line);
    return EXIT.done;
  },
};

function rowOf(sweep: SweepRow & { counts: Counts; trials: number }, now: Date): string[] {
  const { counts, trials } = sweep;
  const ended = trials - counts.queued - counts.running;
  return [
    sweep.name,
    sweep.status,
    isEnded(sweep.status) && ended === trials
      ? countText(trials)
      : `${countText(ended)} / ${countText(trials)}`,
    counts.failed === 0 ? '' : countText(counts.failed),
    durationText(sweepSeconds(sweep, now)),
    agoText(sweep.createdAt, now),
  ];
}
