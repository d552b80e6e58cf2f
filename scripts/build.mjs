/**
 * Installs the locked dependencies and builds, each only where something has changed. `npm run build` runs it alone;
 * `npm start` and `npm test` begin with it. Nothing but Node's own modules is used before the dependencies are there.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { trainingVersion, workflowsVersion } from './code-digest.mjs';
import { SetupError, checkPrerequisites } from './prerequisites.mjs';

export { SetupError, checkPrerequisites };

/** The folder of package.json. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const dist = join(root, 'dist');
const stampFile = join(dist, 'build.json');
const main = join(dist, 'src', 'cli', 'main.js');
const bundleFile = join(dist, 'workflow-bundle.js');

/**
 * Runs a command to its end. Its output goes to stderr, because stdout carries results; a quiet one's is shown only
 * when it fails.
 */
function run(what, command, args, { env = {}, isQuiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const output = isQuiet ? 'pipe' : 2;
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', output, output],
      env: { ...process.env, ...env },
    });
    const said = [];
    child.stdout?.on('data', (chunk) => said.push(chunk));
    child.stderr?.on('data', (chunk) => said.push(chunk));
    child.on('error', (error) => reject(new SetupError(`${what}: cannot run ${command}: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve();
      process.stderr.write(Buffer.concat(said));
      reject(new SetupError(`${what} failed (${command} ended with ${signal ?? code}); see above.`));
    });
  });
}

const readJson = (path) => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
};

/**
 * Whether node_modules holds exactly what the lockfile says: npm writes what it has installed into a lockfile of its
 * own when it is done, so that an installation that was broken off does not count.
 */
export function areDependenciesCurrent() {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (!wanted || !installed) return false;
  const names = Object.keys(wanted).filter((name) => name !== '');
  const areThere = names.every((name) => {
    const there = installed[name];
    // Optional ones are those of other platforms.
    if (!there)
      return (
        wanted[name].optional === true || wanted[name].devOptional === true || wanted[name].peer === true
      );
    return there.version === wanted[name].version && there.integrity === wanted[name].integrity;
  });
  return areThere && Object.keys(installed).every((name) => wanted[name]);
}

/** Installs the locked dependencies, without their install scripts, unless they are there. */
export async function installDependencies() {
  if (areDependenciesCurrent()) return;
  // A stack that runs from node_modules would lose its programs under its feet.
  if (existsSync(join(root, 'node_modules')) && existsSync(main)) {
    await run('elbow down', process.execPath, [main, 'down'], { isQuiet: true }).catch(() => undefined);
  }
  console.error('installing the dependencies of package-lock.json');
  await run('npm ci', 'npm', ['ci', '--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error']);
}

/** Files of a folder, by path, sorted; empty where there is none. */
function filesOf(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const isGenerated = (path) => relative(root, path).startsWith(join('src', 'storage', 'generated'));

/** Everything that the build reads. */
function inputs() {
  const folders = ['src', 'workflows', 'activities', 'bench', 'chaos', 'prisma'];
  const scripts = ['build.mjs', 'code-digest.mjs'].map((name) => join('scripts', name));
  const single = ['package-lock.json', 'package.json', 'tsconfig.json', 'tsconfig.api.json', ...scripts];
  return [
    ...folders.flatMap((name) => filesOf(join(root, name))),
    ...single.map((name) => join(root, name)),
  ].filter((path) => !isGenerated(path));
}

function inputsDigest() {
  const hash = createHash('sha256');
  for (const path of inputs())
    hash
      .update(`${relative(root, path)}\n`)
      .update(readFileSync(path))
      .update('\n');
  return hash.digest('hex');
}

/** Whether dist was built from the sources as they are. */
function isBuilt(digest) {
  const generated = join(root, 'src', 'storage', 'generated');
  return (
    readJson(stampFile)?.inputs === digest && [main, bundleFile, generated].every((path) => existsSync(path))
  );
}

/** Builds unless nothing has changed: Prisma's client, TypeScript, files beside it, the bundle of the workflows. */
export async function build() {
  const digest = inputsDigest();
  if (!isBuilt(digest)) {
    console.error('building');
    rmSync(stampFile, { force: true });
    const bin = (name) => join(root, 'node_modules', '.bin', name);
    // Generating the client needs no schema engine, but Prisma's CLI would fetch one.
    const env = {
      PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true',
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    };
    const generate = ['generate', '--config', 'prisma/prisma.config.ts', '--no-hints'];
    await run('prisma generate', bin('prisma'), generate, { env, isQuiet: true });
    removeStale();
    await run('tsc', bin('tsc'), ['-p', 'tsconfig.json']);
    copyBeside();
    // The declarations of `elbow/curves`, for those who import it.
    await Promise.all([bundleWorkflows(), run('tsc', bin('tsc'), ['-p', 'tsconfig.api.json'])]);
    const versions = { training: await trainingVersion(root), workflows: await workflowsVersion(root) };
    const stamp = { inputs: digest, builtAt: new Date().toISOString(), ...versions };
    writeFileSync(stampFile, `${JSON.stringify(stamp)}\n`);
  }
  linkCommand();
}

/** Compiled and copied files whose source is gone. */
function removeStale() {
  for (const name of ['src', 'workflows', 'activities', 'bench', 'chaos']) {
    for (const path of filesOf(join(dist, name))) {
      const source = join(root, relative(dist, path)).replace(/(\.d)?\.[jt]s(\.map)?$/, '.ts');
      if (!existsSync(source)) rmSync(path);
    }
  }
}

/** What the sources read at run time and the compiler leaves alone: presets and the like. */
function copyBeside() {
  for (const path of filesOf(join(root, 'src')).filter(
    (file) => !file.endsWith('.ts') && !isGenerated(file),
  )) {
    const target = join(dist, relative(root, path));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(path, target);
  }
}

/** The workflows as one file, so that a worker starts without bundling. */
async function bundleWorkflows() {
  const { DefaultLogger, bundleWorkflowCode } = await import(
    pathToFileURL(join(root, 'node_modules', '@temporalio', 'worker', 'lib', 'index.js')).href
  );
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(dist, 'workflows', 'index.js'),
    logger: new DefaultLogger('WARN'),
  });
  writeFileSync(bundleFile, code);
}

/** node_modules/.bin/elbow, so that `npx elbow` works in the checkout. */
function linkCommand() {
  const link = join(root, 'node_modules', '.bin', 'elbow');
  chmodSync(main, 0o755);
  rmSync(link, { force: true });
  symlinkSync(relative(dirname(link), main), link);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    checkPrerequisites();
    await installDependencies();
    await build();
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error);
    process.exitCode = error.exitCode ?? 1;
  }
}
