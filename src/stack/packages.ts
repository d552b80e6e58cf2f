/** Packages brought by the registries' own clients: `pip download` and `npm pack`. */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ElbowError } from '../errors.js';
import { elbowHome, homeFolders } from '../paths.js';
import { checkDigest } from './digest.js';
import { withLock } from './lock.js';
import type { StackOptions } from './options.js';
import { WHEEL_TAGS } from './parts.js';
import type { Wheel } from './parts.js';
import { byteProgress } from './progress.js';
import { lastLines, runProgram } from './run-program.js';
import { diskFull, firstWay, saysDiskFull } from './ways.js';

/** A folder in which a client works: what a killed one left is cleared, and TMPDIR is on the disk the part goes to. */
function freshFolder(path: string): string {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(join(path, 'tmp'), { recursive: true });
  return path;
}

/** Bytes of all files below a folder; what vanishes meanwhile counts as nothing. */
function bytesBelow(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile())
      bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

interface ClientOptions extends StackOptions {
  /** As it stands in messages: `pip download`. */
  readonly client: string;
  readonly what: string;
  readonly folder: string;
  readonly sizeBytes: number | null;
}

/** Runs a client while the bytes that arrive in its folder are told, and makes an error of its failure. */
async function runClient(program: string, args: readonly string[], options: ClientOptions): Promise<void> {
  const progress = byteProgress(options.what, options.sizeBytes, (line) => options.note(line));
  const timer = setInterval(() => {
    try {
      progress(bytesBelow(options.folder));
    } catch {
      // The client removed a folder in this instant; the next look will do.
    }
  }, 1_000);
  try {
    const ended = await runProgram(program, args, {
      env: { ...options.env, TMPDIR: join(options.folder, 'tmp') },
      signal: options.signal,
      cwd: options.folder,
    });
    if (ended.code === 0) return;
    const said = `${ended.stderr}\n${ended.stdout}`;
    if (saysDiskFull(said)) throw diskFull(options.what, dirname(options.folder));
    throw new ElbowError(
      'install-unavailable',
      `${options.client} ended with ${ended.code}: ${reasonOf(said)}`,
    );
  } finally {
    clearInterval(timer);
  }
}

/** Why a client failed: what the network said, and the client's own error lines, without its advertisements. */
function reasonOf(output: string): string {
  const network = /\[Errno -?\d+\] [^')\n]+|ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|timed out/i.exec(
    output,
  )?.[0];
  const errors = output
    .split('\n')
    .filter((line) => /^(npm )?(ERROR|error)\b|ERR!/.test(line) && !/complete log|_logs/.test(line));
  const chosen = errors.length > 0 ? errors.slice(-2) : [output];
  return [...(network ? [network] : []), lastLines(chosen.join('\n'), 2).replaceAll('\n', '; ')].join('; ');
}

/**
 * Brings a wheel with `pip download` and checks it.
 * @returns the wheel's path, in a folder of its own below ELBOW_HOME/parts which the caller removes
 * @throws ElbowError `install-unavailable`, `install-digest`, `install-disk-full`, `install-prerequisite`, `interrupted`
 */
export async function downloadWheel(wheel: Wheel, options: StackOptions): Promise<string> {
  const what = `${wheel.name} ${wheel.version}`;
  const folder = freshFolder(
    join(homeFolders.parts(elbowHome(options.env)), `.wheel-${wheel.name}-${wheel.version}`),
  );
  options.note(
    `bringing ${what} with pip${wheel.sizeBytes ? ` (${Math.round(wheel.sizeBytes / 1e6)} MB)` : ''}`,
  );
  const platforms = WHEEL_TAGS.platforms.flatMap((platform) => ['--platform', platform]);
  const args = ['-m', 'pip', 'download', '--no-deps', '--no-input', '--disable-pip-version-check', '--quiet'];
  args.push('--only-binary=:all:', '--python-version', WHEEL_TAGS.pythonVersion);
  args.push(
    '--implementation',
    WHEEL_TAGS.implementation,
    '--abi',
    WHEEL_TAGS.abi,
    '--abi',
    'none',
    ...platforms,
  );
  args.push('--dest', folder, `${wheel.name}==${wheel.version}`);
  try {
    const sizeBytes = wheel.sizeBytes ?? null;
    await runClient('python3', args, { ...options, client: 'pip download', what, folder, sizeBytes });
    const file = readdirSync(folder).find((name) => name.endsWith('.whl'));
    if (!file) throw new ElbowError('install-unavailable', `pip brought no wheel of ${what}`);
    const path = join(folder, file);
    await checkDigest(path, what, { kind: 'sha256', hex: wheel.sha256 }, options.signal);
    return path;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

export interface NpmPackageOptions extends StackOptions {
  readonly name: string;
  readonly version: string;
  /** Hex or npm's base64, with or without `sha512-` before it. */
  readonly sha512?: string;
  /** Bytes of the package, for the progress. */
  readonly sizeBytes?: number;
}

/**
 * Brings a package with `npm pack`, without installing it, unless it is there.
 * @returns path of the checked .tgz in ELBOW_HOME/parts
 * @throws ElbowError as `downloadWheel`
 */
export async function obtainNpmPackage(options: NpmPackageOptions): Promise<string> {
  const parts = homeFolders.parts(elbowHome(options.env));
  mkdirSync(parts, { recursive: true });
  const flat = options.name.replace(/^@/, '').replace('/', '-');
  const path = join(parts, `${flat}-${options.version}.tgz`);
  const what = `${options.name} ${options.version}`;
  const check = async (file: string): Promise<void> => {
    if (options.sha512 === undefined) return;
    await checkDigest(file, what, { kind: 'sha512', hex: hexOf(options.sha512) }, options.signal);
  };
  return withLock(`part ${path}`, { signal: options.signal }, async () => {
    if (isFile(path)) {
      // One that was damaged since is removed by the check, and brought anew.
      const isSound = await check(path).then(
        () => true,
        () => false,
      );
      if (isSound) return path;
    }
    const bring = async (): Promise<string> => {
      const folder = freshFolder(join(parts, `.npm-${flat}-${options.version}`));
      options.note(`bringing ${what} with npm pack`);
      try {
        const args = [
          'pack',
          `${options.name}@${options.version}`,
          '--pack-destination',
          folder,
          '--loglevel=error',
        ];
        const sizeBytes = options.sizeBytes ?? null;
        await runClient('npm', args, { ...options, client: 'npm pack', what, folder, sizeBytes });
        const file = readdirSync(folder).find((name) => name.endsWith('.tgz'));
        if (!file) throw new ElbowError('install-unavailable', `npm pack brought no file of ${what}`);
        await check(join(folder, file));
        renameSync(join(folder, file), path);
        return path;
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    };
    return firstWay(
      what,
      [{ name: 'npm pack', bring }],
      `Put ${flat}-${options.version}.tgz at ${path} by hand.`,
    );
  });
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

function hexOf(digest: string): string {
  const plain = digest.replace(/^sha512-/, '');
  return /^[0-9a-f]{128}$/i.test(plain) ? plain.toLowerCase() : Buffer.from(plain, 'base64').toString('hex');
}
