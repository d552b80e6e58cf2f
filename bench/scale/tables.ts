/** The figures as tables for people. */
import type { PlanFigures } from './plan.js';
import type { ReadFigures } from './reads.js';
import type { RunFigures } from './run.js';

export interface Figures {
  readonly plan: PlanFigures | null;
  readonly reads: ReadFigures | null;
  readonly run: RunFigures | null;
}

const seconds = (value: number): string => `${value.toFixed(2)} s`.padStart(9);
const mb = (value: number): string => `${value.toFixed(0)} MB`.padStart(8);
const row = (name: string, ...cells: readonly string[]): string => `${name.padEnd(42)}${cells.join('  ')}`;

export function tablesOf({ plan, reads, run }: Figures): string[] {
  return [
    ...(plan ? planLines(plan) : []),
    ...(reads ? readLines(reads) : []),
    ...(run ? runLines(run) : []),
  ];
}

function planLines({
  trials,
  dryRun,
  dryRunJson,
  planSeconds,
  workerMb,
  cancelSeconds,
}: PlanFigures): string[] {
  return [
    `planning ${trials} trials`,
    row('  run --dry-run', seconds(dryRun.seconds), mb(dryRun.peakMb)),
    row('  run --dry-run --json', seconds(dryRunJson.seconds), mb(dryRunJson.peakMb)),
    row('  from its start until the sweep runs', seconds(planSeconds), `${mb(workerMb)} (worker)`),
    row('  cancel', seconds(cancelSeconds)),
  ];
}

function readLines({ trials, databaseMb, rows, reportFiles }: ReadFigures): string[] {
  return [
    `reading beside ${trials} trials, a database of ${databaseMb.toFixed(0)} MB: wall time, of the processor, of Postgres' processor, peak memory`,
    ...rows.map((one) =>
      row(
        `  ${one.command}`,
        seconds(one.seconds),
        seconds(one.processorSeconds),
        seconds(one.postgresSeconds),
        mb(one.peakMb),
      ),
    ),
    ...Object.entries(reportFiles).map(([name, bytes]) => row(`  report: ${name}`, mb(bytes / 1e6))),
  ];
}

function runLines(run: RunFigures): string[] {
  const ratio = (value: number | null): string => (value === null ? '–' : value.toFixed(2));
  return [
    `running ${run.trials} trials that do nothing, ${run.trialsPerWorkflow} in a workflow: ${run.ended} in ${run.seconds.toFixed(0)} s`,
    row('  ms a trial, by tenth', run.msPerTrial.map((ms) => ms.toFixed(1)).join(' ')),
    row('  the last tenth over the second', ratio(run.lastOverSecond)),
    row('  the same of the processor', ratio(run.processorLastOverSecond)),
    ...run.memory.map(({ ended, memory }) =>
      row(
        `  memory after ${ended}`,
        Object.entries(memory)
          .map(([kind, value]) => `${kind} ${value.toFixed(0)} MB`)
          .join(', '),
      ),
    ),
    ...run.histories.map(({ type, workflows, mostEvents, mostBytes }) =>
      row(`  ${type} workflows: ${workflows}`, `at most ${mostEvents} events, ${mostBytes} bytes`),
    ),
  ];
}
