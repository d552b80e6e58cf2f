import * as tf from '@tensorflow/tfjs-node-gpu';
import { expect, it } from 'vitest';
import { UPDATE_VECTORS } from '../../src/models/memory.js';
import { createOptimizer } from '../../src/training/optimizers.js';

const LENGTH = 1_000;

it.each(Object.entries(UPDATE_VECTORS))(
  '%s makes as many vectors as the forecast counts',
  async (name, vectors) => {
    const optimizer = createOptimizer({ name, momentum: 0.9, weightDecay: 0 });
    const [parameters, gradient] = [tf.ones<tf.Rank.R1>([LENGTH]), tf.ones<tf.Rank.R1>([LENGTH])];
    // The first update makes the state as well.
    optimizer.update(parameters, gradient, 0.1).dispose();
    const kept = tf.memory().numBytes;
    const { peakBytes, newBytes } = await tf.profile(() => optimizer.update(parameters, gradient, 0.1));
    const bytes = 4 * LENGTH;
    // A few scalars come with them.
    expect(Math.floor((peakBytes - kept) / bytes)).toBe(vectors.made);
    // The new parameters: the old state goes when the new one comes.
    expect(Math.round(newBytes / bytes)).toBe(1);
    const withState = tf.memory().numBytes;
    optimizer.dispose();
    expect((withState - tf.memory().numBytes) / bytes).toBe(vectors.state);
  },
);
