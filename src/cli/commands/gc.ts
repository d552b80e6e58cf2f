import { EXIT } from '../../errors.js';
import { elbowHome } from '../../paths.js';
import type { CommandModule } from '../command.js';
import { isConfirmed } from '../confirm.js';
import { withStore } from '../artifact-store.js';
import { findLeftovers, removeFiles, type Leftover } from '../leftovers.js';
import { findStoredLeftovers, removeStored } from '../stored-leftovers.js';
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
leave it where this machine has trained for more than one. With ELBOW_ARTIFACTS it looks at the artifact
store as well, where each database has its own folder.

Example:
  $ elbow gc --dry-run`,
      );
  },

  run: ({ options }, context) =>
    withSession(context.env, ({ storage }) =>
      withStore(context.env, storage, async (store) => {
        const { out, env, signal } = context;
        const isDry = options['dryRun'] === true;
        const needed = await storage.neededFiles();
        const here = findLeftovers(elbowHome(env), needed, Date.now());
        const there = store ? await findStoredLeftovers(store, needed, { now: Date.now(), signal }) : [];
        const all = [...here, ...there];
        const bytes = bytesOf(all);
        const files = all.map(({ path, kind, bytes: own }) => ({ path, kind, bytes: own }));
        const document = { deleted: isDry ? 0 : all.length, bytes, files };
        if (all.length === 0) {
          if (out.json) out.document(document);
          else
            out.result(
              `Nothing to do: sweeps need all that is here${store ? ` and in ${store.place}` : ''}.`,
            );
          return EXIT.done;
        }
        const what = [
          ...(here.length > 0 ? [`${kindsText(here)}, ${sizeText(bytesOf(here))}`] : []),
          ...(store && there.length > 0
            ? [`in ${store.place} ${kindsText(there)}, ${sizeText(bytesOf(there))}`]
            : []),
        ].join('; ');
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
        removeFiles(here.map(({ path }) => path));
        if (store) await removeStored(store, there, { needed: () => storage.neededFiles(), signal });
        if (out.json) out.document(document);
        else out.result(`Deleted ${what}.`);
        return EXIT.done;
      }),
    ),
};

const bytesOf = (leftovers: readonly Leftover[]): number =>
  leftovers.reduce((sum, one) => sum + one.bytes, 0);

/** `2 files of weights, checkpoints of 1 attempt`. */
function kindsText(leftovers: readonly Leftover[]): string {
  const count = (kind: Leftover['kind']): number => leftovers.filter((one) => one.kind === kind).length;
  const [weights, checkpoints, drafts] = [count('weights'), count('checkpoints'), count('drafts')];
  return [
    ...(weights > 0 ? [`${countedText(weights, 'file')} of weights that no trial refers to`] : []),
    ...(checkpoints > 0
      ? [
          `checkpoints of ${countedText(checkpoints, 'attempt')} that ${checkpoints === 1 ? 'needs' : 'need'} none`,
        ]
      : []),
    ...(drafts > 0 ? [`${countedText(drafts, 'file')} whose writing was broken off`] : []),
  ].join(', ');
}
