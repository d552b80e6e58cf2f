import { EXIT } from '../../errors.js';
import { elbowHome } from '../../paths.js';
import type { CommandModule } from '../command.js';
import { isConfirmed } from '../confirm.js';
import { findLeftovers, removeFiles, type Leftover } from '../leftovers.js';
import { withSession } from '../session.js';
import { countedText, sizeText } from '../text.js';

/** `elbow gc`: deletes files on this machine that no sweep needs, after asking. */
export const command: CommandModule = {
  configure(command) {
    command
      .option('--yes', 'do not ask')
      .option('--dry-run', 'say what would go, and delete nothing')
      .option('--json', 'print what goes as JSON')
      .addHelpText(
        'after',
        `
Looks at the weights and checkpoints in ELBOW_HOME on this machine, and asks the database which of them
sweeps still need; what is younger than an hour stays. Files of sweeps in another database would go, too:
leave it where this machine has trained for more than one.

Example:
  $ elbow gc --dry-run`,
      );
  },

  run: ({ options }, context) =>
    withSession(context.env, async ({ storage }) => {
      const { out } = context;
      const isDry = options['dryRun'] === true;
      const leftovers = findLeftovers(elbowHome(context.env), await storage.neededFiles(), Date.now());
      const bytes = leftovers.reduce((sum, one) => sum + one.bytes, 0);
      const document = { deleted: isDry ? 0 : leftovers.length, bytes, files: leftovers };
      if (leftovers.length === 0) {
        if (out.json) out.document(document);
        else out.result('Nothing to do: sweeps need all that is here.');
        return EXIT.done;
      }
      const what = `${kindsText(leftovers)}, ${sizeText(bytes)}`;
      if (isDry) {
        if (out.json) out.document(document);
        else out.result(`This would delete ${what}.`);
        return EXIT.done;
      }
      if (
        options['yes'] !== true &&
        !(await isConfirmed(`This deletes ${what}.`, 'elbow gc --yes', context))
      ) {
        out.note('Nothing was deleted.');
        return EXIT.done;
      }
      removeFiles(leftovers.map(({ path }) => path));
      if (out.json) out.document(document);
      else out.result(`Deleted ${what}.`);
      return EXIT.done;
    }),
};

/** `2 files of weights, checkpoints of 1 attempt`. */
function kindsText(leftovers: readonly Leftover[]): string {
  const count = (kind: Leftover['kind']): number => leftovers.filter((one) => one.kind === kind).length;
  const [weights, checkpoints, drafts] = [count('weights'), count('checkpoints'), count('drafts')];
  return [
    ...(weights > 0 ? [`${countedText(weights, 'file')} of weights that no trial refers to`] : []),
    ...(checkpoints > 0 ? [`checkpoints of ${countedText(checkpoints, 'attempt')} that needs none`] : []),
    ...(drafts > 0 ? [`${countedText(drafts, 'file')} whose writing was broken off`] : []),
  ].join(', ');
}
