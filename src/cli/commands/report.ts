import { join, resolve } from 'node:path';
import { EXIT } from '../../errors.js';
import { elbowHome, homeFolders } from '../../paths.js';
import type { SweepSpec } from '../../spec/types.js';
import type { SweepRow } from '../../storage/index.js';
import type { CommandModule, Context } from '../command.js';
import { isPositive, numberOption, type Options } from '../fit-options.js';
import { tellFiles } from '../report-files.js';
import { requireSweep, withSession } from '../session.js';

/** `elbow report SWEEP`: writes the report of a sweep, whatever state it is in. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('<sweep>', 'name of the sweep')
      .option('--out <dir>', 'folder to write to (default: reports/SWEEP in ELBOW_HOME)')
      .option('--target <score>', "score to reach, in place of the sweep's")
      .option('--delta <gain>', "what a doubling has to bring, in place of the sweep's")
      .option('--price-per-hour <price>', 'of an hour of training: says what more data would cost')
      .option('--price-per-label <price>', 'of a labelled sample')
      .option('--open', 'open the page in a browser')
      .option('--json', 'print the report as JSON')
      .addHelpText(
        'after',
        `
Writes report.html, which needs nothing else, and report.json, trials.csv, curves.csv, effects.csv, sweep.yaml
and each chart as SVG and PNG. While a sweep runs, the report is a partial one and says so.

Example:
  $ elbow report quickstart --out quickstart-report`,
      );
  },

  async run({ args, options }, context) {
    const { out, env, cwd } = context;
    const name = args[0] ?? '';
    const given = options['out'];
    const dir =
      typeof given === 'string' ? resolve(cwd, given) : join(homeFolders.reports(elbowHome(env)), name);
    const { buildReport, collectReport, curveText, documentOf, writeReport } =
      await import('../../report/index.js');
    const input = await withSession(env, async ({ storage }) =>
      collectReport(storage, await requireSweep(storage, name), new Date()),
    );
    const model = buildReport({ ...input, asked: askedOf(input.sweep, options) });
    const { files } = await writeReport(model, dir, typeof given === 'string');
    const page = files[0] ?? dir;
    if (out.json) {
      out.document({ ...documentOf(model), files });
    } else {
      const text = curveText(model, { width: out.width, color: out.colors.isColorSupported });
      if (text !== '') out.result(`${text}\n`);
      tellFiles(files, out);
    }
    if (options['open'] === true) await openPage(page, context);
    return EXIT.done;
  },
};

/** What the sweep's file asks, and the options in place of it. @throws ElbowError `usage` */
function askedOf({ spec: { report, trainable } }: SweepRow, options: Options): SweepSpec['report'] {
  const isShare = trainable.kind === 'builtin';
  const number = (name: string): number | null => numberOption(options, name, isPositive, 'a number above 0');
  const target = isShare
    ? numberOption(options, 'target', (value) => value > 0 && value <= 1, 'an accuracy above 0, at most 1')
    : numberOption(options, 'target', () => true, 'a number');
  const perHour = number('pricePerHour') ?? report.prices?.perHour ?? null;
  const perLabel = number('pricePerLabel') ?? report.prices?.perLabel ?? null;
  return {
    target: target ?? report.target,
    delta: number('delta') ?? report.delta,
    ...(perHour === null && perLabel === null ? {} : { prices: { perHour, perLabel } }),
  };
}

/** A machine without a browser is no reason to fail: the report is written. */
async function openPage(page: string, { out }: Context): Promise<void> {
  const { default: open } = await import('open');
  try {
    const child = await open(page);
    child.once('error', () => out.note(`No browser could be started; open ${page} yourself.`));
  } catch {
    out.note(`No browser could be started; open ${page} yourself.`);
  }
}
