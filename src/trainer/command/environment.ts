/** What a program finds in its environment: the worker's, without what is nobody else's business. Pure. */
import type { CommandJob } from './job.js';

/** Names of elbow's servers. They are never handed on. */
const SERVERS = /^(ELBOW_|TEMPORAL_|DATABASE_URL$)/;
/** By this mark `elbow down` finds what a killed worker has left behind; it holds no secret. */
const MARK = 'ELBOW_STACK_PART';
/** Parts of names that people give to secrets. `TOKENIZERS_PARALLELISM` and `PWD` are none. */
const SECRET =
  /PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIAL|(API|ACCESS|PRIVATE)_?KEY|TOKENS?(_|$)|_(KEY|PASS|PWD|PAT|AUTH|COOKIE)$/i;
/** `scheme://user:password@host` */
const PASSWORD_IN_ADDRESS = /[a-z][a-z0-9+.-]*:\/\/[^/@\s:]*:[^/@\s]+@/i;

/** Of the guard: enough to be found by, and nothing that a sweep file sets. */
export const guardEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  env[MARK] === undefined ? {} : { [MARK]: env[MARK] };

/** Names of variables that a worker hands on although they look like secrets, separated by commas. */
const PASSED_ON = 'ELBOW_PASS_ENV';

/**
 * @param worker the worker's own environment
 * @param paths of the file with the parameters, and of the attempt's folder
 */
export function commandEnvironment(
  worker: NodeJS.ProcessEnv,
  { trainable, about }: Pick<CommandJob, 'trainable' | 'about'>,
  paths: { readonly params: string; readonly folder: string },
): NodeJS.ProcessEnv {
  const passed = new Set((worker[PASSED_ON] ?? '').split(',').map((name) => name.trim()));
  const inherited = Object.entries(worker).filter(([name, value = '']) => {
    if (name === MARK) return true;
    if (SERVERS.test(name)) return false;
    return passed.has(name) || !(SECRET.test(name) || PASSWORD_IN_ADDRESS.test(value));
  });
  const { sweep, trial, attempt, replicate, seed, samplesPerClass, threads } = about;
  return {
    // Metrics are read while the program runs: Python would keep them back until a buffer is full.
    PYTHONUNBUFFERED: '1',
    ...Object.fromEntries(inherited),
    OMP_NUM_THREADS: String(threads),
    ...trainable.env,
    ELBOW_SWEEP: sweep,
    ELBOW_TRIAL: String(trial),
    ELBOW_ATTEMPT: String(attempt),
    ELBOW_REPLICATE: String(replicate),
    ELBOW_SEED: String(seed),
    ...(samplesPerClass === null ? {} : { ELBOW_SAMPLES_PER_CLASS: String(samplesPerClass) }),
    ELBOW_PARAMS: paths.params,
    ELBOW_FOLDER: paths.folder,
  };
}
