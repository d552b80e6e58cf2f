import { EXIT } from '../../errors.js';
import type { CommandModule } from '../command.js';

/**
 * `elbow doctor`: every check, and what to do about those that fail. Exit 6 when one does. With `--measure` it trains
 * instead, to see how many slots suit the machine.
 */
export const command: CommandModule = {
  configure(command) {
    command
      .option('--measure', 'train for about a minute to see which slots and threads suit this machine')
      .option('--control-only', 'for a machine that runs workflows alone: what trials need is left out')
      .option('--json', 'print the checks, or what was measured, as JSON')
      .addHelpText(
        'after',
        `
Looks at the machine, the parts and the servers from where it runs; starts and changes nothing. To the artifact store of
ELBOW_ARTIFACTS it writes a small file, reads it back and deletes it. Each line says what was found or expected, and what to
do. Exit 6 when a check fails. Whether a Temporal server shares slots between sweeps
(matching.enableFairness) no client can ask; see docs/hosts.md.

Example:
  $ elbow doctor
  $ elbow doctor --measure`,
      );
  },

  async run({ options }, context) {
    const { out, env, signal } = context;
    if (options['measure'] === true) {
      const { measureSlots, slotsLines } = await import('../measure-slots.js');
      const measured = await measureSlots(context);
      if (out.json) out.document(measured);
      else for (const line of slotsLines(measured)) out.result(line);
      return EXIT.done;
    }
    const { diagnose } = await import('../../stack/index.js');
    const checks = await diagnose({ env, signal, hasTrials: options['controlOnly'] !== true });
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
