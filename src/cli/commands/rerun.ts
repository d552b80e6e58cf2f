import { ElbowError, EXIT } from '../../errors.js';
import type { ExitCode } from '../../errors.js';
import type { SweepRow, TrialResult } from '../../storage/storage.js';
import type { CommandModule, Context } from '../command.js';
import { printEnding } from '../ending.js';
import { followSweep } from '../follow.js';
import { readTrialNumber, requireSweep, unknownTrial, withSession } from '../session.js';
import type { Session } from '../session.js';
import { isEnded, isTrialEnded, numbersText, sweepDocument } from '../sweep-facts.js';
import { countedText } from '../text.js';
import { startSweepWorkflow, waitUntilClosed, workflowState } from '../workflow.js';

/** `elbow rerun SWEEP`: new attempts for failed trials, or for those that are named. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('<sweep>', 'name of the sweep')
      .option('--failed', 'the failed trials, and those that were cancelled (the default)')
      .option('--trial <numbers...>', 'these trials, whatever they ended with')
      .option('--detach', 'start it and return')
      .option('--json', 'print one JSON document at the end')
      .addHelpText(
        'after',
        `
Old attempts stay: \`elbow trial\` and the view \`attempts\` show all. No other trial is touched.

Example:
  $ elbow rerun quickstart
  $ elbow rerun quickstart --trial 3 7`,
      );
  },

  run: ({ args, options }, context) =>
    withSession(context.env, async (session) => {
      const sweep = await requireSweep(session.storage, args[0] ?? '');
      if (!isEnded(sweep.status)) await expectLost(session, sweep);
      const results = await session.storage.trialResults(sweep.id);
      const chosen = chooseTrials(sweep, results, options);
      return rerun(session, { sweep, results, chosen, isDetached: options['detach'] === true }, context);
    }),
};

/** Passes when the sweep's workflow is gone although it has not ended. @throws ElbowError `state-forbids` */
async function expectLost(session: Session, sweep: SweepRow): Promise<void> {
  if ((await workflowState(session, sweep.name)) !== 'RUNNING') return;
  throw new ElbowError(
    'state-forbids',
    `the sweep ${sweep.name} is ${sweep.status}; trials are run again once it has ended`,
    { hint: `Follow it: \`elbow watch ${sweep.name}\`. Stop it: \`elbow cancel ${sweep.name}\`.` },
  );
}

/** Numbers in ascending order. @throws ElbowError `usage`, `trial-unknown` */
function chooseTrials(
  sweep: SweepRow,
  results: readonly TrialResult[],
  options: Readonly<Record<string, unknown>>,
): number[] {
  const named = options['trial'];
  if (!Array.isArray(named)) {
    return results
      .filter((one) => one.status === 'failed' || one.status === 'cancelled')
      .map((one) => one.trial);
  }
  if (options['failed'] === true) {
    throw new ElbowError('usage', 'expected one of --failed and --trial, got both');
  }
  // Commander makes strings of what is typed; `3,7` is taken as well.
  const numbers = (named as string[]).flatMap((text) => text.split(',')).map(readTrialNumber);
  const known = new Set(results.map((one) => one.trial));
  for (const number of numbers) {
    if (!known.has(number)) throw unknownTrial(sweep.name, number, results.length);
  }
  return [...new Set(numbers)].sort((a, b) => a - b);
}

interface Rerun {
  readonly sweep: SweepRow;
  readonly results: readonly TrialResult[];
  readonly chosen: readonly number[];
  readonly isDetached: boolean;
}

async function rerun(session: Session, what: Rerun, context: Context): Promise<ExitCode> {
  const { storage } = session;
  const { out } = context;
  const { sweep, results, chosen, isDetached } = what;
  // Attempts that were opened by a command that died before it started the workflow, or left by a workflow that is gone.
  const waiting = results.filter((one) => !isTrialEnded(one.status)).map((one) => one.trial);
  const isPlanned = results.length > 0;
  if (isEnded(sweep.status) && isPlanned && chosen.length === 0 && waiting.length === 0) {
    const counts = await storage.countTrials(sweep.id);
    if (out.json) out.document(sweepDocument(sweep, counts, new Date()));
    else out.result(`Nothing to do: no trial of ${sweep.name} has failed.`);
    return EXIT.done;
  }
  // Before anything is stored: without Temporal nothing would run it.
  await session.temporal();
  if (isEnded(sweep.status)) await waitUntilClosed(session, sweep.name, context.signal);
  const began = new Date();
  const opened = await storage.openAttempts(sweep.id, chosen);
  await storage.moveSweep(sweep.id, ['finished', 'cancelled', 'failed'], 'running');
  await startSweepWorkflow(session, sweep);
  const all = [...new Set([...opened, ...waiting])].sort((a, b) => a - b);
  if (all.length > 0) out.note(`Running ${countedText(all.length, 'trial')} again: ${numbersText(all)}`);
  const now = await storage.getSweep(sweep.id);
  if (!isDetached) return printEnding(session, await followSweep(session, now, context), context, began);
  if (out.json) out.document(sweepDocument(now, await storage.countTrials(sweep.id), new Date()));
  else out.result(`The sweep ${sweep.name} runs. Follow it: \`elbow watch ${sweep.name}\`.`);
  return EXIT.done;
}
