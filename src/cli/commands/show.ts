import { EXIT } from '../../errors.js';
import type { GroupRow, SweepRow } from '../../storage/storage.js';
import { trainableText } from '../../spec/index.js';
import type { CommandModule } from '../command.js';
import { printFailures } from '../ending.js';
import { decisionLines } from '../decision-lines.js';
import { endLostSweeps } from '../lost.js';
import type { Output } from '../output.js';
import { statusPaint } from '../paint.js';
import { requireSweep, withSession } from '../session.js';
import {
  armColumn,
  countsText,
  failureGroup,
  sweepDocument,
  sweepSeconds,
  temporalLink,
} from '../sweep-facts.js';
import { trainedByLines } from '../training-versions.js';
import { countText, countedText, durationText, figureText, tableLines } from '../text.js';

/** `elbow show SWEEP`: its state, its figures by arm and size, what failed. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('<sweep>', 'name of the sweep')
      .option('--json', 'print it as JSON')
      .addHelpText('after', '\nExample:\n  $ elbow show quickstart');
  },

  run: ({ args }, { out, env }) =>
    withSession(env, async (session) => {
      const { storage, temporalPlace } = session;
      const found = await requireSweep(storage, args[0] ?? '');
      const lost = await endLostSweeps(session, [found], (line) => out.note(line));
      const sweep = lost.size === 0 ? found : await storage.getSweep(found.id);
      const [counts, groups, failed, trained, decisions] = await Promise.all([
        storage.countTrials(sweep.id),
        out.json ? [] : storage.groups(sweep.id),
        storage.failedTrials(sweep.id),
        storage.trainedBy(sweep.id),
        storage.decisions(sweep.id),
      ]);
      const now = new Date();
      const link = temporalLink(temporalPlace, sweep.name);
      const failures = failed.map(failureGroup);
      if (out.json) {
        out.document({
          ...sweepDocument(sweep, counts, now),
          failures,
          temporal: link,
          spec: sweep.spec,
          ...(trained.length < 2 ? {} : { trainedBy: trained }),
          ...(decisions.length === 0 ? {} : { decisions }),
        });
        return EXIT.done;
      }
      printHead(sweep, countsText(counts), now, out);
      if (groups.length > 0) {
        out.result();
        for (const line of armTable(sweep, groups, out)) out.result(line);
      }
      if (groups.length > MOST_ROWS) out.result(restText(sweep.name, groups.length - MOST_ROWS));
      const remarks = [...decisionLines(decisions, out), ...trainedByLines(sweep.name, trained)];
      if (remarks.length > 0) out.result();
      for (const line of remarks) out.result(line);
      if (failures.length > 0) out.result();
      printFailures(sweep.name, failures, out);
      if (link !== null) out.note(`In Temporal: ${link}`);
      return EXIT.done;
    }),
};

function printHead(sweep: SweepRow, counts: string, now: Date, out: Output): void {
  const { bold } = out.colors;
  const seconds = sweepSeconds(sweep, now);
  const paint = statusPaint(out.colors);
  const head = [bold(sweep.name), paint(sweep.status, sweep.status)];
  out.result(`${head.join(' ')}: ${counts}${seconds === null ? '' : ` (${durationText(seconds)})`}`);
  const { spec } = sweep;
  out.result(
    [
      trainableText(spec),
      `seed ${spec.seed}`,
      `pool ${spec.pool}`,
      `created ${sweep.createdAt.toISOString()}`,
    ].join(' · '),
  );
}

/** Rows of arms and sizes that are printed: more do not fit a terminal. */
const MOST_ROWS = 400;

const restText = (name: string, left: number): string =>
  `… and ${countedText(left, 'more row')}: \`elbow report ${name}\` writes all to curves.csv, and the view learning_curve has them.`;

/** One row an arm and size: how many trials, their state, and the mean score of those that succeeded. */
function armTable({ spec }: SweepRow, all: readonly GroupRow[], out: Output): string[] {
  const isBuiltin = spec.trainable.kind === 'builtin';
  // Of a program some trials may have printed none: then what all have compares.
  const hasAccuracy =
    all.some(({ succeeded }) => succeeded > 0) &&
    all.every(({ succeeded, testAccuracy }) => (testAccuracy?.count ?? 0) === succeeded);
  const groups = all.slice(0, MOST_ROWS);
  const widest = Math.max(20, out.width - 60);
  const arms = armColumn(
    groups.map(({ armLabel }) => armLabel),
    widest,
  );
  const rows = groups.map((group, row) => {
    const { samplesPerClass: size, ended, trials, failed, seconds } = group;
    const scores = hasAccuracy ? group.testAccuracy : group.objective;
    return [
      arms.texts[row]!,
      size === null ? (isBuiltin ? 'all' : '–') : countText(size),
      `${ended} / ${trials}`,
      failed === 0 ? '' : `${failed}`,
      figureText(scores?.mean ?? null),
      scores === null || scores.count < 2 ? '' : `${figureText(scores.min)} – ${figureText(scores.max)}`,
      durationText(seconds),
    ];
  });
  return tableLines(
    [
      { title: arms.title },
      { title: 'per class', right: true },
      { title: 'ended', right: true },
      { title: 'failed', right: true },
      { title: hasAccuracy ? 'test accuracy' : isBuiltin ? 'score' : spec.objective.metric, right: true },
      { title: 'from – to' },
      { title: 'time', right: true },
    ],
    rows,
    { header: out.colors.dim },
  );
}
