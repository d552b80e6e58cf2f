/** The sweeps that run while things break: one after the other, each started and followed by the CLI. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { signal } from './programs.js';
import type { Program } from './programs.js';
import type { Stage } from './stage.js';

/** What sweeps a run has. */
export interface StormSpec {
  readonly trialsPerWorkflow: number;
  /** Whether they add replicates by themselves. */
  readonly isUntil: boolean;
}

/** Twelve or fourteen trainings of a few seconds: five epochs each, so that there are checkpoints to go on from. */
const textOf = ({ trialsPerWorkflow, isUntil }: StormSpec): string =>
  `space: { samplesPerClass: [20, 60], optimizer: ${isUntil ? 'adam' : '[adam, sgd]'}, epochs: 5, patience: 5 }
${isUntil ? GROWING : 'replicates: 3'}
trialsPerWorkflow: ${trialsPerWorkflow}
`;

/** No interval is so narrow: two replicates are added, and then the budget is used up. */
const GROWING = `replicates: 5
until: width(score@60) < 0.0001
budget: { maxTrials: 14 }`;

/** When they have ended. */
export const trialsOf = ({ isUntil }: StormSpec): number => (isUntil ? 14 : 12);

export interface Storm {
  /** The sweep that runs now, or ran last. */
  readonly current: string;
  /** Runs one sweep to its end, whatever happens to the CLI that follows it. */
  runSweep(name: string): Promise<void>;
  /** Kills the CLI that follows the sweep; false when none does. */
  killFollower(): boolean;
  /** Exit codes that no fault explains, with what was said. */
  readonly surprises: readonly string[];
}

export function createStorm(stage: Stage, spec: StormSpec): Storm {
  const file = join(stage.scratch, 'spec.yaml');
  writeFileSync(file, textOf(spec));
  let current = 'none';
  let follower: Program | null = null;
  const surprises: string[] = [];
  /** Runs a command; tells its exit code, null when it was killed. */
  const follow = async (...args: readonly string[]): Promise<number | null> => {
    follower = stage.elbow(...args);
    const { code, stderr } = await follower.ended;
    follower = null;
    // 3: cancelled by a fault, or failed, which the checker finds; 4: a server was away.
    if (code !== null && ![0, 3, 4].includes(code))
      surprises.push(`elbow ${args.join(' ')}: ${code}: ${stderr}`);
    return code;
  };
  return {
    get current() {
      return current;
    },
    surprises,
    runSweep: async (name) => {
      current = name;
      for (;;) {
        const code = await follow('run', file, '--name', name);
        if (code === 0) return;
        // A sweep that was cancelled, or has failed trials, is run again as a user would.
        if (code === 3 && (await follow('rerun', name)) === 0) return;
        if (surprises.length > 20) throw new Error(surprises.join('\n'));
        await pause(200);
      }
    },
    killFollower: () => signal(follower?.child.pid, 'SIGKILL'),
  };
}
