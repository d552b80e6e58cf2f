/**
 * What a trial costs that does nothing: CLI, workflows, activities and Postgres, beside Optuna on the same Postgres, in turns.
 *
 * Options: --trials N (500), --rounds N (3), --python PATH (with Optuna and psycopg2;
 * bench/README.md), --json.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { compiled, elbowHome, homeFolders, packageRoot } from '../src/paths.js';
import { readState } from '../src/stack/state.js';
import { median } from './median.js';

/** A way to run no-op trials; gives milliseconds per trial. */
interface Contender {
  readonly name: string;
  run(trials: number, round: number): number;
}

const note = (line: string): void => void process.stderr.write(`${line}\n`);

/** @throws Error with what the program said */
function must(program: string, args: readonly string[], env: NodeJS.ProcessEnv): string {
  const ran = spawnSync(program, args, { encoding: 'utf8', env, maxBuffer: 2 ** 26 });
  if (ran.status === 0) return ran.stdout;
  throw new Error(`${program} ${args.join(' ')} ended with ${ran.status}:\n${ran.stdout}${ran.stderr}`);
}

/** Sweeps of the CLI: the sweep's own time, from its start to its end, over its trials. */
function elbowContender(trialsPerWorkflow: number, env: NodeJS.ProcessEnv): Contender {
  const main = compiled('src/cli/main.js');
  return {
    name: `elbow, ${trialsPerWorkflow === 1 ? 'a workflow each' : `${trialsPerWorkflow} in a workflow`}`,
    run: (trials, round) => {
      const name = `noop-${trialsPerWorkflow}-${trials}-${round}`;
      const file = join(env['ELBOW_HOME']!, `${name}.yaml`);
      writeFileSync(
        file,
        `name: ${name}\ntrainable: noop\nspace: { samplesPerClass: 1 }\nreplicates: ${trials}\ntrialsPerWorkflow: ${trialsPerWorkflow}\n`,
      );
      const said = must(process.execPath, [main, 'run', file, '--json'], env);
      // The shape of `run --json` is public.
      const { counts, seconds } = JSON.parse(said) as { counts: { succeeded: number }; seconds: number };
      if (counts.succeeded !== trials) throw new Error(`${name}: ${counts.succeeded} of ${trials} succeeded`);
      return (1000 * seconds) / trials;
    },
  };
}

function optunaContender(sampler: string, python: string, url: string, threads: number): Contender {
  const script = join(packageRoot, 'bench', 'overhead-optuna.py');
  return {
    name: `Optuna, ${sampler}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    run: (trials) => Number(must(python, [script, url, sampler, `${trials}`, `${threads}`], process.env)),
  };
}

async function databaseFor(url: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  return url.replace(/\/[^/]+$/, `/${name}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      trials: { type: 'string', default: '500' },
      rounds: { type: 'string', default: '3' },
      python: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const [trials, rounds] = [values.trials, values.rounds].map(Number) as [number, number];
  if (![trials, rounds].every((count) => Number.isInteger(count) && count >= 1))
    throw new Error('--trials and --rounds take whole numbers from 1 on');
  note(`${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)} before the start`);
  const home = mkdtempSync(join(tmpdir(), 'elbow-overhead-'));
  for (const folder of [homeFolders.parts, homeFolders.data]) symlinkSync(folder(elbowHome()), folder(home));
  const env = { ...process.env, ELBOW_HOME: home };
  const elbow = (...args: readonly string[]): string =>
    must(process.execPath, [compiled('src/cli/main.js'), ...args], env);
  try {
    elbow('up');
    const url = readState(home)?.postgres.url;
    if (!url) throw new Error('expected a Postgres that is up');
    const contenders = [elbowContender(1, env), elbowContender(20, env)];
    if (values.python) {
      const database = await databaseFor(url, 'optuna');
      for (const sampler of ['random', 'tpe'])
        contenders.push(optunaContender(sampler, values.python, database, 1));
    }
    const figures = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
    for (let round = 1; round <= rounds; round++) {
      for (const { name, run } of contenders) {
        const ms = run(trials, round);
        figures.get(name)!.push(ms);
        note(`round ${round}: ${name}: ${ms.toFixed(1)} ms`);
      }
    }
    const rows = [...figures].map(([name, all]) => ({ name, msPerTrial: median(all), all }));
    if (values.json) process.stdout.write(`${JSON.stringify({ trials, rounds, rows }, null, 2)}\n`);
    else
      for (const { name, msPerTrial } of rows)
        process.stdout.write(`${name.padEnd(32)} ${msPerTrial.toFixed(1).padStart(8)} ms per trial\n`);
  } finally {
    elbow('down');
    rmSync(home, { recursive: true, force: true });
  }
}

await main();
