import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { canRunOperations } from '../../src/native-operations.js';
import { keepFreedMemory } from '../../src/training/index.js';

const MEGABYTES = 256;

const residentMb = (): number => process.memoryUsage.rss() / 2 ** 20;

/** How much more memory this process has after a large tensor has come and gone. */
function leftOfATensor(megabytes = MEGABYTES): number {
  const before = residentMb();
  tf.fill([megabytes * 2 ** 18], 1).dispose();
  return residentMb() - before;
}

describe.runIf(canRunOperations())('freed memory', () => {
  it('stays with the process as long as that is asked for', () => {
    tf.fill([2], 1).dispose();
    keepFreedMemory(false);
    expect(leftOfATensor()).toBeLessThan(MEGABYTES / 4);
    keepFreedMemory(true);
    expect(leftOfATensor()).toBeGreaterThan((MEGABYTES * 3) / 4);
    // What fits into it takes its place.
    expect(leftOfATensor(MEGABYTES - 1)).toBeLessThan(MEGABYTES / 4);
    const kept = residentMb();
    keepFreedMemory(false);
    expect(kept - residentMb()).toBeGreaterThan((MEGABYTES * 3) / 4);
    expect(leftOfATensor()).toBeLessThan(MEGABYTES / 4);
  });
});
