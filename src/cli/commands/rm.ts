import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { ElbowError, EXIT } from '../../errors.js';
import { elbowHome, homeFolders } from '../../paths.js';
import type { SweepLeavings } from '../../storage/index.js';
import type { CommandModule, Context } from '../command.js';
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
        '\nIts weights and checkpoints on this machine go with it. Reports that were written stay.\n\nExample:\n  $ elbow rm quickstart --yes',
      );
  },

  run: ({ args, options }, context) =>
    withSession(context.env, async ({ storage }) => {
      const { out } = context;
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
      const results = await storage.trialResults(sweep.id);
      const epochs = results.reduce((sum, one) => sum + one.epochs, 0);
      const trials = Object.values(counts).reduce((sum, n) => sum + n, 0);
      const what = `the sweep ${name}: ${countedText(trials, 'trial')} (${countsText(counts)}), ${countedText(epochs, 'epoch')}`;
      if (options['yes'] !== true && !(await isConfirmed(`This deletes ${what}.`, name, context))) {
        out.note('Nothing was deleted.');
        return EXIT.done;
      }
      const leavings = await storage.deleteSweep(sweep.id);
      if (leavings) removeFiles(elbowHome(context.env), leavings);
      if (out.json) out.document({ deleted: name, trials, epochs });
      else out.result(`Deleted ${what}.`);
      return EXIT.done;
    }),
};

/** Removes weights and checkpoints from this machine; others keep theirs. */
function removeFiles(home: string, { weights, attempts }: SweepLeavings): void {
  const models = homeFolders.models(home);
  const digests = new Set(weights);
  const files = existsSync(models) ? readdirSync(models) : [];
  // What was worked out from weights lies beside them, under their digest.
  const own = files.filter((file) => digests.has(file.slice(0, file.indexOf('.'))));
  const paths = [
    ...own.map((file) => join(models, file)),
    ...attempts.map((id) => join(homeFolders.checkpoints(home), id)),
  ];
  for (const path of paths) rmSync(path, { recursive: true, force: true });
}

/** @throws ElbowError `usage` where nobody can be asked */
async function isConfirmed(text: string, name: string, { out, signal }: Context): Promise<boolean> {
  out.note(text);
  if (!process.stdin.isTTY || !out.isTerminal || out.json) {
    throw new ElbowError(
      'usage',
      `deleting ${name} has to be confirmed, and there is no terminal to ask on`,
      {
        hint: `\`elbow rm ${name} --yes\` deletes it without asking.`,
      },
    );
  }
  const lines = createInterface({ input: process.stdin, output: out.stderr });
  try {
    const answer = await lines.question('Go on? [y/N] ', { signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (signal.aborted) throw new ElbowError('interrupted', 'Nothing was deleted.');
    throw error;
  } finally {
    lines.close();
  }
}
