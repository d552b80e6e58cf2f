/** Checks of the machine: what elbow needs before it can bring or start anything. */
import { accessSync, constants, existsSync, mkdirSync, statfsSync } from 'node:fs';
import { messageOf } from '../errors.js';
import { homeFolders } from '../paths.js';
import { fail, ok, warn } from './checks.js';
import type { Check } from './checks.js';
import { canRunOperations, operationsDigest, operationsFile } from '../native-operations.js';
import { planTensorflow } from './gpu.js';
import { lastLines, runProgram } from './run-program.js';
import { isAtLeast, temporalPath, temporalVersion } from './temporal-cli.js';
import { keptAddon, missingToolchain, tensorflowPackage } from './tensorflow-addon.js';
import { probeTensorflow } from './tensorflow.js';

const OLDEST_NODE = '20.19.0';
/** What all parts, data sets and a first sweep take together. */
const NEEDED_BYTES = 3e9;
const SCARCE_BYTES = 5e8;

interface Machine {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly home: string;
  /** Whether trials are to run here. */
  readonly hasTrials: boolean;
  /** Whether Temporal's own server is to run here. */
  readonly hasOwnTemporal: boolean;
}

/** In the order in which they matter. What is needed to bring parts is looked at where there is something to bring. */
export async function checkMachine(machine: Machine): Promise<readonly Check[]> {
  const { hasTrials, hasOwnTemporal, home } = machine;
  const tensorflow = hasTrials ? await checkTensorflow(machine) : [];
  const isWhole = tensorflow.every(({ state }) => state === 'ok');
  const brings = !isWhole || hasOwnTemporal;
  return [
    checkNode(),
    checkHome(home),
    checkDisk(home),
    ...(brings ? [await checkPip(machine), checkToolchain(machine)] : []),
    ...(hasOwnTemporal ? [await checkTemporalCli(machine)] : []),
    ...tensorflow,
  ];
}

function checkNode(): Check {
  const version = process.versions.node;
  const found = `${version} (${process.platform} ${process.arch})`;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return fail('Node', found, 'The local parts are built for Linux on x64.');
  }
  if (!isAtLeast(version, OLDEST_NODE)) return fail('Node', found, `Install Node ${OLDEST_NODE} or newer.`);
  return ok('Node', found);
}

function checkHome(home: string): Check {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    accessSync(home, constants.W_OK | constants.X_OK);
    return ok('ELBOW_HOME', home);
  } catch (error) {
    return fail('ELBOW_HOME', `${home}: ${messageOf(error)}`, 'Set ELBOW_HOME to a folder you may write to.');
  }
}

function checkDisk(home: string): Check {
  let free: number;
  try {
    const disk = statfsSync(home);
    free = disk.bavail * disk.bsize;
  } catch (error) {
    return warn('disk', messageOf(error), 'See whether ELBOW_HOME exists.');
  }
  const found = `${(free / 1e9).toFixed(1)} GB free`;
  const hint = 'Free some space, or set ELBOW_HOME to a folder on a larger disk.';
  if (free < SCARCE_BYTES) return fail('disk', found, hint);
  return free < NEEDED_BYTES && !existsSync(homeFolders.data(home))
    ? warn('disk', found, hint)
    : ok('disk', found);
}

async function checkPip({ env, signal, home, hasTrials, hasOwnTemporal }: Machine): Promise<Check> {
  const lacksTemporal = hasOwnTemporal && !existsSync(temporalPath(home));
  const isNeeded = lacksTemporal || (hasTrials && !existsSync(keptAddon(home, tensorflowPackage().version)));
  const hint = 'Install Python 3 with pip (on Debian or Ubuntu: apt-get install python3 python3-pip).';
  const ended = await runProgram('python3', ['-m', 'pip', '--version'], {
    env,
    signal,
    timeoutMs: 30_000,
  }).catch(messageOf);
  if (typeof ended !== 'string' && ended.code === 0) {
    return ok(
      'Python',
      `pip ${/^pip (\S+)/.exec(ended.stdout)?.[1]}, ${/python [\d.]+/.exec(ended.stdout)?.[0]}`,
    );
  }
  const found = typeof ended === 'string' ? ended : lastLines(ended.stderr, 1);
  return isNeeded ? fail('Python', found, hint) : warn('Python', found, hint);
}

function checkToolchain({ env, home }: Machine): Check {
  const missing = missingToolchain(env);
  if (!missing) return ok('compiler', 'C++ compiler and make found');
  const hint = 'On Debian or Ubuntu: apt-get install build-essential. On Fedora: dnf install gcc-c++ make.';
  const isNeeded = !existsSync(keptAddon(home, tensorflowPackage().version));
  return isNeeded
    ? fail('compiler', `missing: ${missing}`, hint)
    : warn('compiler', `missing: ${missing}`, hint);
}

async function checkTemporalCli({ env, home }: Machine): Promise<Check> {
  const program = existsSync(temporalPath(home)) ? temporalPath(home) : 'temporal';
  try {
    const version = await temporalVersion(program, env);
    return ok('Temporal CLI', `${version} (${program === 'temporal' ? 'on PATH' : program})`);
  } catch {
    return warn('Temporal CLI', 'not there', '`elbow up` brings it.');
  }
}

async function checkTensorflow({ env, signal }: Machine): Promise<readonly Check[]> {
  const plan = await planTensorflow(env, signal);
  let probe;
  try {
    probe = await probeTensorflow({ env, signal });
  } catch (error) {
    return [
      fail('TensorFlow', lastLines(messageOf(error), 2), '`elbow up` puts it together.'),
      ok('device', plan.kind === 'cpu' ? `CPU: ${plan.reason}` : plan.reason),
    ];
  }
  const loaded = ok(
    'TensorFlow',
    `${probe.version} loads, and lists ${probe.gpu ? 'a GPU and the CPU' : 'the CPU'}`,
  );
  if (plan.kind === 'cpu') return [loaded, ok('device', `CPU: ${plan.reason}`), checkOperations()];
  if (probe.gpu) return [loaded, ok('device', `GPU: ${plan.reason}`)];
  const said = lastLines(probe.said, 2).replaceAll('\n', '; ');
  const hint = '`elbow up` installs TensorFlow for the GPU; if it did, see the driver (CUDA 12.5 or newer).';
  return [
    loaded,
    warn('device', `CPU, though ${plan.reason}${said ? `: ${said}` : ''}`, hint),
    checkOperations(),
  ];
}

/** Whether trainings on the CPU have elbow's own operations. */
function checkOperations(): Check {
  if (!canRunOperations()) return ok('operations', "TensorFlow's own: the CPU has no AVX2 or no FMA");
  if (existsSync(operationsFile())) return ok('operations', `elbow's own (${operationsDigest()})`);
  return warn(
    'operations',
    "TensorFlow's own, which take longer: elbow's are not there",
    '`elbow up` compiles them, and says why where it cannot.',
  );
}
