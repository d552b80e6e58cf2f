/**
 * How good curves are: coverage and width of intervals, errors of extrapolation, over simulated arms and real ones.
 *
 *   npm run bench:curves -- [--part intervals|comparisons|turns|until|real] [--curves 1000] [--cells 0,1,…] [--seed 1] [--jobs 2] [--json]
 *
 * `intervals`: coverage, width and errors over forty cells; `comparisons`: false positives and power over eighteen; `turns`: peaks and
 * dips over eight, and false alarms over the forty; `until`: what sweeps with `until` stop at, over fourteen; `real`: measured curves
 * with their largest sizes withheld. All of them where none is named. `--cells`, `--jobs` and `--json` are for `intervals`.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { CELLS } from './curves/cells.js';
import { CONTEST_HEADER, contestLine, CONTESTS, measureContest } from './curves/comparisons.js';
import { measure } from './curves/measure.js';
import { realTable } from './curves/real-tables.js';
import { summarizeCell, tablesOf, type CellSummary } from './curves/tables.js';
import { turnTable } from './curves/turns.js';
import { untilTable } from './curves/until.js';

const PARTS: readonly string[] = ['intervals', 'comparisons', 'turns', 'until', 'real'];

interface Job {
  readonly cells: readonly number[];
  readonly curves: number;
  readonly seed: number;
}

function work({ cells, curves, seed }: Job): void {
  for (const number of cells) {
    const cell = CELLS[number]!;
    const measured = Array.from({ length: curves }, (_, i) => measure(cell, seed * 1_000_003 + i));
    parentPort!.postMessage(summarizeCell(number, cell, measured));
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      part: { type: 'string', multiple: true, default: [...PARTS] },
      curves: { type: 'string', default: '1000' },
      cells: { type: 'string' },
      seed: { type: 'string', default: '1' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      json: { type: 'boolean', default: false },
    },
  });
  const unknown = values.part.find((part) => !PARTS.includes(part));
  if (unknown !== undefined) throw new Error(`--part takes ${PARTS.join(', ')}, not ${unknown}`);
  const [curves, seed] = [Number(values.curves), Number(values.seed)];
  if (values.part.includes('intervals')) await measureIntervals(values);
  if (values.part.includes('comparisons')) {
    print([CONTEST_HEADER]);
    for (const contest of CONTESTS) print([contestLine(contest, measureContest(contest, curves, seed))]);
  }
  if (values.part.includes('turns')) print(turnTable(curves, seed));
  if (values.part.includes('until')) untilTable(curves, seed, (line) => print([line]));
  if (values.part.includes('real')) print(realTable(seed));
}

const print = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`);

interface Asked {
  readonly cells?: string | undefined;
  readonly curves: string;
  readonly seed: string;
  readonly jobs: string;
  readonly json: boolean;
}

async function measureIntervals(values: Asked): Promise<void> {
  const asked = values.cells === undefined ? CELLS.map((_, i) => i) : values.cells.split(',').map(Number);
  const jobs = Number(values.jobs);
  const summaries: CellSummary[] = [];
  await Promise.all(
    Array.from({ length: jobs }, (_, job) => {
      const data: Job = {
        cells: asked.filter((_, i) => i % jobs === job),
        curves: Number(values.curves),
        seed: Number(values.seed),
      };
      const worker = new Worker(new URL(import.meta.url), { workerData: data });
      return new Promise<void>((resolve, reject) => {
        worker.on('message', (summary: CellSummary) => {
          summaries.push(summary);
          process.stderr.write(`\r${summaries.length} of ${asked.length} cells`);
        });
        worker.once('error', reject);
        worker.once('exit', () => resolve());
      });
    }),
  );
  process.stderr.write('\n');
  summaries.sort((a, b) => a.number - b.number);
  if (values.json) process.stdout.write(`${JSON.stringify(summaries, null, 2)}\n`);
  else print(tablesOf(summaries));
}

if (isMainThread) await main();
else work(workerData as Job);
