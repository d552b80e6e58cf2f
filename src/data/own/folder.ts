/** A folder of images: `class/*.png`, or `train/class/*` and `test/class/*`. Looked at and hashed; nothing is decoded. */
import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import pMap from 'p-map';
import { ElbowError } from '../../errors.js';
import type { AskedFolder } from '../../spec/types.js';
import { decodePicture, planesOf, UndecodablePicture } from '../picture.js';
import type { Example, SetName } from './examples.js';
import {
  UnreadableFile,
  errnoOf,
  expectNotAborted,
  unusablePath,
  type LookOptions,
  type OwnSource,
  type Unreadable,
} from './source.js';

const ENDINGS: ReadonlySet<string> = new Set(['.png', '.jpg', '.jpeg', '.webp']);
const SETS: readonly SetName[] = ['train', 'test'];
/** A picture of 100 megapixels is smaller than this; whatever is larger was not meant to be one. */
const MOST_BYTES = 512 * 1024 * 1024;
const FILES_AT_ONCE = 8;
/** Changes whenever the same file would be decoded to other bytes. */
const DECODING = 1;

interface Candidate {
  readonly path: string;
  readonly className: string;
  readonly set: SetName | null;
}

/** What lies in the folder besides images of classes. */
class Ignored {
  private readonly counts = new Map<string, number>();

  add(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  notes(): string[] {
    const parts = [...this.counts].map(([what, count]) => `${what} (${count.toLocaleString('en-US')})`);
    return parts.length === 0 ? [] : [`left out: ${parts.join(', ')}`];
  }
}

/**
 * Looks at a folder of images.
 * @throws ElbowError `data-unusable` when there is no such folder, it must not be read, or has no images in folders of
 *   classes; `interrupted`
 */
export async function lookAtFolder(asked: AskedFolder, options: LookOptions): Promise<OwnSource> {
  const { path, size, channels } = asked;
  const ignored = new Ignored();
  const { candidates, isFixed } = await findCandidates(path, ignored);
  const files: (Example & { readonly path: string })[] = [];
  const unreadable: Unreadable[] = [];
  const look = async (candidate: Candidate): Promise<void> => {
    expectNotAborted(options.signal);
    const place = relative(path, candidate.path);
    const found = await hashFile(candidate.path);
    if ('hash' in found) files.push({ ...candidate, place, hash: found.hash });
    else unreadable.push({ file: place, reason: found.reason });
  };
  await pMap(candidates, look, { concurrency: FILES_AT_ONCE });
  files.sort((a, b) => (a.place < b.place ? -1 : 1));
  unreadable.sort((a, b) => (a.file < b.file ? -1 : 1));
  return {
    noun: 'image',
    how: { kind: 'folder', decoding: DECODING, size, channels, test: isFixed ? null : asked.test },
    examples: files,
    isFixed,
    image: [size, size, channels],
    unreadable,
    notes: ignored.notes(),
    read: async (index) => {
      const file = files[index]!;
      const bytes = await readFile(file.path);
      if (sha256(bytes) !== file.hash) throw new UnreadableFile('it was changed while it was read');
      return imageOf(bytes, { height: size, width: size, channels });
    },
  };
}

/** @throws UnreadableFile with the reason */
async function imageOf(
  file: Uint8Array,
  size: { readonly height: number; readonly width: number; readonly channels: 1 | 3 },
): Promise<Uint8Array> {
  try {
    return planesOf((await decodePicture(file, size, ['png', 'jpeg', 'webp'])).bytes, size);
  } catch (error) {
    if (!(error instanceof UndecodablePicture)) throw error;
    throw new UnreadableFile(error.message, { cause: error });
  }
}

async function findCandidates(
  path: string,
  ignored: Ignored,
): Promise<{ candidates: Candidate[]; isFixed: boolean }> {
  const top = await entriesOf(path, 'folder');
  const isFixed = SETS.every((set) => top.folders.includes(set));
  if (isFixed)
    for (const name of top.folders.filter((one) => one !== 'train' && one !== 'test'))
      ignored.add(`the folder ${name}`);
  const roots = isFixed ? SETS.map((set) => ({ root: join(path, set), set })) : [{ root: path, set: null }];
  const candidates: Candidate[] = [];
  const empty: string[] = [];
  for (const { root, set } of roots) {
    const { folders, files } = isFixed ? await entriesOf(root, 'folder') : top;
    if (folders.length === 0) throw noClasses(root, files);
    for (const file of files)
      ignored.add(isImage(file) ? 'images outside the folders of classes' : endingText(file));
    for (const className of folders) {
      const folder = join(root, className);
      const inside = await entriesOf(folder, 'folder');
      inside.folders.forEach(() => ignored.add('folders within those of classes'));
      const images = inside.files.filter(isImage);
      for (const file of inside.files) if (!isImage(file)) ignored.add(endingText(file));
      if (images.length === 0) empty.push(relative(path, folder));
      for (const file of images) candidates.push({ path: join(folder, file), className, set });
    }
  }
  if (empty.length > 0) throw emptyClasses(path, empty);
  return { candidates, isFixed };
}

const isImage = (file: string): boolean => ENDINGS.has(extname(file).toLowerCase());

function endingText(file: string): string {
  const ending = extname(file).toLowerCase();
  return ending === '' ? 'files without an ending' : `files ending in ${ending}`;
}

/** Names in a folder, sorted, without hidden ones. A link is what it leads to. */
async function entriesOf(path: string, what: string): Promise<{ folders: string[]; files: string[] }> {
  let entries: Dirent[];
  try {
    entries = await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') {
      throw new ElbowError('data-unusable', `expected a folder of images, got a file: ${path}`, {
        hint: 'A table of numbers is named so: `dataset: { csv: ./rows.csv }`.',
        cause: error,
      });
    }
    throw unusablePath(path, what, error);
  }
  const folders: string[] = [];
  const files: string[] = [];
  for (const entry of entries) {
    // Such as .DS_Store, and what an archive of macOS leaves behind.
    if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue;
    const isFolder = entry.isSymbolicLink()
      ? await leadsToFolder(join(path, entry.name))
      : entry.isDirectory();
    (isFolder ? folders : files).push(entry.name);
  }
  return { folders: folders.sort(), files: files.sort() };
}

async function leadsToFolder(link: string): Promise<boolean> {
  // A link that leads nowhere is named when its file is read.
  return stat(link).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function noClasses(root: string, files: readonly string[]): ElbowError {
  const images = files.filter(isImage).length;
  const came =
    images > 0
      ? `images outside of any (${images.toLocaleString('en-US')})`
      : files.length > 0
        ? 'none'
        : 'nothing';
  return new ElbowError('data-unusable', `expected a folder for each class in ${root}, got ${came}`, {
    hint: 'Put the images of each class into a folder of its own: cats/1.png, dogs/1.png.',
  });
}

function emptyClasses(path: string, empty: readonly string[]): ElbowError {
  const named = empty.slice(0, 10).join(', ') + (empty.length > 10 ? ', …' : '');
  const noun = empty.length === 1 ? 'this class has' : `these ${empty.length} classes have`;
  return new ElbowError('data-unusable', `${noun} no images in ${path}: ${named}`, {
    hint:
      'Images are .png, .jpg, .jpeg or .webp and lie directly in the folder of their class. ' +
      'Take empty folders away; for a test set of your own, have both train/ and test/.',
  });
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function hashFile(path: string): Promise<{ hash: string } | { reason: string }> {
  try {
    const info = await stat(path);
    if (!info.isFile()) return { reason: 'it is no plain file' };
    if (info.size === 0) return { reason: 'it is empty' };
    if (info.size > MOST_BYTES) return { reason: 'it is larger than 512 MiB' };
    return { hash: sha256(await readFile(path)) };
  } catch (error) {
    switch (errnoOf(error)) {
      case 'ENOENT':
        return { reason: 'it is a link that leads nowhere' };
      case 'EACCES':
      case 'EPERM':
        return { reason: 'it must not be read by this user' };
      default:
        return { reason: String(error) };
    }
  }
}
