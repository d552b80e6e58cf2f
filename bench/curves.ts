/**
 * How good curves are: coverage and width of intervals, errors of extrapolation, over simulated arms.
 *
 *   npm run bench:curves -- [--part intervals|comparisons] [--curves 1000] [--cells 0,1,…] [--seed 1] [--jobs 2] [--json]
 *
 * `intervals`: coverage, width and errors over forty cells; `comparisons`: false positives and power over eighteen.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { CELLS } from './curves/cells.js';
import { CONTEST_HEADER, contestLine, CONTESTS, measureContest } from './curves/comparisons.js';
import { measure } from './curves/measure.js';
import { summarizeCell, tablesOf, type CellSummary } from './curves/tables.js';

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
      part: { type: 'string', multiple: true, default: ['intervals', 'comparisons'] },
      curves: { type: 'string', default: '1000' },
      cells: { type: 'string' },
      seed: { type: 'string', default: '1' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      json: { type: 'boolean', default: false },
    },
  });
  const unknown = values.part.find((part) => part !== 'intervals' && part !== 'comparisons');
  if (unknown !== undefined) throw new Error(`--part takes intervals or comparisons, not ${unknown}`);
  if (values.part.includes('intervals')) await measureIntervals(values);
  if (values.part.includes('comparisons')) {
    process.stdout.write(`${CONTEST_HEADER}\n`);
    for (const contest of CONTESTS)
      process.stdout.write(
        `${contestLine(contest, measureContest(contest, Number(values.curves), Number(values.seed)))}\n`,
      );
  }
}

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
  else for (const line of tablesOf(summaries)) process.stdout.write(`${line}\n`);
}

if (isMainThread) await main();
else work(workerData as Job);
