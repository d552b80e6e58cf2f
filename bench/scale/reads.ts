/** How long commands that read take beside a sweep of very many trials, each as a whole process. */
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { compiled } from '../../src/paths.js';
import { median } from '../median.js';
import { builtinSweep, fillSweep } from './fill.js';
import type { ScratchHome } from './home.js';
import { processorOf, runWatched } from './processes.js';

/** The sweep that everything is asked of. */
const BIG = 'big';
/** Twelve small ones lie beside it. */
const SMALL = 12;
const TRIALS_PER_REPLICATE = 10_000;

/** What people ask, of every view (docs/querying.md). */
const QUERIES: Readonly<Record<string, string>> = {
  'accuracy by size': `select samples_per_class, count(*), avg(test_accuracy) from trial_results where sweep = '${BIG}' group by 1 order by 1`,
  'the best trials': `select trial, arm, samples_per_class, test_accuracy from trial_results where sweep = '${BIG}' and status = 'succeeded' order by val_accuracy desc limit 10`,
  'one trial': `select * from trial_results where sweep = '${BIG}' and trial = 4711`,
  'what failed': `select trial, failure_code, failure_message from trial_results where sweep = '${BIG}' and status = 'failed'`,
  findings: `select f ->> 'code' as finding, count(*) as trials from trial_results, jsonb_array_elements(findings) f where sweep = '${BIG}' group by 1 order by 2 desc`,
  'learning_curve of all': `select * from learning_curve where sweep = '${BIG}' order by mean desc limit 20`,
  'epochs of one trial': `select epoch, val_loss, val_accuracy from epoch_metrics where sweep = '${BIG}' and trial = 4711 order by 1`,
  'mean loss by epoch': `select epoch, avg(val_loss) from epoch_metrics where sweep = '${BIG}' group by 1 order by 1`,
  'attempts by status': `select status, count(*) from attempts where sweep = '${BIG}' group by 1`,
  'classes of one trial': `select class, accuracy from class_accuracy where sweep = '${BIG}' and trial = 4711`,
  'failures by code': `select code, count(*) from failures where sweep = '${BIG}' group by 1`,
  'all sweeps': 'select sweep, count(*) from trial_results group by 1 order by 1',
};

/** What people take to a notebook. */
const EXPORT = `select trial, arm_hash, samples_per_class, replicate, status, epochs, val_accuracy, test_accuracy, seconds from trial_results where sweep = '${BIG}'`;

export interface ReadFigure {
  readonly command: string;
  /** Median over the rounds. */
  readonly seconds: number;
  readonly processorSeconds: number;
  /** What Postgres took of the processor meanwhile. */
  readonly postgresSeconds: number;
  readonly peakMb: number;
  readonly bytes: number;
}

export interface ReadFigures {
  readonly trials: number;
  readonly databaseMb: number;
  readonly rows: readonly ReadFigure[];
  readonly reportFiles: Readonly<Record<string, number>>;
}

const POSTGRES = /postgres/;
const note = (line: string): void => void process.stderr.write(`${line}\n`);

/** Fills the database unless it is; `trials` in tens of thousands. */
async function fill(home: ScratchHome, client: pg.Client, trials: number): Promise<void> {
  const { url } = home.state().postgres;
  const folder = join(home.path, 'sweeps');
  mkdirSync(folder, { recursive: true });
  const { rows } = await client.query<{ name: string }>('select name from sweeps');
  const there = new Set(rows.map(({ name }) => name));
  const one = async (name: string, arms: 'many' | 'few', replicates: number): Promise<void> => {
    if (there.has(name)) return;
    const file = join(folder, `${name}.yaml`);
    writeFileSync(file, builtinSweep(name, arms, replicates));
    const began = performance.now();
    const filled = await fillSweep(client, url, file, 0);
    const seconds = (performance.now() - began) / 1000;
    note(`${name}: ${filled.trials} trials in ${seconds.toFixed(1)} s`);
  };
  for (let i = 0; i < SMALL; i++) await one(`small-${i}`, 'few', 3);
  await one(BIG, 'many', trials / TRIALS_PER_REPLICATE);
  await client.query('vacuum analyze');
  if (there.has('at-work')) return;
  const file = join(folder, 'at-work.yaml');
  writeFileSync(file, 'name: at-work\ntrainable: { noop: { seconds: 86400 } }\nreplicates: 4\n');
  await home.elbow(['run', file, '--detach']);
}

interface Asked {
  readonly name: string;
  readonly args: readonly string[];
  readonly until?: RegExp;
  readonly codes?: readonly number[];
}

function questions(out: string, file: string): Asked[] {
  return [
    { name: '--version', args: ['--version'] },
    { name: 'list', args: ['list'] },
    { name: 'list --json', args: ['list', '--json'] },
    { name: 'show', args: ['show', BIG] },
    { name: 'show --json', args: ['show', BIG, '--json'] },
    { name: 'show, a small one', args: ['show', 'small-3'] },
    { name: 'watch, ended', args: ['watch', BIG], codes: [3] },
    { name: 'watch --json, ended', args: ['watch', BIG, '--json'], codes: [3] },
    { name: 'run, ended', args: ['run', file, '--json'], codes: [3] },
    { name: 'trial', args: ['trial', BIG, '4711'] },
    { name: 'logs', args: ['logs', BIG, '4711'] },
    { name: 'workers', args: ['workers'] },
    { name: 'status', args: ['status'] },
    { name: 'gc --dry-run', args: ['gc', '--dry-run'] },
    ...Object.entries(QUERIES).map(([name, sql]) => ({ name: `query: ${name}`, args: ['query', sql] })),
    { name: 'query: a row a trial, --csv', args: ['query', EXPORT, '--csv'] },
    { name: 'report', args: ['report', BIG, '--out', out] },
  ];
}

/** @param trials a multiple of 10,000 */
export async function measureReads(
  home: ScratchHome,
  options: { readonly trials: number; readonly rounds: number; readonly only: RegExp | null },
): Promise<ReadFigures> {
  const client = new pg.Client({ connectionString: home.state().postgres.url });
  await client.connect();
  try {
    await fill(home, client, options.trials);
    const out = join(home.path, 'report');
    const asked = questions(out, join(home.path, 'sweeps', `${BIG}.yaml`));
    const rows: ReadFigure[] = [];
    for (const one of asked) {
      if (options.only?.test(one.name) === false) continue;
      rows.push(await measure(home, one, options.rounds));
    }
    if (options.only?.test('watch, running') !== false) {
      await reopen(client);
      const first = {
        name: 'watch, running: first line',
        args: ['watch', BIG],
        until: /ended already/,
        codes: [130],
      };
      rows.push(await measure(home, first, options.rounds));
      rows.push(await measurePolls(home));
      await close(client);
    }
    const { rows: sizes } = await client.query<{ mb: string }>(
      'select pg_database_size(current_database()) / 1048576.0 as mb',
    );
    return { trials: options.trials, databaseMb: Number(sizes[0]!.mb), rows, reportFiles: filesOf(out) };
  } finally {
    await client.end();
  }
}

async function measure(home: ScratchHome, asked: Asked, rounds: number): Promise<ReadFigure> {
  const runs = [];
  const before = processorOf(home.path, POSTGRES);
  for (let round = 0; round < rounds; round++) {
    const ran = await runWatched(process.execPath, [compiled('src/cli/main.js'), ...asked.args], {
      env: home.env,
      ...(asked.until ? { until: asked.until } : {}),
    });
    if (!(asked.codes ?? [0]).includes(ran.code ?? -1))
      throw new Error(`elbow ${asked.args.join(' ')} ended with ${ran.code}:\n${ran.stderr.slice(-2000)}`);
    runs.push(ran);
    // What takes minutes is not waited for again.
    if (ran.seconds > 60) break;
  }
  const figure = {
    command: asked.name,
    seconds: median(runs.map((ran) => ran.seconds)),
    processorSeconds: median(runs.map((ran) => ran.processorSeconds)),
    postgresSeconds: (processorOf(home.path, POSTGRES) - before) / runs.length,
    peakMb: Math.max(...runs.map((ran) => ran.peakMb)),
    bytes: runs[0]!.stdout.length,
  };
  note(
    `${figure.command.padEnd(40)} ${figure.seconds.toFixed(2).padStart(7)} s  ${figure.processorSeconds.toFixed(2).padStart(6)} s of processor  ${figure.postgresSeconds.toFixed(2).padStart(6)} s of Postgres'  ${figure.peakMb.toFixed(0).padStart(5)} MB`,
  );
  return figure;
}

/** Trials of the big sweep that are open while it is followed. */
const OPEN = 1_000;
const POLLED_MS = 15_000;

/** What following costs: the processor's time of a `watch` in which nothing happens. */
async function measurePolls(home: ScratchHome): Promise<ReadFigure> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), POLLED_MS);
  const before = processorOf(home.path, POSTGRES);
  const ran = await runWatched(process.execPath, [compiled('src/cli/main.js'), 'watch', BIG], {
    env: home.env,
    signal: stop.signal,
  });
  clearTimeout(timer);
  return {
    command: `watch, running: ${POLLED_MS / 1000} s of it`,
    seconds: ran.seconds,
    processorSeconds: ran.processorSeconds,
    postgresSeconds: processorOf(home.path, POSTGRES) - before,
    peakMb: ran.peakMb,
    bytes: ran.stdout.length,
  };
}

const LAST = `from trials t join sweeps s on s.id = t.sweep_id where t.id = a.trial_id and s.name = '${BIG}' and t.number >= (select max(number) from trials x where x.sweep_id = s.id) - ${OPEN - 1}`;

/** The last trials as if they had not begun, and the sweep as if it ran. */
async function reopen(client: pg.Client): Promise<void> {
  await client.query(`update trial_attempts a set status = 'queued' ${LAST}`);
  await client.query(`update sweeps set status = 'running', finished_at = null where name = '${BIG}'`);
}

async function close(client: pg.Client): Promise<void> {
  await client.query(
    `update trial_attempts a set status = case when a.failure_code is null then 'succeeded' else 'failed' end ${LAST}`,
  );
  await client.query(`update sweeps set status = 'finished', finished_at = now() where name = '${BIG}'`);
}

const filesOf = (folder: string): Record<string, number> =>
  Object.fromEntries(
    readdirSync(folder, { withFileTypes: true }).map(({ name }) => [name, statSync(join(folder, name)).size]),
  );
