/**
 * What a death costs: seconds from the kill of a worker until its training has got further than it was, and from the moment
 * that Temporal or Postgres answers again until trials begin again.
 *
 *   npm run bench:recovery -- [--rounds 3] [--json]
 *
 * On the servers and two workers of a chaos run, whose heartbeats time out after 3 s (15 s by default).
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { signal } from '../chaos/programs.js';
import { HEARTBEAT_MS, openStage } from '../chaos/stage.js';
import type { Stage } from '../chaos/stage.js';
import { askTruth } from '../chaos/truth.js';
import type { Truth } from '../chaos/truth.js';
import { median } from './median.js';

interface Scene {
  readonly stage: Stage;
  readonly truth: Truth;
}

const note = (line: string): void => void process.stderr.write(`${line}\n`);
const LOOK_EVERY_MS = 20;
const PATIENCE_MS = 120_000;
/** How long a server is away. */
const AWAY_MS = 3_000;

/** Waits for an answer. @throws Error when none comes */
async function untilFound<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`expected ${what} within ${PATIENCE_MS / 1000} s`);
    await pause(LOOK_EVERY_MS);
  }
}

async function elbow({ stage }: Scene, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await stage.elbow(...args).ended;
  if (code !== 0) throw new Error(`elbow ${args.join(' ')} ended with ${code}: ${stderr}`);
}

async function startSweep(scene: Scene, name: string, spec: string): Promise<void> {
  const file = join(scene.stage.scratch, `${name}.yaml`);
  writeFileSync(file, `name: ${name}\n${spec}`);
  await elbow(scene, 'run', file, '--detach');
}

/** Waits until the workers that were started last are there. */
async function untilWorkers({ stage, truth }: Scene): Promise<void> {
  const pids = stage.workers.map(({ child }) => child.pid);
  await untilFound('both workers', async () => {
    const rows = await truth.rows('select from workers where pid = any($1)', [pids]);
    return rows.length === pids.length ? true : undefined;
  });
}

/** One training, whose worker is killed while the other has nothing to do. */
async function killWorker(scene: Scene, name: string): Promise<{ lost: number; epoch: number }> {
  const { stage, truth } = scene;
  await startSweep(scene, name, 'space: { samplesPerClass: 100, epochs: 60, patience: 60 }\n');
  const epochs = async (): Promise<number> => {
    const [row] = await truth.rows('select count(*)::int as n from epoch_metrics where sweep = $1', [name]);
    return row?.['n'] as number;
  };
  await untilFound('ten epochs', async () => ((await epochs()) >= 10 ? true : undefined));
  const [running] = await truth.rows(
    'select worker, (select avg(seconds) from epoch_metrics where sweep = $1) as epoch from trial_results where sweep = $1',
    [name],
  );
  const pid = Number(String(running?.['worker']).split(':').at(-1));
  const place = stage.workers.findIndex(({ child }) => child.pid === pid);
  if (place < 0) throw new Error(`expected one of the workers, got ${String(running?.['worker'])}`);
  const reached = await epochs();
  const killed = performance.now();
  signal(pid, 'SIGKILL');
  await untilFound('the training to go on', async () => ((await epochs()) > reached ? true : undefined));
  const lost = (performance.now() - killed) / 1000;
  await elbow(scene, 'cancel', name);
  await stage.workers[place]!.ended;
  stage.startWorker(place);
  await untilWorkers(scene);
  return { lost, epoch: Number(running?.['epoch']) };
}

/** Trials of a second while a server is away. @returns seconds from its answer to the next trial that begins */
async function restart(
  scene: Scene,
  name: string,
  kill: () => void,
  start: () => Promise<void>,
): Promise<number> {
  const { truth } = scene;
  await startSweep(
    scene,
    name,
    'trainable: { noop: { seconds: 1 } }\nspace: { samplesPerClass: 1 }\nreplicates: 500\n',
  );
  const begun = async (): Promise<number> => {
    const [row] = await truth.rows(
      'select count(*)::int as n from trial_results where sweep = $1 and started_at is not null',
      [name],
    );
    return row?.['n'] as number;
  };
  await untilFound('four trials', async () => ((await begun()) >= 4 ? true : undefined));
  kill();
  await pause(AWAY_MS);
  await start();
  const back = performance.now();
  const before = await begun();
  await untilFound('a further trial', async () => ((await begun()) > before ? true : undefined));
  const lost = (performance.now() - back) / 1000;
  await elbow(scene, 'cancel', name);
  return lost;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number from 1 on');
  note(`${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)} before the start`);
  const stage = await openStage(note);
  let truth: Truth | undefined;
  try {
    truth = await askTruth(stage.databaseUrl, stage.temporalAddress);
    const scene = { stage, truth };
    for (const place of [0, 1]) stage.startWorker(place);
    await untilWorkers(scene);
    const figures: Record<string, number[]> = { worker: [], temporal: [], postgres: [] };
    const epochs: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      const { lost, epoch } = await killWorker(scene, `worker-${round}`);
      figures['worker']!.push(lost);
      epochs.push(epoch);
      note(`round ${round}: worker killed: ${lost.toFixed(1)} s until it has got further`);
      for (const [server, kill, start] of [
        ['temporal', stage.killTemporal, stage.startTemporal],
        ['postgres', stage.killPostgres, stage.startPostgres],
      ] as const) {
        const seconds = await restart(scene, `${server}-${round}`, kill, start);
        figures[server]!.push(seconds);
        note(`round ${round}: ${server} back: ${seconds.toFixed(1)} s until the next trial begins`);
      }
    }
    const rows = Object.entries(figures).map(([what, all]) => ({ what, seconds: median(all), all }));
    const about = { rounds, heartbeatSeconds: HEARTBEAT_MS / 1000, epochSeconds: median(epochs) };
    if (values.json) process.stdout.write(`${JSON.stringify({ ...about, rows }, null, 2)}\n`);
    else {
      process.stdout.write(
        `heartbeats time out after ${about.heartbeatSeconds} s; an epoch takes ${about.epochSeconds.toFixed(2)} s\n`,
      );
      for (const { what, seconds, all } of rows)
        process.stdout.write(
          `${what.padEnd(10)} ${seconds.toFixed(1).padStart(6)} s  (${all.map((one) => one.toFixed(1)).join(', ')})\n`,
        );
    }
  } finally {
    await truth?.close();
    await stage.stop();
    stage.remove();
  }
}

await main();
