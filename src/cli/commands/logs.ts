import { setTimeout as pause } from 'node:timers/promises';
import { ElbowError, EXIT } from '../../errors.js';
import type { LogLine, Storage } from '../../storage/storage.js';
import type { CommandModule, Context } from '../command.js';
import type { Output } from '../output.js';
import { readTrialNumber, requireSweep, unknownTrial, withSession } from '../session.js';
import { isTrialEnded, totalOf } from '../sweep-facts.js';

const POLL_MS = 500;

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** `elbow logs SWEEP NUMBER`: what a trial printed. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('<sweep>', 'name of the sweep')
      .argument('<number>', 'number of the trial')
      .option('--attempt <n>', 'of this attempt (default: the latest)')
      .option('--follow', 'go on until the trial has ended')
      .option('--json', 'print the lines as JSON')
      .addHelpText('after', '\nExample:\n  $ elbow logs quickstart 3 --follow');
  },

  async run({ args, options }, context) {
    // What was typed wrong is told before anything is opened.
    const number = readTrialNumber(args[1] ?? '');
    return withSession(context.env, async ({ storage }) => {
      const { out } = context;
      const sweep = await requireSweep(storage, args[0] ?? '');
      const attempts = await storage.attempts(sweep.id, number);
      if (attempts.length === 0) {
        throw unknownTrial(sweep.name, number, totalOf(await storage.countTrials(sweep.id)));
      }
      const attempt = readAttempt(text(options['attempt']), attempts.length);
      const isFollowing = options['follow'] === true && attempt === attempts.length;
      const place: Place = { sweepId: sweep.id, number, attempt };
      if (isFollowing && !out.json) {
        await followLogs(storage, place, context);
        return EXIT.done;
      }
      const lines = await storage.logs(sweep.id, number, { attempt });
      if (out.json) out.document(lines.map((line) => ({ ...line, at: line.at.toISOString() })));
      else for (const line of lines) printLine(line, out);
      if (lines.length === 0) out.note('The trial has printed nothing.');
      return EXIT.done;
    });
  },
};

/** @throws ElbowError `usage` */
function readAttempt(value: string | undefined, count: number): number {
  if (value === undefined) return count;
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= count) return number;
  throw new ElbowError('usage', `expected an attempt from 1 to ${count}, got ${value}`);
}

interface Place {
  readonly sweepId: string;
  readonly number: number;
  readonly attempt: number;
}

async function followLogs(storage: Storage, place: Place, { out, signal }: Context): Promise<void> {
  const { sweepId, number, attempt } = place;
  let after: { lease: number; index: number } | undefined;
  for (;;) {
    // The state is read first: once the attempt has ended, all its lines are there.
    const current = (await storage.attempts(sweepId, number)).find((one) => one.attempt === attempt);
    const lines = await storage.logs(sweepId, number, { attempt, ...(after ? { after } : {}) });
    for (const line of lines) printLine(line, out);
    const last = lines.at(-1);
    if (last) after = { lease: last.lease, index: last.index };
    if (current === undefined || isTrialEnded(current.status)) return;
    await pause(POLL_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw new ElbowError('interrupted', 'The trial goes on without this terminal.');
  }
}

function printLine(line: LogLine, out: Output): void {
  const time = line.at.toISOString().slice(11, 23);
  const text = line.stream === 'stderr' ? out.colors.yellow(line.text) : line.text;
  out.result(`${out.colors.dim(time)}  ${text}`);
}
