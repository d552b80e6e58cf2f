/**
 * What a trial costs that does nothing: CLI, workflows, activities and Postgres, beside Optuna on the same Postgres and Ray
 * Tune, in turns; and with `--wait`, how much of its slots' time trials get that wait.
 *
 *   npm run bench:overhead -- [--trials 500] [--rounds 3] [--slots N (cores)] [--wait SECONDS (0)] [--python PATH] [--json]
 *
 * PATH has Optuna, psycopg2 and Ray (bench/README.md); without it elbow runs alone.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { compiled, elbowHome, homeFolders } from '../../src/paths.js';
import { readState } from '../../src/stack/state.js';
import { median } from '../median.js';
import { elbowContender, must, optunaContender, rayContender } from './contenders.js';
import type { Contender } from './contenders.js';

interface Options {
  readonly trials: number;
  readonly rounds: number;
  readonly slots: number;
  readonly waitSeconds: number;
  readonly python: string | undefined;
}

const note = (line: string): void => void process.stderr.write(`${line}\n`);

async function databaseFor(url: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  return url.replace(/\/[^/]+$/, `/${name}`);
}

/** Runs all contenders in turns. @returns seconds of each, by round */
function race(
  contenders: readonly Contender[],
  { trials, rounds, slots, waitSeconds }: Options,
): { readonly name: string; readonly seconds: readonly number[] }[] {
  const figures = contenders.map((contender) => ({ contender, seconds: [] as number[] }));
  for (let round = 1; round <= rounds; round++) {
    for (const { contender, seconds } of figures) {
      const took = contender.run({ trials, slots, waitSeconds, round });
      seconds.push(took);
      note(`round ${round}: ${contender.name}: ${took.toFixed(1)} s`);
    }
  }
  return figures.map(({ contender: { name }, seconds }) => ({ name, seconds }));
}

/** A worker of its own, with as many slots as asked, until `work` is done. */
async function withWorker<T>(slots: number, env: NodeJS.ProcessEnv, work: () => Promise<T>): Promise<T> {
  const worker = spawn(process.execPath, [compiled('src/cli/main.js'), 'worker', '--slots', `${slots}`], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  try {
    const workers = (): string =>
      must(process.execPath, [compiled('src/cli/main.js'), 'workers', '--json'], env);
    // The shape of `workers --json` is public.
    while ((JSON.parse(workers()) as unknown[]).length === 0) await pause(200);
    return await work();
  } finally {
    worker.kill('SIGTERM');
    await ended;
  }
}

function readOptions(): Options & { readonly isJson: boolean } {
  const { values } = parseArgs({
    options: {
      trials: { type: 'string', default: '500' },
      rounds: { type: 'string', default: '3' },
      slots: { type: 'string', default: `${availableParallelism()}` },
      wait: { type: 'string', default: '0' },
      python: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const [trials, rounds, slots] = [values.trials, values.rounds, values.slots].map(Number) as [
    number,
    number,
    number,
  ];
  if (![trials, rounds, slots].every((count) => Number.isInteger(count) && count >= 1))
    throw new Error('--trials, --rounds and --slots take whole numbers from 1 on');
  const waitSeconds = Number(values.wait);
  if (!(waitSeconds >= 0 && waitSeconds <= 60)) throw new Error('--wait takes seconds from 0 to 60');
  return { trials, rounds, slots, waitSeconds, python: values.python, isJson: values.json };
}

async function main(): Promise<void> {
  const options = readOptions();
  const { trials, slots, waitSeconds, python } = options;
  note(`${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)} before the start`);
  const home = mkdtempSync(join(tmpdir(), 'elbow-overhead-'));
  for (const folder of [homeFolders.parts, homeFolders.data]) symlinkSync(folder(elbowHome()), folder(home));
  const env = { ...process.env, ELBOW_HOME: home, ELBOW_LOCAL_WORKER: 'no' };
  const elbow = (...args: readonly string[]): string =>
    must(process.execPath, [compiled('src/cli/main.js'), ...args], env);
  try {
    elbow('up');
    const url = readState(home)?.postgres.url;
    if (!url) throw new Error('expected a Postgres that is up');
    const contenders = [elbowContender(1, env), elbowContender(20, env)];
    if (python !== undefined) {
      const database = await databaseFor(url, 'optuna');
      contenders.push(...['random', 'tpe'].map((sampler) => optunaContender(sampler, python, database)));
      contenders.push(rayContender(python));
    }
    const figures = await withWorker(slots, env, () => Promise.resolve(race(contenders, options)));
    const floor = (trials * waitSeconds) / slots;
    const rows = figures.map(({ name, seconds }) => ({
      name,
      seconds: median(seconds),
      msPerTrial: (1000 * median(seconds)) / trials,
      /** Of the slots' time, what the trials waited. */
      busy: floor / median(seconds),
      all: seconds,
    }));
    if (options.isJson)
      process.stdout.write(`${JSON.stringify({ trials, slots, waitSeconds, rows }, null, 2)}\n`);
    else
      for (const { name, seconds, msPerTrial, busy } of rows)
        process.stdout.write(
          `${name.padEnd(24)} ${seconds.toFixed(1).padStart(8)} s  ` +
            (waitSeconds === 0
              ? `${msPerTrial.toFixed(1).padStart(8)} ms per trial\n`
              : `${(100 * busy).toFixed(1).padStart(8)} % of ${slots} slots' time\n`),
        );
  } finally {
    elbow('down');
    rmSync(home, { recursive: true, force: true });
  }
}

await main();
