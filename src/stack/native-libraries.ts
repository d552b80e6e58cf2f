/** elbow's own libraries of C++: compiled once for each state of their sources, kept in ELBOW_HOME. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { asElbowError, messageOf } from '../errors.js';
import { FILES } from '../native-files.js';
import { compiledFile, digestOf, type NativeLibrary } from '../native-library.js';
import { OPERATIONS, canRunOperations } from '../native-operations.js';
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

interface Making {
  readonly library: NativeLibrary;
  /** What is kept is of this besides its sources: `-tensorflow-2.21.0`. */
  readonly suffix: string;
  /** For the compiler, beside those of the library. */
  readonly headers: readonly string[];
  readonly links: readonly string[];
  /** How long it takes, and what is done without it, as ends of sentences. */
  readonly duration: string;
  readonly without: string;
}

/**
 * Puts the operations into the package: kept ones, else compiled. Trainings run without them, only slower, so what cannot be
 * compiled is said and left. The package must be linked to a library of TensorFlow.
 * @returns why there are none, else null
 * @throws ElbowError `install-disk-full`, which a next try may not meet
 */
export async function placeOperations(pack: Package, options: StackOptions): Promise<string | null> {
  if (!canRunOperations()) {
    removeLibrary(OPERATIONS, pack);
    return 'the CPU has no AVX2 or no FMA';
  }
  const deps = join(pack.folder, 'deps');
  const making: Making = {
    library: OPERATIONS,
    suffix: `-tensorflow-${TENSORFLOW_VERSION}`,
    headers: [join(deps, 'include')],
    links: [`-L${join(deps, 'lib')}`, `-l:${FRAMEWORK}`, '-pthread'],
    duration: 'about 10 s, once',
    without: "trainings use TensorFlow's own, which take longer",
  };
  return place(making, pack, options);
}

/** Takes them out, where trainings run on a GPU. */
export const removeOperations = (pack: Package): void => removeLibrary(OPERATIONS, pack);

/**
 * Puts the addon that maps files into the package, as `placeOperations` does with them; without it files are read.
 * @returns why there is none, else null
 * @throws ElbowError `install-disk-full`
 */
export const placeFilesAddon = (pack: Package, options: StackOptions): Promise<string | null> =>
  place(
    {
      library: FILES,
      suffix: '',
      headers: [],
      links: [],
      duration: 'about 1 s, once',
      without: 'each trainer keeps a copy of the data',
    },
    pack,
    options,
  );

function removeLibrary({ name }: NativeLibrary, pack: Package): void {
  const folder = join(pack.folder, 'lib');
  for (const file of readdirSync(folder).filter((one) => one.startsWith(`${name}-`)))
    rmSync(join(folder, file));
}

async function place(making: Making, pack: Package, options: StackOptions): Promise<string | null> {
  const { library, suffix, without } = making;
  removeLibrary(library, pack);
  const path = compiledFile(library, pack.folder);
  const folder = `${library.name.replaceAll('_', '-')}-${digestOf(library)}${suffix}`;
  const kept = join(homeFolders.parts(elbowHome(options.env)), folder, `${library.name}.node`);
  try {
    if (!existsSync(kept)) await compile(making, kept, options);
    copyWhole(kept, path);
    return null;
  } catch (error) {
    if (options.signal.aborted || asElbowError(error, 'install-build').code === 'install-disk-full')
      throw error;
    const reason = `${library.title} could not be compiled: ${messageOf(error)}`;
    options.note(`${reason}; ${without}`);
    return reason;
  }
}

async function compile(making: Making, kept: string, options: StackOptions): Promise<void> {
  const { library, duration } = making;
  const compiler = findCompiler(options.env);
  if (!compiler) throw new Error(`${missingToolchain(options.env)} not found on PATH`);
  options.note(`compiling ${library.title} (${duration})`);
  mkdirSync(dirname(kept), { recursive: true });
  const sources = readdirSync(library.sources).filter((name) => name.endsWith('.cc'));
  const draft = `${kept}.${process.pid}`;
  const headers = [...making.headers, nodeHeaders()].map((path) => `-I${path}`);
  const [program, ...given] = compiler;
  const paths = ['-shared', '-fPIC', ...headers, '-o', draft];
  const args = [...given, ...library.flags, ...paths, ...sources, ...making.links];
  try {
    const ended = await runProgram(program, args, {
      env: options.env,
      signal: options.signal,
      cwd: library.sources,
    });
    if (options.signal.aborted) throw interrupted();
    const said = `${ended.stdout}\n${ended.stderr}`;
    if (saysDiskFull(said)) throw diskFull(library.title, dirname(kept));
    if (ended.code !== 0) throw new Error(reasonOf(said));
    copyWhole(draft, kept);
  } finally {
    rmSync(draft, { force: true });
  }
}
