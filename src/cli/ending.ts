/** What a followed sweep ends with: the curve, what failed, and where to look further. */
import type { ExitCode } from '../errors.js';
import type { Context } from './command.js';
import type { Followed } from './follow.js';
import { decisionLines } from './decision-lines.js';
import type { Output } from './output.js';
import type { Session } from './session.js';
import {
  countsText,
  failureGroup,
  numbersText,
  sweepDocument,
  sweepExitCode,
  sweepSeconds,
  temporalLink,
} from './sweep-facts.js';
import type { FailureGroup } from './sweep-facts.js';
import { countedText, durationText } from './text.js';
import { trainedByLines } from './training-versions.js';

/**
 * Prints the end of a sweep, and gives the exit code that goes with it.
 * @param since when a rerun began; a sweep that is run once is timed from its start
 */
export async function printEnding(
  session: Session,
  followed: Followed,
  context: Context,
  since?: Date,
): Promise<ExitCode> {
  const { sweep, counts } = followed;
  const { out } = context;
  const now = new Date();
  if (out.json) {
    out.document(sweepDocument(sweep, counts, now));
    return sweepExitCode(sweep.status, counts);
  }
  const { buildSummary, collectSummary, curveText } = await import('../report/index.js');
  const [input, failed, trained, decisions] = await Promise.all([
    collectSummary(session.storage, sweep, counts, now),
    session.storage.failedTrials(sweep.id),
    session.storage.trainedBy(sweep.id),
    session.storage.decisions(sweep.id),
  ]);
  const text = curveText(buildSummary(input), { width: out.width, color: out.colors.isColorSupported });
  if (text !== '') out.result(`${text}\n`);
  const seconds = sweepSeconds(since === undefined ? sweep : { ...sweep, startedAt: since }, now);
  const took = seconds === null ? '' : ` in ${durationText(seconds)}`;
  out.result(`${out.colors.bold(sweep.name)} ${sweep.status}${took}: ${countsText(counts)}`);
  for (const line of decisionLines(decisions.slice(-1), out)) out.result(line);
  for (const line of trainedByLines(sweep.name, trained)) out.result(line);
  printFailures(sweep.name, failed.map(failureGroup), out);
  if (counts.cancelled > 0) out.note(`\`elbow rerun ${sweep.name}\` runs what was cancelled.`);
  out.note(`The whole report: \`elbow report ${sweep.name}\``);
  const link = temporalLink(session.temporalPlace, sweep.name);
  if (link !== null) out.note(`In Temporal: ${link}`);
  return sweepExitCode(sweep.status, counts);
}

/** Failures by code, each with one example, and how to run them again. */
export function printFailures(sweep: string, groups: readonly FailureGroup[], out: Output): void {
  for (const { code, trials, example, advice } of groups) {
    out.result(
      `${out.colors.red(code)}: ${countedText(trials.length, 'trial')} failed (${numbersText(trials)})`,
    );
    for (const line of example.split('\n')) out.result(`  ${line}`);
    if (advice !== null) out.result(`  ${out.colors.dim('What to do:')} ${advice}`);
  }
  if (groups.length === 0) return;
  out.note(`\`elbow rerun ${sweep}\` runs the failed trials again.`);
  if (groups.length === 1) return;
  const [{ code }] = groups as [FailureGroup];
  out.note(`Those of one code: \`elbow rerun ${sweep} --where "failure_code = '${code}'"\`.`);
}
