/** TensorFlow.js' native addon: compiled once, kept in ELBOW_HOME, linked to the library inside node_modules. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { ElbowError } from '../errors.js';
import { elbowHome, homeFolders } from '../paths.js';
import type { StackOptions } from './options.js';
import { TENSORFLOW_VERSION } from './parts.js';
import { interrupted, lastLines, runProgram } from './run-program.js';
import { FRAMEWORK, LIBRARY } from './tensorflow-library.js';
import { diskFull, isDiskFull, saysDiskFull } from './ways.js';

/** The version of Node's C interface the addon is built for; every Node since 12 has it, and newer ones keep it. */
const NAPI_VERSION = 8;

const require = createRequire(import.meta.url);

export interface Package {
  readonly folder: string;
  readonly version: string;
}

/** The installed TensorFlow.js package, found without loading it. */
export function tensorflowPackage(): Package {
  const manifest = require.resolve('@tensorflow/tfjs-node-gpu/package.json');
  const { version } = require(manifest) as { version: string };
  return { folder: dirname(manifest), version };
}

/** The addon inside the package. */
export const addonPath = (folder: string): string =>
  join(folder, 'lib', `napi-v${NAPI_VERSION}`, 'tfjs_binding.node');

/** The addon as it is kept: one per version of TensorFlow.js, TensorFlow and Node's C interface. */
export const keptAddon = (home: string, version: string): string =>
  join(
    homeFolders.parts(home),
    `tfjs-binding-${version}-tensorflow-${TENSORFLOW_VERSION}-napi-v${NAPI_VERSION}`,
    'tfjs_binding.node',
  );

/** Points the package at a library folder. */
export function linkLibrary(folder: string, library: string): void {
  const deps = join(folder, 'deps');
  rmSync(deps, { recursive: true, force: true });
  mkdirSync(join(deps, 'lib'), { recursive: true });
  mkdirSync(join(deps, 'include'), { recursive: true });
  for (const [name, file] of [
    ['libtensorflow.so', LIBRARY],
    [LIBRARY, LIBRARY],
    ['libtensorflow_framework.so', FRAMEWORK],
    [FRAMEWORK, FRAMEWORK],
  ] as const) {
    symlinkSync(join(library, file), join(deps, 'lib', name));
  }
  for (const name of ['tensorflow', 'tsl', 'xla']) {
    symlinkSync(join(library, 'include', name), join(deps, 'include', name));
  }
  // The library looks for CUDA beside the folder of the link it was loaded by.
  const nvidia = join(library, 'nvidia');
  if (existsSync(nvidia)) symlinkSync(nvidia, join(deps, 'nvidia'));
}

/**
 * Puts the addon into the package: the kept one, else compiled. The package must be linked to a library.
 * @throws ElbowError `install-prerequisite` without a compiler, `install-build` with the compiler's last lines
 */
export async function placeAddon(pack: Package, options: StackOptions): Promise<void> {
  const kept = keptAddon(elbowHome(options.env), pack.version);
  if (!existsSync(kept)) await compile(pack, kept, options);
  const path = addonPath(pack.folder);
  mkdirSync(dirname(path), { recursive: true });
  copyWhole(kept, path);
}

/**
 * Copies a file so that nobody sees a part of it.
 * @throws ElbowError `install-disk-full`
 */
export function copyWhole(from: string, to: string): void {
  const draft = `${to}.${process.pid}`;
  try {
    copyFileSync(from, draft);
    renameSync(draft, to);
  } catch (error) {
    rmSync(draft, { force: true });
    throw isDiskFull(error) ? diskFull('the TensorFlow.js addon', dirname(to), error) : error;
  }
}

/** Folders that hold `include/node` of this Node, so that no headers need to be fetched. */
export function headersFolder(
  execPath: string,
  exists: (path: string) => boolean = existsSync,
): string | null {
  const beside = dirname(dirname(execPath));
  // Node's interface for addons is the same in every release, so another Node's headers do too.
  return (
    [beside, '/usr', '/usr/local'].find((folder) => exists(join(folder, 'include/node/node_api.h'))) ?? null
  );
}

const onPath = (program: string, env: NodeJS.ProcessEnv): boolean =>
  (env['PATH'] ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, program)));

/** Programs that may compile C++, in the order of preference. */
const compilerNames = (env: NodeJS.ProcessEnv): readonly string[] =>
  env['CXX'] ? [env['CXX'].split(' ')[0]!] : ['g++', 'c++'];

/** The C++ compiler and the options that come with it, as a command line; null when there is none. */
export function findCompiler(env: NodeJS.ProcessEnv): readonly [string, ...string[]] | null {
  const found = compilerNames(env).find((name) =>
    name.includes('/') ? existsSync(name) : onPath(name, env),
  );
  return found === undefined ? null : [found, ...(env['CXX']?.split(' ').slice(1) ?? [])];
}

/** Compilers and make that are missing, as a message; null when all are there. */
export function missingToolchain(env: NodeJS.ProcessEnv): string | null {
  const missing = [
    ...(findCompiler(env) ? [] : [`a C++ compiler (${compilerNames(env).join(' or ')})`]),
    ...(onPath('make', env) ? [] : ['make']),
    ...(onPath('python3', env) ? [] : ['python3']),
  ];
  return missing.length === 0 ? null : missing.join(', ');
}

async function compile(pack: Package, kept: string, options: StackOptions): Promise<void> {
  const missing = missingToolchain(options.env);
  if (missing) {
    throw new ElbowError(
      'install-prerequisite',
      `compiling TensorFlow.js' addon needs ${missing}, not found on PATH`,
      {
        hint: 'On Debian or Ubuntu: apt-get install build-essential python3. On Fedora: dnf install gcc-c++ make python3.',
      },
    );
  }
  options.note("compiling TensorFlow.js' addon (about 10 s, once)");
  const gyp = join(dirname(require.resolve('node-gyp/package.json')), 'bin', 'node-gyp.js');
  const headers = headersFolder(process.execPath);
  const args = [
    gyp,
    'rebuild',
    '--module_name=tfjs_binding',
    `--module_path=${dirname(addonPath(pack.folder))}`,
  ];
  args.push(`--napi_build_version=${NAPI_VERSION}`, ...(headers ? [`--nodedir=${headers}`] : []));
  const ended = await runProgram(process.execPath, args, {
    env: options.env,
    signal: options.signal,
    cwd: pack.folder,
  });
  const said = `${ended.stdout}\n${ended.stderr}`;
  const build = join(pack.folder, 'build');
  if (ended.code !== 0 || !existsSync(addonPath(pack.folder))) {
    if (options.signal.aborted) throw interrupted();
    rmSync(build, { recursive: true, force: true });
    if (saysDiskFull(said)) throw diskFull("TensorFlow.js' addon", pack.folder);
    throw new ElbowError('install-build', `TensorFlow.js' addon could not be compiled:\n${reasonOf(said)}`, {
      hint: headers
        ? 'The compiler must know C++17 (g++ 9 or newer).'
        : `No Node headers were found beside ${process.execPath} nor in /usr/include/node, and they could not be fetched: install your distribution's Node headers (libnode-dev, nodejs-devel) or use the Node of nodejs.org, which brings them.`,
    });
  }
  mkdirSync(dirname(kept), { recursive: true });
  copyWhole(addonPath(pack.folder), kept);
  rmSync(build, { recursive: true, force: true });
}

/** The compiler's own errors, else node-gyp's last words. */
export function reasonOf(output: string): string {
  const errors = output
    .split('\n')
    .filter((line) =>
      /\b(fatal )?error\b|undefined reference|multiple definition|ERR! (stack|cwd)/i.test(line),
    );
  return lastLines((errors.length > 0 ? errors : [output]).join('\n'), 6);
}

/** Whether the package's links all lead somewhere. */
export function areLinksWhole(folder: string): boolean {
  const lib = join(folder, 'deps', 'lib');
  try {
    const names = readdirSync(lib);
    return names.length >= 4 && names.every((name) => existsSync(join(lib, name)));
  } catch {
    return false;
  }
}
