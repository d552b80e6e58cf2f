import * as tf from '@tensorflow/tfjs-node-gpu';
import { afterEach, expect, it } from 'vitest';
import { OWN_UPDATE_VECTORS, UPDATE_VECTORS } from '../../src/models/memory.js';
import { canRunOperations } from '../../src/native-operations.js';
import { isGpu, useKernels, type Kernels } from '../../src/training/native.js';
import { createOptimizer } from '../../src/training/optimizers.js';

const LENGTH = 1_000;

afterEach(() => useKernels(undefined));

const hasOwn = !isGpu() && canRunOperations();
const rows = (vectors: typeof UPDATE_VECTORS, kind: Kernels) =>
  Object.entries(vectors).map(([name, counts]) => ({ name, kind, counts }));

it.each([
  ...rows(UPDATE_VECTORS, 'fused'),
  ...(hasOwn ? rows({ ...UPDATE_VECTORS, ...OWN_UPDATE_VECTORS }, 'own') : []),
])(
  '$name makes as many vectors as the forecast counts, with $kind kernels',
  async ({ name, kind, counts }) => {
    useKernels(kind);
    const optimizer = createOptimizer({ name, momentum: 0.9, weightDecay: 0 });
    const [parameters, gradient] = [tf.ones<tf.Rank.R1>([LENGTH]), tf.ones<tf.Rank.R1>([LENGTH])];
    // The first update makes the state as well.
    optimizer.update(parameters, gradient, 0.1).dispose();
    const kept = tf.memory().numBytes;
    const { peakBytes, newBytes } = await tf.profile(() => optimizer.update(parameters, gradient, 0.1));
    const bytes = 4 * LENGTH;
    // A few scalars come with them.
    expect(Math.floor((peakBytes - kept) / bytes)).toBe(counts.made);
    // The new parameters: the old state goes when the new one comes.
    expect(Math.round(newBytes / bytes)).toBe(1);
    const withState = tf.memory().numBytes;
    optimizer.dispose();
    expect((withState - tf.memory().numBytes) / bytes).toBe(counts.state);
  },
);
