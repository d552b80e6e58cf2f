/** Very many trials that do nothing, for real: what the last thousand costs beside the second, and what grows meanwhile. */
import { Client, Connection } from '@temporalio/client';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { compiled } from '../../src/paths.js';
import type { ScratchHome } from './home.js';
import { processesOf, processorSeconds, runWatched } from './processes.js';

const SAMPLE_MS = 10_000;
const KINDS = {
  cli: /cli\/main\.js run/,
  worker: /workers\/main\.js/,
  trainers: /trainer\/process\.js/,
  temporal: /temporal.* server/,
  postgres: /postgres/,
} as const;
type Kind = keyof typeof KINDS;

interface Sample {
  /** Trials that have ended. */
  readonly ended: number;
  /** MB; memory that processes share is counted once among them (PSS). */
  readonly memory: Readonly<Record<Kind, number>>;
  /** Seconds of the processor since each began. */
  readonly processor: Readonly<Record<Kind, number>>;
}

export interface HistoryFigure {
  readonly type: string;
  readonly workflows: number;
  readonly mostEvents: number;
  readonly mostBytes: number;
}

export interface RunFigures {
  readonly trials: number;
  readonly trialsPerWorkflow: number;
  readonly ended: number;
  readonly seconds: number;
  /** Milliseconds a trial, by part of a tenth of the trials, in the order in which they ended. */
  readonly msPerTrial: readonly number[];
  /** The last tenth over the second. */
  readonly lastOverSecond: number | null;
  /** The same of the seconds of the processor: what others on the machine do counts less. */
  readonly processorLastOverSecond: number | null;
  readonly memory: readonly Sample[];
  readonly histories: readonly HistoryFigure[];
}

export interface RunOptions {
  readonly trials: number;
  readonly trialsPerWorkflow: number;
  /** A run that takes longer is cancelled, and told as far as it came. */
  readonly minutes: number;
}

const note = (line: string): void => void process.stderr.write(`${line}\n`);

export async function measureRun(home: ScratchHome, options: RunOptions): Promise<RunFigures> {
  const { trials, trialsPerWorkflow, minutes } = options;
  const name = `noop-${trials}-by-${trialsPerWorkflow}-${Math.floor(Date.now() / 1000)}`;
  const folder = join(home.path, 'sweeps');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.yaml`);
  writeFileSync(
    file,
    `name: ${name}\ntrainable: noop\nspace: { samplesPerClass: 1 }\nreplicates: ${trials}\ntrialsPerWorkflow: ${trialsPerWorkflow}\n`,
  );
  const client = new pg.Client({ connectionString: home.state().postgres.url });
  await client.connect();
  try {
    const stop = new AbortController();
    const limit = setTimeout(() => stop.abort(), minutes * 60_000);
    const samples: Sample[] = [];
    const sampling = sampleUntil(home, client, name, samples, stop.signal);
    const ran = await runWatched(process.execPath, [compiled('src/cli/main.js'), 'run', file, '--json'], {
      env: home.env,
      signal: stop.signal,
    });
    clearTimeout(limit);
    const isCut = stop.signal.aborted;
    stop.abort();
    await sampling;
    if (isCut) await home.elbow(['cancel', name, '--json'], [0, 3]);
    else if (ran.code !== 0) throw new Error(`the run ended with ${ran.code}:\n${ran.stderr.slice(-2000)}`);
    return {
      trials,
      trialsPerWorkflow,
      ...(await costs(client, name, trials, samples)),
      memory: thinned(samples),
      histories: await histories(home, name),
    };
  } finally {
    await client.end();
  }
}

const ENDED = `from trial_attempts a join trials t on t.id = a.trial_id join sweeps s on s.id = t.sweep_id
  where s.name = $1 and a.status = 'succeeded'`;

async function sampleUntil(
  home: ScratchHome,
  client: pg.Client,
  name: string,
  samples: Sample[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const { rows } = await client.query<{ n: string }>(`select count(*) as n ${ENDED}`, [name]);
    samples.push({ ended: Number(rows[0]!.n), ...usageOf(home.path) });
    const { ended, memory } = samples.at(-1)!;
    note(
      `${ended} ended; ${Object.entries(memory)
        .map(([kind, mb]) => `${kind} ${mb.toFixed(0)} MB`)
        .join(', ')}`,
    );
    await pause(SAMPLE_MS, undefined, { signal }).catch(() => undefined);
  }
}

function usageOf(home: string): Pick<Sample, 'memory' | 'processor'> {
  const zero = (): Record<Kind, number> => ({ cli: 0, worker: 0, trainers: 0, temporal: 0, postgres: 0 });
  const [memory, processor] = [zero(), zero()];
  for (const { pid, command } of processesOf(home)) {
    const kind = (Object.keys(KINDS) as Kind[]).find((one) => KINDS[one].test(command));
    if (kind === undefined) continue;
    memory[kind] += sharedOutMb(pid);
    processor[kind] += processorSeconds(pid);
  }
  return { memory, processor };
}

function sharedOutMb(pid: number): number {
  try {
    return (
      Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024
    );
  } catch {
    // It has ended.
    return 0;
  }
}

/** Twenty of them, evenly, and the last. */
const thinned = (samples: readonly Sample[]): Sample[] => {
  const step = Math.max(1, Math.ceil(samples.length / 20));
  return samples.filter((_, i) => i % step === 0 || i === samples.length - 1);
};

async function costs(
  client: pg.Client,
  name: string,
  trials: number,
  samples: readonly Sample[],
): Promise<
  Pick<RunFigures, 'ended' | 'seconds' | 'msPerTrial' | 'lastOverSecond' | 'processorLastOverSecond'>
> {
  const { rows } = await client.query<{ at: number }>(
    `select extract(epoch from a.finished_at - s.started_at)::float8 as at ${ENDED} order by 1`,
    [name],
  );
  const ends = rows.map(({ at }) => at);
  const part = Math.floor(trials / 10);
  const parts = Array.from({ length: Math.floor(ends.length / part) }, (_, i) => {
    const before = i === 0 ? 0 : ends[i * part - 1]!;
    return (1000 * (ends[(i + 1) * part - 1]! - before)) / part;
  });
  const last = parts.length === 10 ? parts[9]! : null;
  return {
    ended: ends.length,
    seconds: ends.at(-1) ?? 0,
    msPerTrial: parts,
    lastOverSecond: last === null ? null : last / parts[1]!,
    processorLastOverSecond: processorRatio(samples, trials),
  };
}

/** Seconds of the processor of all processes of the last tenth, over those of the second. */
function processorRatio(samples: readonly Sample[], trials: number): number | null {
  const at = (ended: number): number | null => {
    const behind = samples.findIndex((sample) => sample.ended >= ended);
    if (behind < 1) return null;
    const [a, b] = [samples[behind - 1]!, samples[behind]!];
    const [from, to] = [a, b].map(({ processor }) =>
      Object.values(processor).reduce((sum, one) => sum + one, 0),
    );
    return from! + ((to! - from!) * (ended - a.ended)) / Math.max(1, b.ended - a.ended);
  };
  const [first, second, ninth, tenth] = [0.1, 0.2, 0.9, 0.99].map((share) => at(share * trials));
  if (!first || !second || !ninth || !tenth) return null;
  return (tenth - ninth) / 0.09 / ((second - first) / 0.1);
}

/** The largest history of each type of workflow. */
async function histories(home: ScratchHome, name: string): Promise<HistoryFigure[]> {
  const connection = await Connection.connect({ address: `127.0.0.1:${home.state().temporal.port}` });
  try {
    const client = new Client({ connection, namespace: 'elbow' });
    const figures = new Map<string, HistoryFigure>();
    for await (const one of client.workflow.list({ query: `ElbowSweep = '${name}'` })) {
      const before = figures.get(one.type);
      figures.set(one.type, {
        type: one.type,
        workflows: (before?.workflows ?? 0) + 1,
        mostEvents: Math.max(before?.mostEvents ?? 0, one.historyLength),
        mostBytes: Math.max(before?.mostBytes ?? 0, one.historySize ?? 0),
      });
    }
    return [...figures.values()];
  } finally {
    await connection.close();
  }
}
