/**
 * A data set on disk: its published files, and a manifest with the digest of their content. The same for every data
 * set; what a file holds, and where the files come from, is said by the data set's own module.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ElbowError, messageOf } from '../errors.js';
import type { DatasetEntry } from './catalog.js';
import type { ImageSets } from './images.js';

export interface DataFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** In hex, where it was published. */
  readonly md5?: string;
}

/** The bytes of a file, in memory or mapped; @throws what `readFileSync` does */
export type ReadFile = (path: string) => Uint8Array;

/** What lies in the folder of a data set. */
export interface DatasetLayout {
  readonly entry: DatasetEntry;
  /** In the order in which the digest takes them. */
  readonly files: readonly DataFile[];
  /** What the files hold, given in that order and of the right sizes. Nothing is copied that need not be. */
  imagesOf(contents: readonly Uint8Array[]): ImageSets;
}

/** What one published data set has of its own. */
export interface DatasetSource extends DatasetLayout {
  /** A .tar.gz with the files, where their author still gives one away. */
  readonly archive?: { readonly file: string; readonly url: string; readonly md5: string };
  readonly package: {
    readonly name: string;
    readonly version: string;
    /** npm's base64. */
    readonly sha512: string;
    /** Writes the files into `draft`, from the package's content in `unpacked`. */
    extract(unpacked: string, draft: string): Promise<void>;
  };
}

export interface Manifest {
  readonly dataset: string;
  /** SHA-256 over the files, one behind the other, in hex. */
  readonly digest: string;
}

const manifestPath = (folder: string): string => join(folder, 'manifest.json');

/** What to do about files that are wrong. */
export const again = (folder: string): string =>
  `Remove the folder ${folder}; the next \`elbow run\` brings the data set again.`;

/** Whether a whole data set seems to be there: the manifest, and every file with its size. */
export function isComplete({ files }: DatasetLayout, folder: string): boolean {
  return (
    existsSync(manifestPath(folder)) &&
    files.every(
      ({ name, sizeBytes }) => statSync(join(folder, name), { throwIfNoEntry: false })?.size === sizeBytes,
    )
  );
}

/** @throws ElbowError `data-missing`, `data-damaged` */
export function readManifest(folder: string): Manifest {
  const path = manifestPath(folder);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ElbowError(
      'data-missing',
      `the data set's manifest ${path} cannot be read: ${messageOf(error)}`,
      { hint: again(folder), cause: error },
    );
  }
  try {
    // Written by writeManifest alone; another shape is as damaged as no JSON.
    const manifest = JSON.parse(text) as Manifest;
    if (/^[0-9a-f]{64}$/.test(manifest.digest)) return manifest;
  } catch {
    // Told below.
  }
  throw new ElbowError('data-damaged', `${path} is no manifest of a data set`, { hint: again(folder) });
}

export function writeManifest(folder: string, manifest: Manifest): void {
  writeFileSync(manifestPath(folder), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** The bytes of a file. @throws ElbowError `data-missing`, `data-damaged` when it has another size */
export function readDataFile(
  folder: string,
  { name, sizeBytes }: DataFile,
  read: ReadFile = readFileSync,
): Uint8Array {
  const path = join(folder, name);
  let bytes: Uint8Array;
  try {
    bytes = read(path);
  } catch (error) {
    throw new ElbowError('data-missing', `the data file ${path} cannot be read: ${messageOf(error)}`, {
      hint: again(folder),
      cause: error,
    });
  }
  if (bytes.length === sizeBytes) return bytes;
  throw new ElbowError('data-damaged', `expected ${sizeBytes} bytes in ${path}, got ${bytes.length}`, {
    hint: again(folder),
  });
}

/**
 * Reads all files, whatever they are.
 * @returns the images, and SHA-256 over the files in hex
 * @throws ElbowError `data-missing` and `data-damaged`, naming the file
 */
export function readFiles(
  layout: DatasetLayout,
  folder: string,
  read?: ReadFile,
): ImageSets & { readonly digest: string } {
  const contents = layout.files.map((file) => readDataFile(folder, file, read));
  const hash = createHash('sha256');
  for (const bytes of contents) hash.update(bytes);
  return { ...layout.imagesOf(contents), digest: hash.digest('hex') };
}

/**
 * Reads all files and checks them against the manifest.
 * @throws ElbowError as `readFiles`, and `data-damaged` when a byte has changed
 */
export function readChecked(
  source: DatasetLayout,
  folder: string,
  read?: ReadFile,
): ReturnType<typeof readFiles> {
  const { digest } = readManifest(folder);
  const found = readFiles(source, folder, read);
  if (found.digest === digest) return found;
  throw new ElbowError(
    'data-damaged',
    `the files in ${folder} are not what they were: expected SHA-256 ${digest}, got ${found.digest}`,
    { hint: again(folder) },
  );
}
