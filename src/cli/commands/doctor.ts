import { EXIT } from '../../errors.js';
import type { CommandModule } from '../command.js';

/** `elbow doctor`: every check, and what to do about those that fail. Exit 6 when one does. */
export const command: CommandModule = {
  configure(command) {
    command
      .option('--json', 'print the checks as JSON')
      .addHelpText(
        'after',
        '\nLooks at the machine, the parts and the servers; starts and changes nothing.\n\nExample:\n  $ elbow doctor',
      );
  },

  async run(_input, { out, env, signal }) {
    const { diagnose } = await import('../../stack/index.js');
    const checks = await diagnose(env, signal);
    const failed = checks.filter((check) => check.state === 'fail').length;
    if (out.json) {
      out.document({ ok: failed === 0, checks });
      return failed === 0 ? EXIT.done : EXIT.checkFailed;
    }
    const { green, yellow, red, bold } = out.colors;
    const marks = { ok: green('ok  '), warn: yellow('warn'), fail: red('fail') };
    const width = Math.max(...checks.map((check) => check.name.length));
    for (const check of checks) {
      out.result(
        `${marks[check.state]}  ${bold(check.name.padEnd(width))}  ${check.found.replaceAll('\n', '; ')}`,
      );
      if (check.hint) out.result(`${' '.repeat(width + 8)}${check.hint}`);
    }
    if (failed > 0) out.note(`${failed} of ${checks.length} checks failed`);
    return failed === 0 ? EXIT.done : EXIT.checkFailed;
  },
};
