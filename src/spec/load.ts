/** Sweep files and presets from disk. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ElbowError, messageOf } from '../errors.js';
import { packageRoot } from '../paths.js';
import { countTrials } from './arms.js';
import { nearestName } from './nearest.js';
import { parseSweep, requestedDataset, type DatasetRequest } from './parse.js';
import type { Settings } from './settings.js';
import { MOST_BYTES } from './source.js';
import type { AskedDataset, OwnDataset, SweepSpec } from './types.js';

/** The presets' sources; they are read as they are, from wherever elbow runs. */
const presetFolder = join(packageRoot, 'src', 'spec', 'presets');

export interface Preset {
  readonly name: string;
  /** The comment that its file begins with. */
  readonly description: string;
  readonly trials: number;
  readonly spec: SweepSpec;
  /** Its file's text. */
  readonly source: string;
}

export interface LoadOptions extends Settings {
  /** Folder that relative paths start from; the process's own if left out. */
  readonly cwd?: string;
  /** Looks at a data set of one's own, which the sweep file may ask for. */
  readonly prepare?: (asked: AskedDataset) => Promise<OwnDataset>;
}

/** A sweep file, parsed, with its text and what it is called in messages. */
export interface LoadedSweep {
  readonly spec: SweepSpec;
  readonly source: string;
  readonly file: string;
}

/**
 * Reads and parses a sweep file, or the preset of that name (a bare name without a dot or slash is a preset first).
 * @throws ElbowError `spec-unreadable`, `spec-invalid`, or `usage` for options that do not apply; what `prepare` throws
 */
export async function loadSweep(fileOrPreset: string, options: LoadOptions = {}): Promise<LoadedSweep> {
  const isPreset = (await presetNames()).includes(fileOrPreset);
  const path = isPreset
    ? join(presetFolder, `${fileOrPreset}.yaml`)
    : resolve(options.cwd ?? process.cwd(), fileOrPreset);
  const file = isPreset ? `preset ${fileOrPreset}` : fileOrPreset;
  const source = await readSource(path, fileOrPreset);
  const cwd = options.cwd ?? process.cwd();
  const paths = { folder: dirname(path), cwd };
  const request = requestedDataset(source, file, { ...options, ...paths });
  const own = request === null ? {} : { own: await lookAt(request, options.prepare) };
  return { spec: parseSweep(source, file, { ...options, ...own, paths }), source, file };
}

/** What is wrong with a data set is told where the sweep file asks for it, unless it stands in a file of its own. */
async function lookAt(
  { asked, where }: DatasetRequest,
  prepare: LoadOptions['prepare'],
): Promise<OwnDataset> {
  if (!prepare) throw new ElbowError('bug', `nobody looks at the data set ${asked.path} here`);
  try {
    return await prepare(asked);
  } catch (error) {
    if (!(error instanceof ElbowError) || error.code !== 'data-unusable' || error.where) throw error;
    const { code, message, hint, others } = error;
    throw new ElbowError(code, message, {
      ...(hint === undefined ? {} : { hint }),
      where,
      others,
      cause: error,
    });
  }
}

/** All presets by name, alphabetically. */
export async function listPresets(): Promise<Preset[]> {
  return Promise.all(
    (await presetNames()).map(async (name) => {
      const { spec, source } = await loadSweep(name);
      return { name, description: firstComment(source), trials: countTrials(spec), spec, source };
    }),
  );
}

async function presetNames(): Promise<string[]> {
  const files = await readdir(presetFolder);
  return files
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort();
}

function firstComment(source: string): string {
  const lines = source.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('#'));
  return lines
    .slice(0, end < 0 ? lines.length : end)
    .map((line) => line.replace(/^#\s*/, ''))
    .join(' ')
    .trim();
}

/** Reads a file's text; its size is looked at first, so that a huge one is never read. */
async function readSource(path: string, asked: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    const info = await stat(path);
    if (info.isDirectory())
      throw unreadable(`expected a sweep file, got a folder: ${asked}`, await nearbyHint(asked, path));
    if (!info.isFile())
      throw unreadable(`expected a sweep file, got something that is no plain file: ${asked}`);
    if (info.size > MOST_BYTES) {
      const mebibytes = (info.size / MOST_BYTES).toFixed(1);
      throw new ElbowError('spec-invalid', `expected a sweep file of at most 1 MiB, got ${mebibytes} MiB`, {
        where: { file: asked },
        hint: 'A sweep file is a page of YAML text.',
      });
    }
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof ElbowError) throw error;
    throw await readFailure(error, path, asked);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ElbowError('spec-invalid', 'expected a sweep file in YAML (UTF-8 text), got binary data', {
      where: { file: asked, line: 1, column: 1 },
      cause: error,
    });
  }
}

async function readFailure(error: unknown, path: string, asked: string): Promise<ElbowError> {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return unreadable(
      `there is no sweep file and no preset called ${asked}`,
      await nearbyHint(asked, path),
      error,
    );
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return unreadable(
      `the sweep file ${asked} must not be read by this user`,
      `Check its mode: ls -l ${asked}`,
      error,
    );
  }
  return unreadable(`the sweep file ${asked} cannot be read: ${messageOf(error)}`, undefined, error);
}

/** Presets and sweep files with a name like the one asked for. */
async function nearbyHint(asked: string, path: string): Promise<string> {
  const presets = await presetNames();
  const bare = basename(asked).replace(/\.ya?ml$/, '');
  const preset = nearestName(bare, presets);
  const siblings = await readdir(dirname(path)).catch(() => []);
  const files = siblings.filter((file) => /\.ya?ml$/.test(file));
  const file =
    nearestName(basename(asked), files) ?? files.find((one) => one.replace(/\.ya?ml$/, '') === bare);
  const guesses = [
    ...(preset === null ? [] : [`the preset \`${preset}\``]),
    ...(file === undefined || file === null ? [] : [`the file \`${join(dirname(asked), file)}\``]),
  ];
  const known = `Presets: ${presets.join(', ')}.`;
  return guesses.length === 0 ? known : `Did you mean ${guesses.join(' or ')}? ${known}`;
}

function unreadable(message: string, hint?: string, cause?: unknown): ElbowError {
  return new ElbowError('spec-unreadable', message, {
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}
