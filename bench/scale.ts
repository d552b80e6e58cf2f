/**
 * How elbow does with very many trials: planning 100,000, reading beside 100,000, running 10,000 that do nothing.
 *
 * Options: --part plan|reads|run (all, one after the other), --trials N (100000; of plan and reads), --run-trials N (10000),
 * --trials-per-workflow N (1), --minutes N (45; a run that takes longer is cancelled and told as far as it came), --rounds N (5),
 * --only REGEXP (of the commands of reads), --home DIR (kept, so that parts can be run one by one; else a new one that is
 * deleted), --json.
 */
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { withHome } from './scale/home.js';
import { measurePlan } from './scale/plan.js';
import { measureReads } from './scale/reads.js';
import { measureRun } from './scale/run.js';
import { tablesOf } from './scale/tables.js';

const PARTS = ['plan', 'reads', 'run'] as const;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      part: { type: 'string', multiple: true },
      trials: { type: 'string', default: '100000' },
      'run-trials': { type: 'string', default: '10000' },
      'trials-per-workflow': { type: 'string', default: '1' },
      rounds: { type: 'string', default: '5' },
      only: { type: 'string' },
      home: { type: 'string' },
      minutes: { type: 'string', default: '45' },
      json: { type: 'boolean', default: false },
    },
  });
  const parts = values.part ?? PARTS;
  const unknown = parts.find((part) => !PARTS.some((known) => known === part));
  if (unknown !== undefined) throw new Error(`--part takes ${PARTS.join(', ')}, not ${unknown}`);
  const numbers = [values.trials, values['run-trials'], values['trials-per-workflow'], values.rounds].map(
    Number,
  );
  if (!numbers.every((one) => Number.isInteger(one) && one >= 1))
    throw new Error('counts are whole numbers from 1 on');
  const [trials, runTrials, trialsPerWorkflow, rounds] = numbers as [number, number, number, number];
  process.stderr.write(
    `${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)} before the start\n`,
  );
  const figures = await withHome(values.home ?? null, async (home) => {
    const plan = parts.includes('plan') ? await measurePlan(home, trials) : null;
    const only = values.only === undefined ? null : new RegExp(values.only);
    const reads = parts.includes('reads') ? await measureReads(home, { trials, rounds, only }) : null;
    const run = parts.includes('run')
      ? await measureRun(home, { trials: runTrials, trialsPerWorkflow, minutes: Number(values.minutes) })
      : null;
    return { plan, reads, run };
  });
  if (values.json) process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
  else for (const line of tablesOf(figures)) process.stdout.write(`${line}\n`);
}

await main();
