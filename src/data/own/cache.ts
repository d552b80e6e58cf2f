/**
 * Data sets of one's own, decoded, in folders `NAME-DIGEST` beside the published ones: `train.bin` and `test.bin`, the
 * examples of class 0 first, and the manifest. What is there is never changed: another content has another digest.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ElbowError } from '../../errors.js';
import type { AskedDataset } from '../../spec/types.js';
import { totalOf, type DatasetEntry } from '../catalog.js';
import {
  again,
  isComplete,
  readManifest,
  type DataFile,
  type DatasetLayout,
  type Manifest,
} from '../files.js';
import { packedImages, tableRows, type Images, type Labels } from '../images.js';

/** Hex digits of the digest in a folder's name. */
const SHORT = 16;

/** What a cached data set is. */
export interface OwnManifest extends Manifest {
  readonly own: {
    readonly kind: AskedDataset['kind'];
    /** Where it lay when it was decoded. */
    readonly path: string;
    /** Of the files it was decoded from; `digest` is that of the decoded ones. */
    readonly source: string;
    readonly image: readonly [number, number, number];
    readonly classes: readonly string[];
    readonly trainPerClass: readonly number[];
    readonly testPerClass: readonly number[];
    readonly mean: readonly number[];
    readonly std: readonly number[];
    readonly columns?: readonly string[];
    /** Files that are no images, by the SHA-256 of their content. */
    readonly undecodable: readonly { readonly hash: string; readonly reason: string }[];
    readonly notes: readonly string[];
  };
}

/** A name for a folder: the data set's own letters, and the digest that tells it from all others. */
export function cacheName(name: string, digest: string): string {
  const letters = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  return `${letters === '' ? 'data' : letters}-${digest.slice(0, SHORT)}`;
}

/**
 * The folder of a decoded data set, whatever it was called when it was decoded: a whole one before one that is damaged;
 * null where there is none.
 * @param root `ELBOW_HOME/data`
 */
export function findCache(root: string, digest: string): string | null {
  const folders = cacheFolders(root)
    .filter((name) => name.endsWith(`-${digest.slice(0, SHORT)}`))
    .map((name) => join(root, name));
  return folders.find((folder) => wholeCache(folder) !== null) ?? folders[0] ?? null;
}

/** What a folder holds; null when it is not whole. */
export function wholeCache(folder: string): CachedDataset | null {
  try {
    const manifest = readOwnManifest(folder);
    return isComplete(layoutOf(manifest), folder) ? { folder, manifest } : null;
  } catch (error) {
    if (error instanceof ElbowError) return null;
    throw error;
  }
}

function cacheFolders(root: string): string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .filter((name) => /^[a-z0-9-]+-[0-9a-f]{16}$/.test(name))
    .sort();
}

/** A data set of one's own that was decoded once. */
export interface CachedDataset {
  readonly folder: string;
  readonly manifest: OwnManifest;
}

/** All that are there and whole. A damaged one is named by whatever needs it. */
export const listCaches = (root: string): CachedDataset[] =>
  cacheFolders(root).flatMap((name) => wholeCache(join(root, name)) ?? []);

/** @throws ElbowError `data-missing`, `data-damaged` */
export function readOwnManifest(folder: string): OwnManifest {
  // Written by prepare.ts alone; without what is looked at here it is none of these.
  const manifest = readManifest(folder) as Partial<OwnManifest> & Manifest;
  const { own } = manifest;
  if (own && Array.isArray(own.classes) && Array.isArray(own.image)) return { ...manifest, own };
  throw new ElbowError(
    'data-damaged',
    `${join(folder, 'manifest.json')} is no manifest of a data set of one's own`,
    {
      hint: again(folder),
    },
  );
}

/** The facts of a decoded data set, as those of a published one. */
export function entryOf({ dataset, own }: OwnManifest, name = dataset): DatasetEntry {
  const [height, width, channels] = own.image;
  return {
    name,
    label: name,
    title: own.kind === 'csv' ? 'a table of numbers' : 'a folder of images',
    classes: own.classes,
    height,
    width,
    channels,
    padding: 0,
    trainPerClass: own.trainPerClass,
    testPerClass: own.testPerClass,
    mean: own.mean,
    std: own.std,
    source: own.path,
    ...(own.columns ? { columns: own.columns } : {}),
  };
}

/** Where its images or rows lie. */
export function layoutOf(manifest: OwnManifest, entry: DatasetEntry = entryOf(manifest)): DatasetLayout {
  const { height, width, channels, columns } = entry;
  const exampleBytes = height * width * channels * (columns ? Float32Array.BYTES_PER_ELEMENT : 1);
  const fileOf = (set: 'train' | 'test', perClass: readonly number[]): DataFile => ({
    name: `${set}.bin`,
    sizeBytes: totalOf(perClass) * exampleBytes,
  });
  const imagesOf = (bytes: Uint8Array, perClass: readonly number[]): Images =>
    columns ? tableRows(floatsOf(bytes), labelsOf(perClass)) : packedImages(bytes, labelsOf(perClass));
  return {
    entry,
    files: [fileOf('train', entry.trainPerClass), fileOf('test', entry.testPerClass)],
    imagesOf: (contents) => ({
      train: imagesOf(contents[0]!, entry.trainPerClass),
      test: imagesOf(contents[1]!, entry.testPerClass),
    }),
  };
}

/** A copy: small files lie anywhere in memory, and numbers must begin at a multiple of four. */
const floatsOf = (bytes: Uint8Array): Float32Array => new Float32Array(new Uint8Array(bytes).buffer);

function labelsOf(perClass: readonly number[]): Labels {
  const count = totalOf(perClass);
  const labels = perClass.length > 256 ? new Uint16Array(count) : new Uint8Array(count);
  let at = 0;
  for (const [label, ofClass] of perClass.entries()) {
    labels.fill(label, at, at + ofClass);
    at += ofClass;
  }
  return labels;
}
