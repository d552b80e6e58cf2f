import * as tf from '@tensorflow/tfjs-node-gpu';
import { afterEach, describe, expect, it } from 'vitest';
import { canRunOperations } from '../../src/native-operations.js';
import { keepsValues, streamImages, trainingImages, type Batch } from '../../src/training/images.js';
import { isGpu, useKernels, type Kernels } from '../../src/training/native.js';
import { syntheticDataset } from '../support/dataset.js';

const { entry, train } = syntheticDataset({ perClass: 3 });
const positions = Uint32Array.from([29, 0, 7, 7, 12]);

/** An image by hand: planes of bytes to pixels of standardised channels. */
function byHand(position: number): number[] {
  const { height, width, channels, mean, std } = entry;
  const plane = height * width;
  return Array.from({ length: plane * channels }, (_, at) => {
    const channel = at % channels;
    const byte = train.planes(position)[channel * plane + Math.floor(at / channels)]!;
    return Math.fround((byte / 255 - mean[channel]!) / std[channel]!);
  });
}

function expectImages(batch: Batch, wanted: readonly number[]): void {
  expect(batch.images.shape).toEqual([wanted.length, entry.height, entry.width, entry.channels]);
  expect([...batch.images.dataSync()]).toEqual(wanted.flatMap(byHand));
  expect([...batch.labels.dataSync()]).toEqual(wanted.map((position) => train.labels[position]));
  tf.dispose([batch.images, batch.labels]);
}

afterEach(() => useKernels(undefined));

const kinds: readonly Kernels[] = !isGpu() && canRunOperations() ? ['own', 'plain'] : ['plain'];

describe.each(kinds)('with %s kernels', (kind) => {
  it('reads the same images from memory and from the data set, and leaves no tensor behind', () => {
    useKernels(kind);
    const before = tf.memory().numTensors;
    expect(keepsValues(train)).toBe(kind === 'plain');
    const resident = trainingImages(entry, train, positions);
    for (const source of [resident, streamImages(entry, train, positions)]) {
      expect(source.count).toBe(5);
      expectImages(source.read(0, 2), [29, 0]);
      expectImages(source.read(3, 9), [7, 12]);
    }
    expectImages(resident.gather(Int32Array.from([4, 0, 4])), [12, 29, 12]);
    resident.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('loads more images than a chunk holds, and none', () => {
    useKernels(kind);
    const many = Uint32Array.from({ length: 1_003 }, (_, i) => i % 30);
    const resident = trainingImages(entry, train, many);
    expectImages(resident.read(998, 5), [...many.subarray(998)]);
    resident.dispose();
    const none = trainingImages(entry, train, new Uint32Array(0));
    expect(none.count).toBe(0);
    none.dispose();
  });
});
