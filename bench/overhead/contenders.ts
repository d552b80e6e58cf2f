/** Ways to run trials that do nothing, or wait: elbow's CLI, Optuna on the same Postgres, Ray Tune. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compiled, packageRoot } from '../../src/paths.js';

/** What is run. */
export interface Load {
  readonly trials: number;
  /** Trials at once. */
  readonly slots: number;
  /** What each trial waits; 0: it does nothing. */
  readonly waitSeconds: number;
  /** Tells the runs of one contender apart. */
  readonly round: number;
}

export interface Contender {
  readonly name: string;
  /** @returns seconds from the start of the sweep to its end */
  run(load: Load): number;
}

/** @throws Error with what the program said */
export function must(program: string, args: readonly string[], env: NodeJS.ProcessEnv): string {
  const ran = spawnSync(program, args, { encoding: 'utf8', env, maxBuffer: 2 ** 26 });
  if (ran.status === 0) return ran.stdout;
  throw new Error(`${program} ${args.join(' ')} ended with ${ran.status}:\n${ran.stdout}${ran.stderr}`);
}

/** Sweeps of the CLI: the sweep's own time, as `run --json` tells it. */
export function elbowContender(trialsPerWorkflow: number, env: NodeJS.ProcessEnv): Contender {
  return {
    name: `elbow, ${trialsPerWorkflow === 1 ? 'a workflow each' : `${trialsPerWorkflow} in a workflow`}`,
    run: ({ trials, waitSeconds, round }) => {
      const name = `noop-${trialsPerWorkflow}-${trials}-${round}`;
      const file = join(env['ELBOW_HOME']!, `${name}.yaml`);
      writeFileSync(
        file,
        `name: ${name}\ntrainable: { noop: { seconds: ${waitSeconds} } }\nspace: { samplesPerClass: 1 }\nreplicates: ${trials}\ntrialsPerWorkflow: ${trialsPerWorkflow}\n`,
      );
      const said = must(process.execPath, [compiled('src/cli/main.js'), 'run', file, '--json'], env);
      // The shape of `run --json` is public.
      const { counts, seconds } = JSON.parse(said) as { counts: { succeeded: number }; seconds: number };
      if (counts.succeeded !== trials) throw new Error(`${name}: ${counts.succeeded} of ${trials} succeeded`);
      return seconds;
    },
  };
}

const script = (name: string): string => join(packageRoot, 'bench', 'overhead', name);

/** @param python with optuna and psycopg2; @param url of a database of its own */
export const optunaContender = (sampler: string, python: string, url: string): Contender => ({
  name: `Optuna, ${sampler}`,
  run: ({ trials, slots, waitSeconds }) =>
    Number(
      must(
        python,
        [script('optuna-trials.py'), url, sampler, `${trials}`, `${slots}`, `${waitSeconds}`],
        process.env,
      ),
    ),
});

/** @param python with ray[tune] */
export const rayContender = (python: string): Contender => ({
  name: 'Ray Tune',
  run: ({ trials, slots, waitSeconds }) =>
    Number(
      must(python, [script('ray-trials.py'), `${trials}`, `${slots}`, `${waitSeconds}`], process.env)
        .trim()
        .split('\n')
        .at(-1),
    ),
});
