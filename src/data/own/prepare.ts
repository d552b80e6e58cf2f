/** A data set of one's own: looked at each time, decoded once. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import pMap from 'p-map';
import { ElbowError } from '../../errors.js';
import type { AskedDataset, OwnDataset } from '../../spec/types.js';
import { withLock } from '../../stack/index.js';
import { placesOf, putTogether } from '../draft.js';
import { writeManifest } from '../files.js';
import {
  cacheName,
  findCache,
  readOwnManifest,
  wholeCache,
  type CachedDataset,
  type OwnManifest,
} from './cache.js';
import {
  assignSets,
  classNames,
  digestOf,
  duplicateNotes,
  expectUsable,
  type ByClass,
  type Example,
} from './examples.js';
import { lookAtFolder } from './folder.js';
import { exampleMoments } from './moments.js';
import {
  UnreadableFile,
  expectNotAborted,
  type LookOptions,
  type OwnSource,
  type Unreadable,
} from './source.js';
import { lookAtTable } from './table.js';

/** The most that Node reads of one file at once. */
const MOST_BYTES = 2 ** 31 - 1;
/** Each decodes one picture, which may take 300 MB. */
const MOST_DECODERS = 4;
const PROGRESS_MS = 5_000;
/** Below this, one image more or less is more than a hundredth of test accuracy. */
const FEW_TEST_EXAMPLES = 100;

export interface PrepareOptions extends LookOptions {
  /** `ELBOW_HOME/data`. */
  readonly dataDir: string;
}

/** A data set of one's own that can be trained on. */
export interface Prepared extends CachedDataset {
  readonly dataset: OwnDataset;
  /** Files that are left out. */
  readonly unreadable: readonly Unreadable[];
  /** What is worth knowing of it, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Looks at a folder or table, and decodes it unless that was done: the same content is found again wherever it lies.
 * @throws ElbowError `data-unusable` when it cannot be used, or has files that cannot be read and these are not to be
 *   skipped; `install-disk-full`; `interrupted`
 */
export async function prepareDataset(asked: AskedDataset, options: PrepareOptions): Promise<Prepared> {
  const { dataDir, signal } = options;
  const source =
    asked.kind === 'folder' ? await lookAtFolder(asked, options) : await lookAtTable(asked, options);
  const usable = { path: asked.path, noun: source.noun, isFixed: source.isFixed };
  expectUsable(source.examples, usable);
  const digest = digestOf(source.how, source.examples);
  const onWait = (): void => options.note(`another elbow is decoding ${asked.path}; waiting for it`);
  const { folder, manifest } =
    decoded(dataDir, digest) ??
    (await withLock(`data ${join(dataDir, digest)}`, { signal, onWait }, async () => {
      return decoded(dataDir, digest) ?? decode(asked, source, digest, options);
    }));
  // It may have been decoded where the same files had other names.
  const undecodable = undecodableOf(source, manifest.own.undecodable);
  const unreadable = [...source.unreadable, ...undecodable.map(({ file, reason }) => ({ file, reason }))];
  if (asked.kind === 'folder' && asked.unreadable === 'refuse') refuseUnreadable(asked.path, unreadable);
  const { image, classes, trainPerClass, testPerClass } = manifest.own;
  const dataset: OwnDataset = { ...asked, digest, classes, image, trainPerClass, testPerClass };
  const hashes = new Set(undecodable.map(({ hash }) => hash));
  const readable = source.examples.filter(({ hash }) => !hashes.has(hash));
  const notes = [...source.notes, ...duplicateNotes(readable, source.noun), ...manifest.own.notes];
  return { folder, manifest, dataset, unreadable, notes };
}

/** Files that are no images, with the names that they have now. */
const undecodableOf = (
  { examples }: OwnSource,
  known: OwnManifest['own']['undecodable'],
): (Unreadable & { readonly hash: string })[] => {
  const reasons = new Map(known.map(({ hash, reason }) => [hash, reason]));
  return examples.flatMap(({ place, hash }) => {
    const reason = reasons.get(hash);
    return reason === undefined ? [] : [{ file: place, reason, hash }];
  });
};

function decoded(dataDir: string, digest: string): CachedDataset | null {
  const folder = findCache(dataDir, digest);
  return folder === null ? null : wholeCache(folder);
}

function refuseUnreadable(path: string, unreadable: readonly Unreadable[]): void {
  const [first, ...others] = unreadable;
  if (!first) return;
  const error = ({ file, reason }: Unreadable, rest: object = {}): ElbowError =>
    new ElbowError('data-unusable', `${join(path, file)} cannot be read as an image: ${reason}`, rest);
  throw error(first, {
    others: others.map((one) => error(one)),
    hint: `Repair or remove ${unreadable.length === 1 ? 'this file' : 'these files'}, or leave such files out: \`unreadable: skip\`.`,
  });
}

async function decode(
  asked: AskedDataset,
  source: OwnSource,
  digest: string,
  options: PrepareOptions,
): Promise<CachedDataset> {
  const contents = new Map<Example, Uint8Array>();
  const unreadable: (Unreadable & { readonly hash: string })[] = [];
  expectFits(asked, source);
  await pMap(
    source.examples,
    reader(source, options, (example, read) => {
      if (read instanceof UnreadableFile)
        unreadable.push({ file: example.place, hash: example.hash, reason: read.message });
      else contents.set(example, read);
    }),
    { concurrency: Math.min(MOST_DECODERS, availableParallelism()) },
  );
  unreadable.sort((a, b) => (a.file < b.file ? -1 : 1));
  const examples = source.examples.filter((example) => contents.has(example));
  try {
    expectUsable(examples, { path: asked.path, noun: source.noun, isFixed: source.isFixed });
  } catch (error) {
    // That files cannot be read is why.
    refuseUnreadable(asked.path, unreadable);
    throw error;
  }
  const classes = classNames(examples);
  const sets = assignSets(examples, classes, asked.test);
  const places = placesOf(options.dataDir, cacheName(asked.name, digest));
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  await putTogether(`the data set ${asked.name}`, places, async () => {
    const hash = createHash('sha256');
    const write = (name: string, byClass: ByClass<Example>): Buffer => {
      const bytes = Buffer.concat(byClass.flat().map((example) => contents.get(example)!));
      hash.update(bytes);
      writeFileSync(join(places.draft, name), bytes);
      return bytes;
    };
    const train = write('train.bin', sets.train);
    const testCount = write('test.bin', sets.test).length / (train.length / sets.train.flat().length);
    const { mean, std, constant } = exampleMoments(train, source);
    const manifest: OwnManifest = {
      dataset: asked.name,
      digest: hash.digest('hex'),
      own: {
        kind: asked.kind,
        path: asked.path,
        source: digest,
        image: source.image,
        classes,
        trainPerClass: sets.train.map((own) => own.length),
        testPerClass: sets.test.map((own) => own.length),
        mean,
        std,
        ...(source.columns ? { columns: source.columns } : {}),
        undecodable: unreadable.map(({ hash, reason }) => ({ hash, reason })),
        notes: [
          ...(constant === null ? [] : [constant]),
          ...(testCount < FEW_TEST_EXAMPLES
            ? [
                `${testCount} test ${source.noun}s: test accuracy moves in steps of ${(1 / testCount).toFixed(3)}`,
              ]
            : []),
        ],
      },
    };
    writeManifest(places.draft, manifest);
  });
  return { folder: places.folder, manifest: readOwnManifest(places.folder) };
}

/** Reads an example, and tells now and then how many are done. */
function reader(
  source: OwnSource,
  options: LookOptions,
  see: (example: Example, read: Uint8Array | UnreadableFile) => void,
): (example: Example, index: number) => Promise<void> {
  let done = 0;
  let last = performance.now();
  return async (example, index) => {
    expectNotAborted(options.signal);
    try {
      see(example, await source.read(index));
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      see(example, error);
    }
    done++;
    if (performance.now() - last < PROGRESS_MS) return;
    last = performance.now();
    options.note(
      `decoding: ${done.toLocaleString('en-US')} of ${source.examples.length.toLocaleString('en-US')} ${source.noun}s`,
    );
  };
}

/** @throws ElbowError `data-unusable` when a set might be larger than a file may be */
function expectFits({ path, kind }: AskedDataset, { examples, image, noun }: OwnSource): void {
  const bytes = examples.length * image.reduce((product, n) => product * n, kind === 'csv' ? 4 : 1);
  if (bytes <= MOST_BYTES) return;
  throw new ElbowError(
    'data-unusable',
    `expected at most 2 GiB of decoded ${noun}s in ${path}, got ${(bytes / 2 ** 30).toFixed(1)} GiB`,
    { hint: kind === 'csv' ? 'Leave rows or columns out.' : 'Choose a smaller `size`, or fewer images.' },
  );
}
