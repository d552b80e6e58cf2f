import { EXIT } from '../../errors.js';
import type { SweepRow, TrialResult } from '../../storage/storage.js';
import { groupBy } from '../../group-by.js';
import { trainableText } from '../../spec/index.js';
import type { CommandModule } from '../command.js';
import { printFailures } from '../ending.js';
import { endLostSweeps } from '../lost.js';
import type { Output } from '../output.js';
import { statusPaint } from '../paint.js';
import { requireSweep, withSession } from '../session.js';
import {
  armColumn,
  countsText,
  failureGroups,
  isTrialEnded,
  sweepDocument,
  sweepSeconds,
  temporalLink,
} from '../sweep-facts.js';
import { countText, durationText, figureText, tableLines } from '../text.js';

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
      const [counts, results] = await Promise.all([
        storage.countTrials(sweep.id),
        storage.trialResults(sweep.id),
      ]);
      const now = new Date();
      const link = temporalLink(temporalPlace, sweep.name);
      const failures = failureGroups(results);
      if (out.json) {
        out.document({ ...sweepDocument(sweep, counts, now), failures, temporal: link, spec: sweep.spec });
        return EXIT.done;
      }
      printHead(sweep, countsText(counts), now, out);
      if (results.length > 0) {
        out.result();
        for (const line of armTable(sweep, results, out)) out.result(line);
      }
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

/** One row an arm and size: how many trials, their state, and the mean score of those that succeeded. */
function armTable({ spec }: SweepRow, results: readonly TrialResult[], out: Output): string[] {
  const groups = [...groupBy(results, (one) => `${one.armHash}/${one.samplesPerClass}`).values()].sort(
    (a, b) =>
      compare(a[0]!.armLabel, b[0]!.armLabel) ||
      (a[0]!.samplesPerClass ?? Infinity) - (b[0]!.samplesPerClass ?? Infinity),
  );
  const isBuiltin = spec.trainable.kind === 'builtin';
  const succeeded = results.filter((one) => one.status === 'succeeded');
  // Of a program some trials may have printed none: then what all have compares.
  const hasAccuracy = succeeded.length > 0 && succeeded.every((one) => one.testAccuracy !== null);
  const widest = Math.max(20, out.width - 60);
  const arms = armColumn(
    groups.map((group) => group[0]!.armLabel),
    widest,
  );
  const rows = groups.map((group, row) => {
    const first = group[0]!;
    const ended = group.filter((one) => isTrialEnded(one.status)).length;
    const good = group.filter((one) => one.status === 'succeeded');
    const scores = good.map((one) => (hasAccuracy ? one.testAccuracy : one.objective)).filter(isNumber);
    const failed = group.filter((one) => one.status === 'failed').length;
    return [
      arms.texts[row]!,
      first.samplesPerClass === null ? (isBuiltin ? 'all' : '–') : countText(first.samplesPerClass),
      `${ended} / ${group.length}`,
      failed === 0 ? '' : `${failed}`,
      figureText(mean(scores)),
      scores.length < 2 ? '' : `${figureText(Math.min(...scores))} – ${figureText(Math.max(...scores))}`,
      durationText(mean(good.map((one) => one.seconds).filter(isNumber))),
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

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const isNumber = (value: number | null): value is number => value !== null;

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
