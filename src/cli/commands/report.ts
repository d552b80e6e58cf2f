import { join, resolve } from 'node:path';
import { ElbowError, EXIT } from '../../errors.js';
import { elbowHome, homeFolders } from '../../paths.js';
import type { ReportInput, ReportModel, SweepsReport } from '../../report/index.js';
import type { SweepSpec } from '../../spec/types.js';
import type { SweepRow } from '../../storage/index.js';
import type { CommandModule, Context } from '../command.js';
import { isPositive, numberOption, type Options } from '../fit-options.js';
import { tellFiles } from '../report-files.js';
import { requireSweep, withSession } from '../session.js';

/** `elbow report SWEEP…`: writes the report of a sweep, whatever state it is in, or of several beside each other. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('<sweep...>', 'name of the sweep, or of several to compare')
      .option(
        '--out <dir>',
        'folder to write to (default: reports/SWEEP in ELBOW_HOME, of several reports/A+B)',
      )
      .option('--target <score>', "score to reach, in place of the (first) sweep's")
      .option('--delta <gain>', "what a doubling has to bring, in place of the (first) sweep's")
      .option('--price-per-hour <price>', 'of an hour of training: says what more data would cost')
      .option('--price-per-label <price>', 'of a labelled sample')
      .option('--open', 'open the page in a browser')
      .option('--json', 'print the report as JSON')
      .addHelpText(
        'after',
        `
Writes report.html, which needs nothing else, and report.json, trials.csv, curves.csv, effects.csv, sweep.yaml
and each chart as SVG and PNG. While a sweep runs, the report is a partial one and says so.
Several sweeps of the same data, metric and direction are compared on one page: report.html, report.json, curves.csv
and the chart; all are asked what the first one's file asks.

Example:
  $ elbow report quickstart --out quickstart-report
  $ elbow report lenet vgg16 --open`,
      );
  },

  async run({ args, options }, context) {
    const { out, env, cwd } = context;
    expectDistinct(args);
    const given = options['out'];
    const isTheirs = typeof given === 'string';
    const dir = isTheirs ? resolve(cwd, given) : join(homeFolders.reports(elbowHome(env)), args.join('+'));
    const { collectReport, curveText } = await import('../../report/index.js');
    const inputs = await withSession(env, async ({ storage }) => {
      const found = [];
      for (const name of args)
        found.push(await collectReport(storage, await requireSweep(storage, name), new Date()));
      return found;
    });
    const [first] = inputs as [ReportInput, ...ReportInput[]];
    const asked = askedOf(first.sweep, options);
    const write = inputs.length === 1 ? writeOne : writeSeveral;
    const { document, files } = await write(
      inputs.map((input) => ({ ...input, asked })),
      dir,
      isTheirs,
    );
    if (out.json) {
      out.document({ ...document, files });
    } else {
      const text = curveText(document, { width: out.width, color: out.colors.isColorSupported });
      if (text !== '') out.result(`${text}\n`);
      tellFiles(files, out);
    }
    if (options['open'] === true) await openPage(files[0] ?? dir, context);
    return EXIT.done;
  },
};

/** @throws ElbowError `usage` for a sweep that is named twice */
function expectDistinct(names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return;
  throw new ElbowError('usage', `expected each sweep once, got ${twice} twice`, {
    hint: 'A sweep beside itself has nothing to tell; `elbow list` shows all sweeps.',
  });
}

interface Written {
  /** What `--json` prints. */
  readonly document: ReportModel | SweepsReport;
  readonly files: readonly string[];
}

async function writeOne(inputs: readonly ReportInput[], dir: string, isTheirs: boolean): Promise<Written> {
  const { buildReport, documentOf, writeReport } = await import('../../report/index.js');
  const model = buildReport(inputs[0]!);
  const { files } = await writeReport(model, dir, isTheirs);
  return { document: documentOf(model), files };
}

/** @throws ElbowError `sweeps-differ` */
async function writeSeveral(
  inputs: readonly ReportInput[],
  dir: string,
  isTheirs: boolean,
): Promise<Written> {
  const { buildReport, buildSweepsReport, differingSubjects, writeSweepsReport } =
    await import('../../report/index.js');
  const models = inputs.map(buildReport);
  const differing = differingSubjects(models);
  if (differing.length > 0)
    throw new ElbowError(
      'sweeps-differ',
      `expected sweeps that can be compared, got ${differing.join('; ')}`,
      {
        hint: 'Sweeps are compared on the same data, by the same metric, in the same direction. `elbow report SWEEP` reports each by itself.',
      },
    );
  const document = buildSweepsReport(models, inputs[0]!.madeAt);
  return { document, files: (await writeSweepsReport(document, models, dir, isTheirs)).files };
}

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
