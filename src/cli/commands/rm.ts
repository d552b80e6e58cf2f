import { readArtifactsSetting } from '../../artifacts/index.js';
import { ElbowError, EXIT, messageOf } from '../../errors.js';
import { elbowHome } from '../../paths.js';
import type { CommandModule } from '../command.js';
import { isConfirmed } from '../confirm.js';
import { withStore } from '../artifact-store.js';
import { filesOf, removeFiles } from '../leftovers.js';
import { removeStoredSweep } from '../stored-leftovers.js';
import { requireSweep, withSession } from '../session.js';
import { countsText, isEnded } from '../sweep-facts.js';
import { countedText } from '../text.js';

/** `elbow rm SWEEP`: deletes a sweep and its results, after asking. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('<sweep>', 'name of the sweep')
      .option('--yes', 'do not ask')
      .option('--json', 'print what was deleted as JSON')
      .addHelpText(
        'after',
        '\nIts weights and checkpoints on this machine go with it, and those in the artifact store of ELBOW_ARTIFACTS.\nReports that were written stay.\n\nExample:\n  $ elbow rm quickstart --yes',
      );
  },

  run: ({ args, options }, context) =>
    withSession(context.env, async ({ storage }) => {
      const { out, env, signal } = context;
      // What is set wrong is told before anything is deleted.
      const isStored = readArtifactsSetting(env) !== null;
      const sweep = await requireSweep(storage, args[0] ?? '');
      const { name } = sweep;
      if (!isEnded(sweep.status)) {
        throw new ElbowError(
          'state-forbids',
          `the sweep ${name} is ${sweep.status}; only ended ones are deleted`,
          {
            hint: `Stop it first: \`elbow cancel ${name}\`.`,
          },
        );
      }
      const counts = await storage.countTrials(sweep.id);
      const epochs = await storage.epochTotal(sweep.id);
      const trials = Object.values(counts).reduce((sum, n) => sum + n, 0);
      const kept = `, with its weights and checkpoints on this machine${isStored ? ' and in the artifact store' : ''}`;
      const what = `the sweep ${name}: ${countedText(trials, 'trial')} (${countsText(counts)}), ${countedText(epochs, 'epoch')}${kept}`;
      if (
        options['yes'] !== true &&
        !(await isConfirmed(`This deletes ${what}.`, `elbow rm ${name} --yes`, context))
      ) {
        out.note('Nothing was deleted.');
        return EXIT.done;
      }
      const leavings = await storage.deleteSweep(sweep.id);
      if (leavings) {
        removeFiles(filesOf(elbowHome(env), leavings));
        await withStore(env, storage, async (store) => {
          if (store) await removeStoredSweep(store, leavings, signal);
        }).catch((error: unknown) => {
          out.note(`${messageOf(error)}; \`elbow gc\` deletes what is left there of ${name}.`);
        });
      }
      if (out.json) out.document({ deleted: name, trials, epochs });
      else out.result(`Deleted ${what}.`);
      return EXIT.done;
    }),
};
