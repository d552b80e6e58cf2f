/** elbow's own operations for TensorFlow: how they are compiled, where they lie, and who can run them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cpuFeatures } from './cpu.js';
import { compiledFile, digestOf, type NativeLibrary } from './native-library.js';

/**
 * Sums are made as the sources write them: no product is joined to a sum that does not say so, so that all compilers give
 * the same bits.
 */
export const OPERATIONS: NativeLibrary = {
  name: 'elbow_operations',
  title: "elbow's operations for TensorFlow",
  sources: join(import.meta.dirname, 'native'),
  flags: [
    '-std=c++17',
    '-O3',
    '-mavx2',
    '-mfma',
    '-ffp-contract=off',
    '-fno-math-errno',
    '-fvisibility=hidden',
  ],
};

/** Of sources and flags: equal digests give equal bits. */
export const operationsDigest = (): string => digestOf(OPERATIONS);

export const operationsFile = (folder?: string): string => compiledFile(OPERATIONS, folder);

/** Whether the operations are there and this CPU can run them. */
export const hasOperations = (): boolean => existsSync(operationsFile()) && canRunOperations();

/** Whether this CPU has the instructions that the operations are made of. */
export const canRunOperations = (): boolean =>
  (['avx2', 'fma'] as const).every((feature) => cpuFeatures().includes(feature));
