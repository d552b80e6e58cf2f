/** What planning very many trials takes: without a stack, and by the worker of one. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { compiled } from '../../src/paths.js';
import { builtinSweep } from './fill.js';
import type { ScratchHome } from './home.js';
import { processesOf, residentMb, runWatched } from './processes.js';

const POLL_MS = 100;

export interface PlanFigures {
  readonly trials: number;
  readonly dryRun: { readonly seconds: number; readonly processorSeconds: number; readonly peakMb: number };
  readonly dryRunJson: {
    readonly seconds: number;
    readonly processorSeconds: number;
    readonly peakMb: number;
    readonly bytes: number;
  };
  /** From the start of the sweep until its trials are there and it runs; and the worker's largest memory until then. */
  readonly planSeconds: number;
  readonly workerMb: number;
  /** From `elbow cancel` until no trial is open. */
  readonly cancelSeconds: number;
}

/** @param trials a multiple of 10,000 */
export async function measurePlan(home: ScratchHome, trials: number): Promise<PlanFigures> {
  const folder = join(home.path, 'sweeps');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'planned.yaml');
  writeFileSync(file, builtinSweep('planned', 'many', trials / 10_000));
  const dry = (...more: string[]): ReturnType<typeof runWatched> =>
    runWatched(process.execPath, [compiled('src/cli/main.js'), 'run', file, '--dry-run', ...more], {
      env: home.env,
    });
  const figures = async (...more: string[]) => {
    const { seconds, processorSeconds, peakMb, stdout } = await dry(...more);
    return { seconds, processorSeconds, peakMb, bytes: stdout.length };
  };
  const [dryRun, dryRunJson] = [await figures(), await figures('--json')];
  return { trials, dryRun, dryRunJson, ...(await planned(home, trials, folder)) };
}

/** A sweep whose trials wait, so that nothing is trained; no slots are taken, because nobody works for its pool. */
async function planned(
  home: ScratchHome,
  trials: number,
  folder: string,
): Promise<Pick<PlanFigures, 'planSeconds' | 'workerMb' | 'cancelSeconds'>> {
  const name = `planned-${Math.floor(Date.now() / 1000)}`;
  const file = join(folder, `${name}.yaml`);
  writeFileSync(
    file,
    `name: ${name}\ntrainable: noop\npool: nobody\nspace: { samplesPerClass: 1 }\nreplicates: ${trials}\n`,
  );
  const client = new pg.Client({ connectionString: home.state().postgres.url });
  await client.connect();
  const status = async (): Promise<string> => {
    const { rows } = await client.query<{ status: string }>('select status from sweeps where name = $1', [
      name,
    ]);
    return rows[0]?.status ?? 'planning';
  };
  try {
    const worker = processesOf(home.path).find(({ command }) => /workers\/main\.js/.test(command));
    if (!worker) throw new Error('expected a worker');
    const began = performance.now();
    await home.elbow(['run', file, '--detach', '--json']);
    let workerMb = 0;
    while ((await status()) === 'planning') {
      workerMb = Math.max(workerMb, residentMb(worker.pid));
      await pause(POLL_MS);
    }
    const planSeconds = (performance.now() - began) / 1000;
    const asked = performance.now();
    await home.elbow(['cancel', name, '--json'], [0, 3]);
    while ((await status()) !== 'cancelled') await pause(POLL_MS);
    return { planSeconds, workerMb, cancelSeconds: (performance.now() - asked) / 1000 };
  } finally {
    await client.end();
  }
}
