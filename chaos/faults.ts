/** How each fault is done, and mended. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { homeFolders } from '../src/paths.js';
import { CONTROL_QUEUE, WORKFLOWS } from '../workflows/messages.js';
import { anyOf } from './any-of.js';
import type { Fault, FaultKind } from './plan.js';
import { childrenOf, signal } from './programs.js';
import type { Proxy } from './proxy.js';
import { HEARTBEAT_MS } from './stage.js';
import type { Stage } from './stage.js';
import type { Storm } from './storm.js';
import type { Truth } from './truth.js';

/** What a fault needs. */
export interface Scene {
  readonly stage: Stage;
  readonly storm: Storm;
  readonly truth: Truth;
}

/** Does one fault, and mends it. @returns what it met, in a few words */
type Doing = (scene: Scene, fault: Fault) => Promise<string>;

const ms = (value: number): string => `${Math.round(value)} ms`;
/** A place in a span, by the fault's extent. */
const within = ({ extent }: Fault, from: number, to: number): number => from + extent * (to - from);

const cut =
  (proxy: keyof Stage['proxies']): Doing =>
  async ({ stage }, fault) =>
    mendAfter(stage.proxies[proxy], within(fault, 0, 6_000), (one) => one.cut());

const slow =
  (proxy: keyof Stage['proxies']): Doing =>
  async ({ stage }, fault) =>
    mendAfter(stage.proxies[proxy], 4_000, (one) => one.slow(within(fault, 50, 800)));

async function mendAfter(proxy: Proxy, afterMs: number, harm: (proxy: Proxy) => void): Promise<string> {
  harm(proxy);
  await pause(afterMs);
  proxy.mend();
  return `for ${ms(afterMs)}`;
}

/** A worker by place. */
function workerOf({ stage }: Scene, fault: Fault): { place: number; pid: number } {
  const place = Math.floor(fault.which * stage.workers.length);
  return { place, pid: stage.workers[place]!.child.pid! };
}

/** Ends a worker by a signal, waits until it has, and starts it again. */
async function replaceWorker(
  scene: Scene,
  fault: Fault,
  options: { readonly by: NodeJS.Signals; readonly afterMs: number; readonly env?: NodeJS.ProcessEnv },
): Promise<void> {
  const { place, pid } = workerOf(scene, fault);
  signal(pid, options.by);
  await scene.stage.workers[place]!.ended;
  await pause(options.afterMs);
  scene.stage.startWorker(place, options.env);
}

/** Runs a command of the CLI and kills it after a while. */
async function killCommand({ stage }: Scene, afterMs: number, ...args: readonly string[]): Promise<void> {
  const { child, ended } = stage.elbow(...args);
  await Promise.race([ended, pause(afterMs)]);
  signal(child.pid, 'SIGKILL');
  await ended;
}

/** Workers, by pid, whose trial would fail for good if its trainer died once more before its next epoch: as it should. */
async function atTheirLast(truth: Truth): Promise<ReadonlySet<number>> {
  const rows = await truth.rows(
    `select split_part(a.worker_id, ':', 2)::int as pid from trial_attempts a
     where a.status = 'running' and (
       select count(*) from trial_failures f
       where f.attempt_id = a.id and f.code <> 'worker-lost' and exists (
         select from trial_failures g where g.attempt_id = a.id and g.lease <= f.lease
           and g.epochs >= (select count(*) from trial_epochs e where e.attempt_id = a.id))) >= 2`,
  );
  return new Set(rows.map((row) => row['pid'] as number));
}

const DOINGS: Readonly<Record<FaultKind, Doing>> = {
  'trainer-killed': async ({ stage, truth }, fault) => {
    const spared = await atTheirLast(truth);
    const trainers = stage.workers
      .filter(({ child }) => !spared.has(child.pid!))
      .flatMap(({ child }) => childrenOf(child.pid!, 'trainer/process.js'));
    const [trainer] = anyOf(trainers, fault.which);
    return signal(trainer, 'SIGKILL') ? 'one' : 'none was there';
  },
  'worker-killed': async (scene, fault) => {
    const afterMs = within(fault, 0, 2_000);
    await replaceWorker(scene, fault, { by: 'SIGKILL', afterMs });
    return `back after ${ms(afterMs)}`;
  },
  'worker-frozen': async (scene, fault) => {
    const { pid } = workerOf(scene, fault);
    const forMs = HEARTBEAT_MS + within(fault, 500, 3_000);
    signal(pid, 'SIGSTOP');
    await pause(forMs);
    signal(pid, 'SIGCONT');
    return `for ${ms(forMs)}`;
  },
  'worker-stopped': async (scene, fault) => {
    await replaceWorker(scene, fault, { by: 'SIGTERM', afterMs: 0 });
    return 'and back';
  },
  'clock-moved': async (scene, fault) => {
    const hours = Math.round(within(fault, -36, 36));
    const env = {
      NODE_OPTIONS: `--import=${writeClock(scene.stage)}`,
      CHAOS_CLOCK_MS: `${hours * 3_600_000}`,
    };
    await replaceWorker(scene, fault, { by: 'SIGTERM', afterMs: 0, env });
    return `by ${hours} h`;
  },
  'postgres-killed': async ({ stage }, fault) => {
    stage.killPostgres();
    await pause(within(fault, 0, 3_000));
    await stage.startPostgres();
    return 'and back';
  },
  'temporal-killed': async ({ stage }, fault) => {
    stage.killTemporal();
    await pause(within(fault, 0, 3_000));
    await stage.startTemporal();
    return 'and back';
  },
  'postgres-cut': cut('postgres'),
  'temporal-cut': cut('temporal'),
  'postgres-late': slow('postgres'),
  'temporal-late': slow('temporal'),
  'disk-full': async ({ stage }, fault) => {
    if (!stage.hasCheckpointDisk) return 'left out: no disk of its own';
    const filler = join(homeFolders.checkpoints(stage.home), 'filler');
    const block = Buffer.alloc(65_536);
    try {
      // Until the disk is full: tens of megabytes.
      for (;;) writeFileSync(filler, block, { flag: 'a' });
    } catch {
      // That is what was wanted.
    }
    const forMs = within(fault, 500, 5_000);
    await pause(forMs);
    rmSync(filler, { force: true });
    return `for ${ms(forMs)}`;
  },
  'delivered-twice': async ({ truth, storm }, fault) => {
    const { workflow } = truth.temporal;
    const found = [];
    const query = `WorkflowType="${WORKFLOWS.trial}" AND ExecutionStatus="Running" AND ElbowSweep="${storm.current}"`;
    for await (const one of workflow.list({ query })) found.push(one);
    const [chosen] = anyOf(
      found.filter(({ workflowId }) => !workflowId.endsWith('.again')),
      fault.which,
    );
    if (!chosen) return 'none ran';
    const input = await truth.inputOf(chosen.workflowId, chosen.runId);
    if (input === null) return 'it had ended';
    const workflowId = `${chosen.workflowId}.${fault.number}.again`;
    await workflow.start(WORKFLOWS.trial, { workflowId, taskQueue: CONTROL_QUEUE, args: [input] });
    return chosen.workflowId;
  },
  'run-killed': async ({ storm }) => (storm.killFollower() ? storm.current : 'between two sweeps'),
  'pause-killed': async (scene, fault) => {
    const { storm, stage, truth } = scene;
    const name = storm.current;
    const afterMs = within(fault, 0, 3_000);
    await killCommand(scene, afterMs, 'pause', name, '--now');
    // Until it is true, as a user would: a server may be away.
    while (/^paus/.test((await truth.statusOf(name)) ?? '')) {
      if ((await stage.elbow('resume', name, '--detach').ended).code !== 0) await pause(500);
    }
    return `after ${ms(afterMs)}`;
  },
  'cancel-killed': async (scene, fault) => {
    const { storm, stage, truth } = scene;
    const name = storm.current;
    const afterMs = within(fault, 0, 3_000);
    await killCommand(scene, afterMs, 'cancel', name);
    while ((await truth.statusOf(name)) === 'cancelling') {
      if ((await stage.elbow('cancel', name).ended).code !== 0) await pause(500);
    }
    return `after ${ms(afterMs)}`;
  },
};

/** A module that moves a process's clock: what JavaScript sees of it. */
function writeClock({ scratch }: Stage): string {
  const path = join(scratch, 'clock.mjs');
  if (!readdirSync(scratch).includes('clock.mjs')) {
    writeFileSync(
      path,
      `const shift = Number(process.env.CHAOS_CLOCK_MS);
const Real = globalThis.Date;
globalThis.Date = class Date extends Real {
  constructor(...args) {
    if (args.length === 0) super(Real.now() + shift);
    else super(...args);
  }
  static now() {
    return Real.now() + shift;
  }
};
`,
    );
  }
  return path;
}

export const doFault = (scene: Scene, fault: Fault): Promise<string> => DOINGS[fault.kind](scene, fault);
