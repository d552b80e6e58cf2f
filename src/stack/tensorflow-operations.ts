/** elbow's own operations for TensorFlow: compiled once for each state of their sources, kept in ELBOW_HOME. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../errors.js';
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
import { copyWhole, reasonOf, type Package } from './tensorflow-addon.js';
import { FRAMEWORK } from './tensorflow-library.js';

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
    if (options.signal.aborted) throw error;
    const reason = `elbow's operations for TensorFlow could not be compiled: ${messageOf(error)}`;
    options.note(`${reason}; trainings use TensorFlow's own, which take longer`);
    return reason;
  }
}

/** @param deps the package's links to TensorFlow: `lib` and `include` */
async function compile(deps: string, kept: string, options: StackOptions): Promise<void> {
  options.note("compiling elbow's operations for TensorFlow (about 10 s, once)");
  mkdirSync(dirname(kept), { recursive: true });
  const folder = operationsSources();
  const sources = readdirSync(folder).filter((name) => name.endsWith('.cc'));
  const draft = `${kept}.${process.pid}`;
  const [compiler = 'g++', ...given] = options.env['CXX']?.split(' ') ?? [];
  const paths = ['-shared', '-fPIC', `-I${join(deps, 'include')}`, `-L${join(deps, 'lib')}`, '-o', draft];
  const args = [...given, ...OPERATIONS_FLAGS, ...paths, ...sources, `-l:${FRAMEWORK}`, '-pthread'];
  try {
    const ended = await runProgram(compiler, args, { env: options.env, signal: options.signal, cwd: folder });
    if (options.signal.aborted) throw interrupted();
    if (ended.code !== 0) throw new Error(reasonOf(`${ended.stdout}\n${ended.stderr}`));
    copyWhole(draft, kept);
  } finally {
    rmSync(draft, { force: true });
  }
}
