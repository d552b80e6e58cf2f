import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { CIFAR10, type DatasetEntry } from '../../src/data/catalog.js';
import { ensureDataset, type Dataset, type Images } from '../../src/data/index.js';
import { elbowHome, homeFolders } from '../../src/paths.js';
import { uniforms } from '../../src/random.js';

/** `ELBOW_HOME/data` of this machine, CIFAR-10 in it. */
export async function realDataDir(): Promise<string> {
  await ensureDataset('cifar10', {
    env: process.env,
    signal: new AbortController().signal,
    note: () => undefined,
  });
  return homeFolders.data(elbowHome());
}

/**
 * Links of this machine's CIFAR-10, so that a test may remove or replace files without harm.
 * @param dataDir takes the part of `ELBOW_HOME/data`
 * @returns the folder of the links
 */
export async function linkCifar10(dataDir: string): Promise<string> {
  const real = join(await realDataDir(), CIFAR10.name);
  const folder = join(dataDir, CIFAR10.name);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(real)) symlinkSync(join(real, name), join(folder, name));
  return folder;
}

/** Few images that a network learns in a few steps: the higher the class, the more red, under noise. */
export function syntheticDataset(options: { perClass: number; testImages?: number }): Dataset {
  const entry: DatasetEntry = { ...CIFAR10, trainPerClass: options.perClass };
  return {
    entry,
    train: imagesOf(options.perClass * entry.classes.length, 1),
    test: imagesOf(options.testImages ?? 100, 2),
    digest: '0'.repeat(64),
  };
}

function imagesOf(count: number, seed: number): Images {
  const pixels = Uint8Array.from(uniforms(count * 3072, seed), (u) => Math.floor(u * 100));
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
  labels.forEach((label, i) => {
    for (let pixel = i * 3072; pixel < i * 3072 + 1024; pixel++) pixels[pixel]! += 15 * label;
  });
  return { pixels, labels };
}
