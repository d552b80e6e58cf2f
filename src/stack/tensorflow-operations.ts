/** elbow's own operations for TensorFlow: compiled once for each state of their sources, kept in ELBOW_HOME. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { asElbowError, messageOf } from '../errors.js';
import {
  OPERATIONS_FLAGS,
  canRunOperations,
  operationsDigest,
  operationsFile,
  operationsSources,
} from '../native-operations.js';
import { elbowHome, homeFolders } from '../paths.js';
import type { StackOptions } from './options.js';
import { TENSORFLOW_VERSION } from './parts.js';
import { interrupted, runProgram } from './run-program.js';
import { copyWhole, findCompiler, missingToolchain, reasonOf, type Package } from './tensorflow-addon.js';
import { FRAMEWORK } from './tensorflow-library.js';
import { diskFull, saysDiskFull } from './ways.js';

const require = createRequire(import.meta.url);

/** Node's C interface, which its versions keep. */
const nodeHeaders = (): string => join(dirname(require.resolve('node-api-headers/package.json')), 'include');

const keptOperations = (home: string): string =>
  join(
    homeFolders.parts(home),
    `elbow-operations-${operationsDigest()}-tensorflow-${TENSORFLOW_VERSION}`,
    'elbow_operations.node',
  );

/**
 * Puts the operations into the package: kept ones, else compiled. Trainings run without them, only slower, so what cannot be
 * compiled is said and left. The package must be linked to a library.
 * @returns why there are none, else null
 * @throws ElbowError `install-disk-full`, which a next try may not meet
 */
export async function placeOperations(pack: Package, options: StackOptions): Promise<string | null> {
  const path = operationsFile(pack.folder);
  for (const name of readdirSync(dirname(path)).filter((file) => file.startsWith('elbow_operations'))) {
    rmSync(join(dirname(path), name));
  }
  if (!canRunOperations()) return 'the CPU has no AVX2 or no FMA';
  const kept = keptOperations(elbowHome(options.env));
  try {
    if (!existsSync(kept)) await compile(join(pack.folder, 'deps'), kept, options);
    copyWhole(kept, path);
    return null;
  } catch (error) {
    if (options.signal.aborted || asElbowError(error, 'install-build').code === 'install-disk-full')
      throw error;
    const reason = `elbow's operations for TensorFlow could not be compiled: ${messageOf(error)}`;
    options.note(`${reason}; trainings use TensorFlow's own, which take longer`);
    return reason;
  }
}

/** @param deps the package's links to TensorFlow: `lib` and `include` */
async function compile(deps: string, kept: string, options: StackOptions): Promise<void> {
  const compiler = findCompiler(options.env);
  if (!compiler) throw new Error(`${missingToolchain(options.env)} not found on PATH`);
  options.note("compiling elbow's operations for TensorFlow (about 10 s, once)");
  mkdirSync(dirname(kept), { recursive: true });
  const folder = operationsSources();
  const sources = readdirSync(folder).filter((name) => name.endsWith('.cc'));
  const draft = `${kept}.${process.pid}`;
  const headers = [join(deps, 'include'), nodeHeaders()].map((path) => `-I${path}`);
  const paths = ['-shared', '-fPIC', ...headers, `-L${join(deps, 'lib')}`, '-o', draft];
  const [program, ...given] = compiler;
  const args = [...given, ...OPERATIONS_FLAGS, ...paths, ...sources, `-l:${FRAMEWORK}`, '-pthread'];
  try {
    const ended = await runProgram(program, args, { env: options.env, signal: options.signal, cwd: folder });
    if (options.signal.aborted) throw interrupted();
    const said = `${ended.stdout}\n${ended.stderr}`;
    if (saysDiskFull(said)) throw diskFull("elbow's operations for TensorFlow", dirname(kept));
    if (ended.code !== 0) throw new Error(reasonOf(said));
    copyWhole(draft, kept);
  } finally {
    rmSync(draft, { force: true });
  }
}
