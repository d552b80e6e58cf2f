import { ElbowError, EXIT } from '../../errors.js';
import type { ExitCode } from '../../errors.js';
import { owesLook } from '../../spec/index.js';
import type { SweepRow } from '../../storage/storage.js';
import { chooseTrials } from '../chosen-trials.js';
import type { CommandModule, Context } from '../command.js';
import { printEnding } from '../ending.js';
import { followSweep } from '../follow.js';
import { endLostSweeps } from '../lost.js';
import { runAdded } from '../run-added.js';
import { requireSweep, withSession } from '../session.js';
import type { Session } from '../session.js';
import { isEnded, nextText, numbersText, sweepDocument, totalOf } from '../sweep-facts.js';
import { countedText } from '../text.js';
import { workflowState } from '../workflow.js';

/** `elbow rerun SWEEP`: new attempts for failed trials, or for those that are chosen; also while the sweep runs. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('<sweep>', 'name of the sweep')
      .option('--failed', 'the failed trials, and those that were cancelled (the default)')
      .option('--trial <numbers...>', 'these trials, whatever they ended with')
      .option('--where <condition>', 'those of which this is true in the view trial_results')
      .option('--detach', 'start it and return')
      .option('--json', 'print one JSON document at the end')
      .addHelpText(
        'after',
        `
Old attempts stay: \`elbow trial\` and the view \`attempts\` show all. No other trial is touched, and none
that has not ended.

Example:
  $ elbow rerun quickstart
  $ elbow rerun quickstart --trial 3 7
  $ elbow rerun quickstart --where "test_accuracy < 0.15 and not batch_norm"`,
      );
  },

  run: ({ args, options }, context) =>
    withSession(context.env, async (session) => {
      const { storage } = session;
      const found = await requireSweep(storage, args[0] ?? '');
      await endLostSweeps(session, [found], (line) => context.out.note(line));
      const sweep = await storage.getSweep(found.id);
      if (sweep.status === 'cancelling') {
        throw new ElbowError('state-forbids', `the sweep ${sweep.name} is being cancelled`, {
          hint: `Once it is, \`elbow rerun ${sweep.name}\` runs what was cancelled.`,
        });
      }
      const chosen = await chooseTrials(storage, sweep, options, context.env);
      return rerun(session, { sweep, chosen, isDetached: options['detach'] === true }, context);
    }),
};

interface Rerun {
  readonly sweep: SweepRow;
  readonly chosen: readonly number[];
  readonly isDetached: boolean;
}

async function rerun(session: Session, what: Rerun, context: Context): Promise<ExitCode> {
  const { storage } = session;
  const { out } = context;
  const { sweep, chosen, isDetached } = what;
  // Before anything is stored: without Temporal nothing would run it.
  const owes = isEnded(sweep.status) && owesLook(sweep.spec, await storage.decisions(sweep.id));
  const isAsked = !isEnded(sweep.status) || chosen.length > 0 || owes;
  const state = isAsked ? await workflowState(session, sweep.name) : null;
  const isAtWork = !isEnded(sweep.status) && state === 'RUNNING';
  // Attempts that were opened by a command that died before it started the workflow, or left by a workflow that is gone.
  const waiting = isAtWork ? [] : await storage.trialNumbers(sweep.id, ['queued', 'running']);
  const isPlanned = totalOf(await storage.countTrials(sweep.id)) > 0;
  const opened = chosen.length === 0 ? [] : await storage.openAttempts(sweep.id, chosen);
  const hasEnded = isEnded(sweep.status) && isPlanned && !owes;
  if (opened.length === 0 && waiting.length === 0 && (isAtWork || hasEnded)) {
    const counts = await storage.countTrials(sweep.id);
    if (out.json) out.document(sweepDocument(sweep, counts, new Date()));
    else out.result(nothingText(what));
    return EXIT.done;
  }
  const began = new Date();
  await runAdded(session, sweep, context);
  const all = [...new Set([...opened, ...waiting])].sort((a, b) => a - b);
  if (all.length > 0) out.note(`Running ${countedText(all.length, 'trial')} again: ${numbersText(all)}`);
  else if (owes) out.note('All of its trials have ended: it looks whether `until` asks for more replicates.');
  const now = await storage.getSweep(sweep.id);
  if (!isDetached) return printEnding(session, await followSweep(session, now, context), context, began);
  if (out.json) out.document(sweepDocument(now, await storage.countTrials(sweep.id), new Date()));
  else out.result(`The sweep ${sweep.name} is ${now.status}. ${nextText(now)}`);
  return EXIT.done;
}

function nothingText({ sweep, chosen }: Rerun): string {
  return chosen.length === 0
    ? `Nothing to do: there is no such trial of ${sweep.name}, or none that has failed.`
    : `Nothing to do: the trials of ${sweep.name} that were chosen have not ended yet.`;
}
