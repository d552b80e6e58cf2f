import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { CIFAR10, type DatasetEntry } from '../../src/data/catalog.js';
import { ensureDataset, packedImages, type Dataset, type Images } from '../../src/data/index.js';
import { elbowHome, homeFolders } from '../../src/paths.js';
import { uniforms } from '../../src/random.js';

/** `ELBOW_HOME/data` of this machine, the data set in it. */
export async function realDataDir(name = CIFAR10.name): Promise<string> {
  await ensureDataset(name, {
    env: process.env,
    signal: new AbortController().signal,
    note: () => undefined,
  });
  return homeFolders.data(elbowHome());
}

/**
 * Links of this machine's data set, so that a test may remove or replace files without harm.
 * @param dataDir takes the part of `ELBOW_HOME/data`
 * @returns the folder of the links
 */
export async function linkDataset(name: string, dataDir: string): Promise<string> {
  const real = join(await realDataDir(name), name);
  const folder = join(dataDir, name);
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(real)) symlinkSync(join(real, file), join(folder, file));
  return folder;
}

/** Few images that a network learns in a few steps: the higher the class, the more red, under noise. */
export function syntheticDataset({ perClass }: { perClass: number }): Dataset {
  const each = (count: number): number[] => CIFAR10.classes.map(() => count);
  const entry: DatasetEntry = {
    ...CIFAR10,
    trainPerClass: each(perClass),
    testPerClass: each(10),
  };
  return {
    entry,
    train: imagesOf(perClass * entry.classes.length, 1),
    test: imagesOf(10 * entry.classes.length, 2),
    digest: '0'.repeat(64),
  };
}

function imagesOf(count: number, seed: number): Images {
  const pixels = Uint8Array.from(uniforms(count * 3072, seed), (u) => Math.floor(u * 100));
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
  labels.forEach((label, i) => {
    for (let pixel = i * 3072; pixel < i * 3072 + 1024; pixel++) pixels[pixel]! += 15 * label;
  });
  return packedImages(pixels, labels);
}
