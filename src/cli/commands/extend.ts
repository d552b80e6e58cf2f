import { ElbowError, EXIT } from '../../errors.js';
import { extendSweep, type Extension } from '../../spec/index.js';
import type { SweepRow } from '../../storage/storage.js';
import type { CommandModule } from '../command.js';
import { printEnding } from '../ending.js';
import { followSweep } from '../follow.js';
import type { confirmationOf } from '../confirmation.js';
import { endLostSweeps } from '../lost.js';
import { runAdded } from '../run-added.js';
import { requireSweep, withSession } from '../session.js';
import { nextText, numbersText, sweepDocument, totalOf } from '../sweep-facts.js';
import { countedText } from '../text.js';
import { workflowState } from '../workflow.js';

/** `elbow extend SWEEP`: more sizes, arms or replicates of a sweep that is there; what exists is not run again. */
export const command: CommandModule = {
  configure(command) {
    const collect = (value: string, before: string[] = []): string[] => [...before, value];
    command
      .argument('<sweep>', 'name of the sweep')
      .option('--set <key=value>', 'values to add, such as optimizer=[sgd]; may be repeated', collect)
      .option('--replicates <n>', 'the number of replicates that there are to be')
      .option(
        '--until <condition>',
        'add replicates until this holds for every arm; may be repeated',
        collect,
      )
      .option(
        '--confirm [n]',
        'n fresh replicates of the best arm at the largest size (as many as there are)',
      )
      .option('--dry-run', 'say what would be added, and add nothing')
      .option('--detach', 'start it and return')
      .option('--json', 'print one JSON document at the end')
      .addHelpText(
        'after',
        `
Values are added to those that an axis has, and every combination that is new becomes a trial. Trials
that are there keep their numbers and results, and are not run again.

\`--confirm\` is for sweeps with several arms: the best one was lucky, too, and its fresh replicates, which had no say in
choosing it, say what it is worth. \`elbow run --help\` has more of \`--until\`.

Example:
  $ elbow extend quickstart --set samplesPerClass=[2000] --replicates 5
  $ elbow extend quickstart --replicates 5 --until 'width(score@1000) < 0.02'
  $ elbow extend optimizers --confirm 10`,
      );
  },

  run: ({ args, options }, context) =>
    withSession(context.env, async (session) => {
      const { out } = context;
      const { storage } = session;
      const found = await requireSweep(storage, args[0] ?? '');
      await endLostSweeps(session, [found], (line) => out.note(line));
      const sweep = await storage.getSweep(found.id);
      expectExtendable(sweep);
      const [arms, figures] = await Promise.all([storage.arms(sweep.id), storage.trialFigures(sweep.id)]);
      const armOf = new Map(
        arms.map(({ armHash: hash, params, armLabel: label }) => [hash, { hash, params, label }]),
      );
      const existing = figures.map(({ trial, armHash, samplesPerClass, replicate }) => ({
        number: trial,
        // Of every arm there is a trial.
        arm: armOf.get(armHash)!,
        samplesPerClass,
        replicate,
      }));
      const confirm = readConfirm(options);
      const extension = {
        ...readExtension(options),
        ...(await confirmed({ sweep, arms, figures }, confirm)),
      };
      const extended = extendSweep(sweep.spec, extension, existing);
      const { trials, added, isChanged } = extended;
      // Where all trials have ended, whoever runs them looks whether `until` asks for more.
      const isRun = added > 0 || (isChanged && extended.spec.until !== undefined);
      const numbers = added === 0 ? [] : trials.slice(-added).map(({ number }) => number);
      const what = `${countedText(added, 'trial')} to the ${existing.length} of the sweep ${sweep.name}`;
      const isDry = options['dryRun'] === true;
      if (isDry || !isChanged) {
        if (out.json) out.document({ sweep: sweep.name, added: numbers, trials: trials.length });
        else if (added > 0) out.result(`This would add ${what}: ${numbersText(numbers)}`);
        else out.result(`Nothing to do: the sweep ${sweep.name} has all of these trials.`);
        return EXIT.done;
      }
      // Before anything is stored: without Temporal nothing would run it.
      if (isRun) await workflowState(session, sweep.name);
      if (!(await storage.extendSweep(sweep.id, { ...extended, before: existing.length }))) {
        throw new ElbowError(
          'state-forbids',
          `the sweep ${sweep.name} was changed by somebody else in this moment`,
          { hint: 'Try again: nothing was added.' },
        );
      }
      const began = new Date();
      if (isRun) await runAdded(session, sweep, context);
      if (added > 0) out.note(`Added ${what}: ${numbersText(numbers)}`);
      const now = await storage.getSweep(sweep.id);
      if (isRun && options['detach'] !== true) {
        return printEnding(session, await followSweep(session, now, context), context, began);
      }
      const counts = await storage.countTrials(sweep.id);
      if (out.json) {
        out.document(sweepDocument(now, counts, new Date()));
        return EXIT.done;
      }
      out.result(
        `The sweep ${sweep.name} is ${now.status}, with ${countedText(totalOf(counts), 'trial')}. ${nextText(now)}`,
      );
      return EXIT.done;
    }),
};

/** Loads reports where an arm is to be chosen alone. @throws ElbowError as `confirmationOf` */
async function confirmed(
  input: Parameters<typeof confirmationOf>[0],
  asked: ReturnType<typeof readConfirm>,
): Promise<Pick<Extension, 'confirm'>> {
  if (asked === null) return {};
  const { confirmationOf } = await import('../confirmation.js');
  return { confirm: confirmationOf(input, asked.replicates) };
}

/** @throws ElbowError `state-forbids` */
function expectExtendable({ name, status }: SweepRow): void {
  if (status !== 'planning' && status !== 'cancelling') return;
  const why = status === 'planning' ? 'is being planned' : 'is being cancelled';
  throw new ElbowError('state-forbids', `the sweep ${name} ${why}`, {
    hint: `Once it is, try again: \`elbow show ${name}\` says how it stands.`,
  });
}

/** @throws ElbowError `usage` where there is nothing to add */
function readExtension(options: Readonly<Record<string, unknown>>): Extension {
  const { set, replicates, until, confirm } = options;
  if ([set, replicates, until, confirm].every((option) => option === undefined)) {
    throw new ElbowError('usage', 'expected --set, --replicates, --until or --confirm: what is to be added', {
      hint: 'Such as `--set samplesPerClass=[2000]`, or `--replicates 5`.',
    });
  }
  return {
    // Commander collects what `collect` makes.
    ...(Array.isArray(set) ? { set: set as string[] } : {}),
    ...(Array.isArray(until) ? { until: until as string[] } : {}),
    ...(typeof replicates === 'string' ? { replicates } : {}),
  };
}

/**
 * @returns how many replicates are to confirm the best arm, null for as many as there are; null where none are
 * @throws ElbowError `usage`
 */
function readConfirm({
  confirm,
}: Readonly<Record<string, unknown>>): { readonly replicates: number | null } | null {
  if (confirm === undefined) return null;
  if (typeof confirm !== 'string') return { replicates: null };
  if (/^([2-9]|[1-9]\d{1,4})$/.test(confirm)) return { replicates: Number(confirm) };
  throw new ElbowError('usage', `expected --confirm with a whole number from 2, got ${confirm}`, {
    hint: 'That many fresh replicates are run; one says nothing of the spread.',
  });
}
