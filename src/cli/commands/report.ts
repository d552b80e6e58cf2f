import { join, resolve } from 'node:path';
import { EXIT } from '../../errors.js';
import { elbowHome, homeFolders } from '../../paths.js';
import type { CommandModule, Context } from '../command.js';
import { requireSweep, withSession } from '../session.js';

/** `elbow report SWEEP`: writes the report of a sweep, whatever state it is in. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('<sweep>', 'name of the sweep')
      .option('--out <dir>', 'folder to write to (default: reports/SWEEP in ELBOW_HOME)')
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
    const model = buildReport(input);
    const { files } = await writeReport(model, dir, typeof given === 'string');
    const page = files[0] ?? dir;
    if (out.json) {
      out.document({ ...documentOf(model), files });
    } else {
      const text = curveText(model, { width: out.width, color: out.colors.isColorSupported });
      if (text !== '') out.result(`${text}\n`);
      out.result(page);
      out.note(
        `Beside it: ${files
          .slice(1)
          .map((file) => file.slice(dir.length + 1))
          .join(', ')}`,
      );
    }
    if (options['open'] === true) await openPage(page, context);
    return EXIT.done;
  },
};

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
