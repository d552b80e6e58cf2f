/** A chaos run: sweeps of real trainings while things break, compared with one that was left alone. */
import { setTimeout as pause } from 'node:timers/promises';
import {
  checkConnections,
  checkFiles,
  checkProcesses,
  checkSweep,
  checkWorkflows,
  untilNone,
} from './check.js';
import { doFault } from './faults.js';
import { FAULT_KINDS, planFaults } from './plan.js';
import type { FaultKind } from './plan.js';
import { openStage } from './stage.js';
import { createStorm, trialsOf } from './storm.js';
import { askTruth } from './truth.js';
import type { Row, Truth } from './truth.js';

export interface ChaosOptions {
  readonly seed: number;
  /** Integer ≥ 1. */
  readonly faults: number;
  /** Those that may be drawn; all when left out. */
  readonly kinds?: readonly FaultKind[];
  /** Keeps the files, for looking into. */
  readonly keep?: boolean;
  readonly note: (line: string) => void;
}

export interface ChaosReport {
  readonly seed: number;
  readonly faults: number;
  readonly byKind: Readonly<Record<string, number>>;
  readonly sweeps: number;
  readonly trials: number;
  /** Executions that did not come to the end of their trial, by what was said of them. */
  readonly failures: readonly Row[];
  /** Executions of attempts: leases taken. */
  readonly executions: number;
  readonly seconds: number;
  /** Nothing: all is as if nothing had happened. */
  readonly problems: readonly string[];
}

const CALM = 'calm';
/** Trials in a workflow, for even seeds. */
const SEVERAL = 3;
/** Of so many seeds one has sweeps that add replicates by themselves. */
const GROWING_SEEDS = 3;
/**
 * What the undisturbed sweep takes on two cores that have nothing else to do. On a slower machine the pauses between faults
 * are longer in proportion: a trial that is hit ten times before its first epoch fails, as it should.
 */
const USUAL_CALM_S = 25;

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, note } = options;
  const began = performance.now();
  const faults = planFaults(seed, options.faults, options.kinds ?? FAULT_KINDS);
  note(`chaos of seed ${seed}: ${faults.length} faults`);
  const stage = await openStage(note);
  const spec = {
    trialsPerWorkflow: seed % 2 === 0 ? SEVERAL : 1,
    isUntil: seed % GROWING_SEEDS === 0,
  };
  const problems: string[] = [];
  let truth: Truth | undefined;
  try {
    truth = await askTruth(stage.databaseUrl, stage.temporalAddress);
    for (const place of [0, 1]) stage.startWorker(place);
    // Without any, the CLI would start one of its own.
    while ((await truth.rows('select from workers')).length < 2) await pause(100);
    const storm = createStorm(stage, spec);
    const calmBegan = performance.now();
    await storm.runSweep(CALM);
    const calmSeconds = Number(secondsSince(calmBegan));
    const pace = Math.max(1, calmSeconds / USUAL_CALM_S);
    note(`${CALM}: ${trialsOf(spec)} trials undisturbed in ${calmSeconds} s; pauses × ${pace.toFixed(1)}`);

    let isOver = false;
    const names: string[] = [];
    const sweeps = (async () => {
      while (!isOver) {
        const name = `storm-${names.length + 1}`;
        names.push(name);
        await storm.runSweep(name);
      }
    })();
    // A sweep that cannot go on ends the faults, too.
    let failure: Error | undefined;
    const watched = sweeps.catch((error: unknown) => {
      failure = error instanceof Error ? error : new Error(String(error));
      isOver = true;
    });
    for (const fault of faults) {
      await pause(pace * fault.afterMs);
      if (isOver) break;
      const met = await doFault({ stage, storm, truth }, fault);
      note(`${secondsSince(began).padStart(6)} s  ${String(fault.number).padStart(3)}  ${fault.kind} ${met}`);
    }
    isOver = true;
    await watched;
    if (failure !== undefined) throw failure;

    for (const name of names) problems.push(...(await checkSweep(truth, name, CALM)));
    const asked = truth;
    problems.push(...storm.surprises, ...(await untilNone(() => checkWorkflows(asked))));
    const failures = await truth.rows(
      'select code, count(*)::int as count from failures group by 1 order by 2 desc',
    );
    const [totals] = await truth.rows("select sum(lease)::int as leases from attempts where sweep <> 'calm'");
    problems.push(...(await untilNone(() => checkFiles(stage, asked))));
    await stage.stopWorkers();
    problems.push(...(await untilNone(() => checkConnections(asked))));
    await truth.close();
    truth = undefined;
    await stage.stop();
    problems.push(...(await untilNone(() => checkProcesses(stage))));
    return {
      seed,
      faults: faults.length,
      byKind: countBy(faults.map(({ kind }) => kind)),
      sweeps: names.length,
      trials: trialsOf(spec) * names.length,
      failures,
      executions: totals?.['leases'] as number,
      seconds: Math.round((performance.now() - began) / 1000),
      problems,
    };
  } finally {
    await truth?.close();
    await stage.stop();
    if (options.keep) note(`kept: ${stage.scratch} and ${stage.home}`);
    else stage.remove();
  }
}

const secondsSince = (began: number): string => ((performance.now() - began) / 1000).toFixed(1);

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
