/**
 * How good curves are: coverage and width of intervals, errors of extrapolation, over simulated arms.
 *
 *   npm run bench:curves -- [--curves 1000] [--cells 0,1,…] [--seed 1] [--jobs 2] [--json]
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { CELLS } from './curves/cells.js';
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
      curves: { type: 'string', default: '1000' },
      cells: { type: 'string' },
      seed: { type: 'string', default: '1' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      json: { type: 'boolean', default: false },
    },
  });
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
