/** Trained networks, exported, with elbow's own answers to compare others' with. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { loadDataset, type Dataset, type Images } from '../../src/data/index.js';
import { exportFormats, writeExport, type ExportFormat } from '../../src/export/index.js';
import { initialiserOf, readModel, type ModelPlace, type TrainedModel } from '../../src/models/index.js';
import type { ArmParams, OwnNetworks } from '../../src/spec/types.js';
import { buildNetwork } from '../../src/training/build.js';
import { streamImages } from '../../src/training/images.js';
import { train } from '../../src/training/index.js';
import { realDataDir } from '../support/dataset.js';
import { trainHooks, trainRequest } from '../support/training.js';

export const IMAGES = 64;

const first = (images: Images, count: number): Images => ({
  ...images,
  labels: images.labels.subarray(0, count),
});

/** CIFAR-10 with a few test images, so that trials of few steps end soon. */
export async function smallCifar(): Promise<Dataset> {
  const dataset = loadDataset('cifar10', await realDataDir());
  return { ...dataset, test: first(dataset.test, IMAGES) };
}

/** Trains for an epoch on ten images of each class, and keeps the network in `home`. */
export async function trained(
  dataset: Dataset,
  params: ArmParams,
  home: string,
  networks?: OwnNetworks,
): Promise<{ place: ModelPlace; model: TrainedModel }> {
  const keep = {
    models: join(home, 'models'),
    checkpoints: join(home, 'checkpoints'),
    checkpointSeconds: 60,
  };
  const { weights } = await train(
    trainRequest(
      { epochs: 1, ...params },
      { dataset, keep, ...(networks === undefined ? {} : { networks }) },
    ),
    trainHooks(),
  );
  const place = { folder: keep.models, digest: weights!, sweep: 'made', trial: 0, host: null };
  return { place, model: readModel(place) };
}

/** What elbow answers to the test images: shape [images][classes], each row's sum 1. */
export function answersOf({ description, tensors }: TrainedModel, dataset: Dataset): number[][] {
  const { layers, input } = description;
  const seeds = { sweepSeed: 1, replicate: 0 };
  const network = buildNetwork(layers, input, seeds, initialiserOf('glorot-uniform'));
  const positions = Uint32Array.from({ length: dataset.test.labels.length }, (_, i) => i);
  const answers = tf.tidy(() => {
    const parts = network.parts.map(({ name, shape }) => tf.tensor(tensors.get(name)!.values, [...shape]));
    const moments = network.norms.map((norm) => ({
      mean: tf.tensor1d(tensors.get(`${norm}.mean`)!.values),
      variance: tf.tensor1d(tensors.get(`${norm}.variance`)!.values),
    }));
    const { images } = streamImages(dataset.entry, dataset.test, positions).read(0, positions.length);
    const logits = network.forward(images, parts, { kind: 'inference', moments });
    return tf.softmax(logits).arraySync();
  });
  network.dispose();
  return answers;
}

/** The test images as others take them: pixel by pixel, one byte a channel. */
export function pixelFile({ entry, test }: Dataset, path: string): string {
  const plane = entry.height * entry.width;
  const images = Array.from(test.labels, (_, position) => {
    const planes = test.planes(position);
    return planes.map((_byte, i) => planes[(i % entry.channels) * plane + Math.floor(i / entry.channels)]!);
  });
  writeFileSync(path, Buffer.concat(images));
  return path;
}

export async function exported(
  format: ExportFormat,
  { model, place }: { model: TrainedModel; place: ModelPlace },
  folder: string,
): Promise<string> {
  const path = join(folder, `made${exportFormats[format].ending}`);
  mkdirSync(folder, { recursive: true });
  writeExport(path, await exportFormats[format].content(model, place));
  return path;
}

export interface PeerAnswers {
  readonly version: string;
  readonly backend: string;
  readonly answers: readonly (readonly number[])[];
}

/** What a program prints as its last line. @throws Error with what it said when it fails */
export function ask(command: string, args: readonly string[]): Promise<PeerAnswers> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code !== 0) return reject(new Error(`${command} ended with ${code}: ${said.stderr}`));
      // The programs in peers/ and bench/ print this shape.
      resolve(JSON.parse(said.stdout.trim().split('\n').at(-1)!) as PeerAnswers);
    });
  });
}

/** The largest difference of two tables. */
export const largestDifference = (
  a: readonly (readonly number[])[],
  b: readonly (readonly number[])[],
): number => Math.max(...a.flatMap((row, i) => row.map((value, j) => Math.abs(value - b[i]![j]!))));
